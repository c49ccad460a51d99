import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { differenceOf } from '../../src/access/difference.ts';
import { compareAccess } from '../../src/access/difference-access.ts';
import type { WrittenSide } from '../../src/access/difference-facts.ts';
import { compareGuardrails } from '../../src/access/difference-guardrails.ts';
import type { World } from '../../src/access/explain-world.ts';
import type { Policy } from '../../src/config/configuration.ts';
import { auditSettings } from '../audit/settings.ts';
import { grant, guardrail, place, policyOf, role } from './policy.ts';
import { robots, worldFrom } from './world.ts';

const tools = { db: { get: 'read', set: 'write', drop: 'destructive' }, wiki: { get: 'read' } } as const;
const at = 15;

type Given = Parameters<typeof policyOf>[0];

const roles = [role('look', [['read', 'db/*']]), role('keep', [['any', 'db/drop']]), role('all', [['write', '*/*']])];
const groups = { eng: { claims: ['eng'] }, ops: { claims: ['ops', 'sre'] }, dba: { members: ['ana', 'raj'] } };

function policy(given: Given): Policy {
  return policyOf({ groups, roles, ...given });
}

/** `who: kind tools` of every change, the worst first. */
function changes(before: Given, after: Given): readonly string[] {
  const [base, head] = [worldFrom(policy(before), tools), worldFrom(policy(after), tools)];
  return told(base, head);
}

function told(base: World, head: World): readonly string[] {
  const { changes: found } = compareAccess({ base, head, at });
  return found.map(({ who, except, kind, class: toolClass, tools: names }) => {
    const text = (subjects: typeof who) => subjects.map(({ name }) => name).join('+');
    return `${text(who)}${except.length > 0 ? ` not ${text(except)}` : ''} ${kind} ${toolClass} ${names.join()}`;
  });
}

describe('compareAccess', () => {
  it('names a group, not its claims or members', () => {
    assert.deepEqual(changes({}, { grants: [grant('group:ops', ['look']), grant('group:dba', ['keep'])] }), [
      'group:dba gains destructive db/drop',
      'group:ops gains read db/get',
    ]);
  });

  it('says everyone where that is everyone, robots included, and people where robots have it already', () => {
    const everyone = { grants: [grant('everyone', ['look'])], robots: robots('bot') };
    assert.deepEqual(changes({ robots: robots('bot') }, everyone), ['everyone gains read db/get']);
    const before = { grants: [grant('robot:bot', ['look'])], robots: robots('bot') };
    assert.deepEqual(changes(before, everyone), ['user:* gains read db/get']);
  });

  it('leaves out who has it anyway', () => {
    const before = { grants: [grant('group:eng', ['look']), grant('user:ana', ['look'])] };
    const after = { grants: [...before.grants, grant('group:ops', ['look'])] };
    assert.deepEqual(changes(before, after), ['group:ops not group:eng+user:ana gains read db/get']);
  });

  it('names who must be in two groups', () => {
    const guarded = { guardrails: [guardrail('g', ['db/drop'], { except: ['group:ops'] })] };
    const after = { ...guarded, grants: [grant('group:eng', ['keep'])] };
    assert.deepEqual(changes(guarded, after), ['group:eng+group:ops gains destructive db/drop']);
  });

  it('names the new member alone, and the claim where a group means other people now', () => {
    const grants = [grant('group:dba', ['keep']), grant('group:eng', ['look'])];
    const after = {
      grants,
      groups: { ...groups, dba: { members: ['ana', 'raj', 'bob'] }, eng: { claims: ['engineers'] } },
    };
    assert.deepEqual(changes({ grants }, after), [
      'user:bob gains destructive db/drop',
      'group:eng not claim:eng gains read db/get',
      'claim:eng not group:eng loses read db/get',
    ]);
  });

  it('sees a robot that is new or gone, whom no rule had to name', () => {
    const grants = [grant('everyone', ['look'])];
    assert.deepEqual(changes({ grants, robots: robots('old') }, { grants, robots: robots('new') }), [
      'robot:new gains read db/get',
      'robot:old loses read db/get',
    ]);
  });

  it('tells dates apart: what begins, what ends, what is over', () => {
    const dated = (starts: number | null, expires: number | null) => ({
      grants: [grant('user:ana', ['look'], { starts, expires })],
    });
    assert.deepEqual(changes(dated(null, 20), dated(null, 30)), ['user:ana expiry read db/get']);
    assert.deepEqual(changes(dated(null, 30), dated(20, 30)), ['user:ana expiry read db/get']);
    assert.deepEqual(changes({}, dated(20, 30)), ['user:ana gains read db/get']);
    assert.deepEqual(changes({}, dated(null, 10)), []);
  });

  it('speaks of a server without a lock by the globs of the rules, each class apart', () => {
    const free = role('free', [['write', 'free/*']]);
    const [base, head] = [{ roles: [free] }, { roles: [free], grants: [grant('user:ana', ['free'])] }];
    assert.deepEqual(changes(base, head), ['user:ana gains write free/*', 'user:ana gains read free/*']);
  });

  it('speaks of prompts and resources too', () => {
    const reader = { ...role('reader', []), prompts: [{ server: 'wiki', tool: 'sum*', at: place(1) }] };
    const head = { roles: [reader], grants: [grant('user:ana', ['reader'])] };
    assert.deepEqual(changes({ roles: [reader] }, head), ['user:ana gains read prompts:wiki/sum*']);
  });

  it('compares each and each two where there are too many kinds of people, and says so', () => {
    const many = Array.from({ length: 12 }, (_, index) => index);
    const crowd = Object.fromEntries(many.map((index) => [`g${index}`, { claims: [`c${index}`] }]));
    const grants = many.map((index) => grant(`group:g${index}`, ['look'], { expires: 20 + index }));
    const [base, head] = [
      policyOf({ groups: crowd, roles, grants }),
      policyOf({ groups: crowd, roles: [role('look', [])], grants }),
    ];
    const found = compareAccess({ base: worldFrom(base, tools), head: worldFrom(head, tools), at });
    assert.equal(found.isExact, false);
    assert.deepEqual(
      found.changes.map(({ who, kind }) => `${who[0]?.name} ${kind}`).sort(),
      many.map((index) => `group:g${index} loses`).sort(),
    );
  });

  it('counts what was held and is held no more, subject by subject', () => {
    const before = { grants: [grant('group:ops', ['look']), grant('user:ana', ['keep'])] };
    const [base, head] = [policy(before), policy({ grants: [grant('user:ana', ['keep'])] })];
    const { held, lost } = compareAccess({ base: worldFrom(base, tools), head: worldFrom(head, tools), at });
    assert.deepEqual([held, lost], [3, 2]);
  });
});

describe('compareGuardrails', () => {
  const compare = (before: Parameters<typeof guardrail>[], after: Parameters<typeof guardrail>[]) =>
    compareGuardrails(
      policy({ guardrails: before.map((given) => guardrail(...given)) }),
      policy({ guardrails: after.map((given) => guardrail(...given)) }),
    ).map(({ name, change }) => `${name} ${change}`);

  it('takes another name, a split and a wider one for what they say', () => {
    assert.deepEqual(
      compare(
        [['a', ['db/x', 'db/y']]],
        [
          ['b', ['db/x']],
          ['c', ['db/y']],
        ],
      ),
      [],
    );
    assert.deepEqual(compare([['a', ['db/get_*'], { to: ['group:eng'] }]], [['a', ['db/get*']]]), ['a tightened']);
    assert.deepEqual(compare([['a', ['db/*'], { class: 'write' }]], [['a', ['db/*']]]), ['a tightened']);
  });

  it('says which takes away less', () => {
    assert.deepEqual(compare([['a', ['db/*']]], []), ['a removed']);
    assert.deepEqual(compare([['a', ['db/*']]], [['a', ['db/get*']]]), ['a weakened']);
    assert.deepEqual(compare([['a', ['db/*']]], [['a', ['db/*'], { class: 'destructive' }]]), ['a weakened']);
    assert.deepEqual(compare([['a', ['db/*']]], [['a', ['db/*'], { except: ['group:eng'] }]]), ['a weakened']);
    assert.deepEqual(compare([['a', ['db/*']]], [['a', ['db/*'], { to: ['user:*'] }]]), ['a weakened']);
    assert.deepEqual(compare([['a', ['db/*']]], [['a', ['db/?']]]), ['a weakened']);
    assert.deepEqual(compare([], [['a', ['db/*']]]), ['a added']);
  });

  it('does not take a question mark for a star', () => {
    assert.deepEqual(compare([['a', ['db/*']]], [['b', ['db/?']]]), ['a removed']);
  });
});

describe('differenceOf', () => {
  const side = (given: Given): WrittenSide => {
    const world = worldFrom(policy(given), tools);
    const configuration = { ...world.configuration, audit: auditSettings, identity: { issuers: [], local: null } };
    return { world: { ...world, configuration }, require: {}, placeOf: () => place(1) };
  };
  const verdict = (before: Given, after: Given) => differenceOf(side(before), side(after), at).verdict;

  it('gives the worst verdict of all: what narrows here and widens there widens', () => {
    const before = { grants: [grant('user:ana', ['look'])] };
    assert.equal(verdict(before, before), 'none');
    assert.equal(verdict(before, {}), 'narrows');
    assert.equal(verdict(before, { grants: [grant('user:raj', ['look'])] }), 'widens');
    assert.equal(verdict(before, { grants: [grant('user:raj', ['keep'])] }), 'widens-destructive');
    assert.equal(verdict({ ...before, guardrails: [guardrail('g', ['db/x'])] }, {}), 'relaxes-guardrail');
  });

  it('tells what must be said of grants, and who can prove to be a robot', () => {
    const key = (id: string, sha256: string) => ({ id, sha256, expires: null, at: place(3) });
    const bot = (keys: ReturnType<typeof key>[]) => ({
      robots: new Map([['bot', { name: 'bot', owner: '', keys, oidc: null, at: place(2) }]]),
    });
    const strict = { ...side(bot([key('k1', 'a')])), require: { why: 'read', owner: true } } as const;
    const loose = { ...side(bot([key('k1', 'b'), key('k2', 'c')])), require: { why: 'write' } } as const;
    const settings = differenceOf(strict, loose, at).settings.map(({ what, change, detail, effect }) => [
      what,
      change,
      detail,
      effect,
    ]);
    assert.deepEqual(settings, [
      ['require.why', 'changed', 'value read → write', 'widens'],
      ['key k1 of robot:bot', 'changed', 'a value that is not shown', 'widens'],
      ['key k2 of robot:bot', 'added', '', 'widens'],
      ['require.owner', 'removed', '', 'widens'],
    ]);
  });
});
