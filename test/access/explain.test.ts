import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { explain } from '../../src/access/explain.ts';
import { guardrailsOn, holdersOf, holdingsOf } from '../../src/access/explain-listing.ts';
import { findTool, toolsMatching } from '../../src/access/explain-world.ts';
import type { Identity } from '../../src/identity/identity.ts';
import { grant, guardrail, person, place, policyOf, robot, role } from './policy.ts';
import { glob, robots, worldFrom } from './world.ts';

const groups = { staff: { claims: ['all'] }, dba: { members: ['raj'] }, ops: { claims: ['ops'], members: ['ana'] } };
const keeper = role('keeper', [
  ['read', 'db/*'],
  ['any', 'db/drop'],
]);
const looker = role('looker', [['read', 'db/*']]);
const tools = { db: { drop: 'destructive', get: 'read', put: 'write' } } as const;
const at = 1_000;

function misses(who: Identity, tool: keyof typeof tools.db, given: Parameters<typeof policyOf>[0]) {
  const world = worldFrom(policyOf({ groups, roles: [keeper, looker], ...given }), tools);
  const { verdict, others } = explain(world, { who, target: { server: 'db', tool, class: tools.db[tool] }, at });
  return [verdict, ...others.map(({ missing, role: name, grant: { at: granted } }) => [missing, name, granted.line])];
}

describe('explain', () => {
  it('names the group that would give it', () => {
    const grants = [grant('group:dba', ['keeper'], { line: 3 })];
    assert.deepEqual(misses(person('lea'), 'drop', { grants }), ['deny', ['group', 'keeper', 3]]);
  });

  it('names the class that the verb does not reach', () => {
    const grants = [grant('group:staff', ['looker'], { line: 3 })];
    assert.deepEqual(misses(person('lea', ['all']), 'put', { grants }), ['deny', ['class', 'looker', 3]]);
  });

  it('names the dates, over or to come', () => {
    const grants = [
      grant('user:lea', ['looker'], { line: 3, expires: 900 }),
      grant('user:lea', ['keeper'], { line: 4, starts: 1_100 }),
    ];
    assert.deepEqual(misses(person('lea'), 'get', { grants }), [
      'deny',
      ['dates', 'looker', 3],
      ['dates', 'keeper', 4],
    ]);
  });

  it('names the environment', () => {
    const grants = [grant('user:lea', ['looker'], { line: 3, environments: ['staging'] })];
    assert.deepEqual(misses(person('lea'), 'get', { grants }), ['deny', ['environment', 'looker', 3]]);
  });

  it('names the guardrail that takes away what a grant gives', () => {
    const given = {
      grants: [grant('everyone', ['keeper'], { line: 3 })],
      guardrails: [guardrail('calm', ['db/drop'])],
    };
    assert.deepEqual(misses(person('lea'), 'drop', given), ['deny', ['guardrail', 'keeper', 3]]);
  });

  it('leaves out what a guardrail would take away all the same', () => {
    const guardrails = [guardrail('calm', ['db/drop'], { except: ['group:ops'] })];
    const grants = [
      grant('group:dba', ['keeper'], { line: 3 }),
      grant('group:ops', ['keeper'], { line: 4 }),
      grant('user:lea', ['keeper'], { line: 5, expires: 900 }),
    ];
    assert.deepEqual(misses(person('lea'), 'drop', { grants, guardrails }), ['deny', ['group', 'keeper', 4]]);
    const unhit = { grants: grants.slice(0, 1), guardrails: [guardrail('calm', ['db/drop'], { to: ['group:dba'] })] };
    assert.deepEqual(misses(person('lea'), 'drop', unhit), ['deny']);
  });

  it('leaves out what would need two things, another name or another kind of caller', () => {
    const grants = [
      grant('group:dba', ['keeper'], { expires: 900 }),
      grant('group:dba', ['looker'], {}),
      grant('user:raj', ['keeper'], {}),
      grant('robot:bot', ['keeper'], {}),
    ];
    assert.deepEqual(misses(person('lea'), 'drop', { grants, robots: robots('bot') }), ['deny']);
    assert.deepEqual(misses(robot('other'), 'get', { grants }), ['deny']);
  });

  it('an allowed call lists the other grants that allow it', () => {
    const grants = [
      grant('user:lea', ['looker'], { line: 3 }),
      grant('group:staff', ['keeper'], { line: 4, expires: 2_000 }),
    ];
    assert.deepEqual(misses(person('lea', ['all']), 'get', { grants }), ['allow', ['nothing', 'keeper', 4]]);
  });

  it('a revoked user is denied from then on, whatever grants say', () => {
    const grants = [grant('user:lea', ['looker'])];
    const revoked = (since: number) => [{ kind: 'user', value: 'lea', since, at: place(9) }] as const;
    assert.deepEqual(misses(person('lea'), 'get', { grants, revoked: revoked(at) }), ['deny']);
    assert.deepEqual(misses(person('Lea'), 'get', { grants: [grant('everyone', ['looker'])], revoked: revoked(at) }), [
      'deny',
    ]);
    assert.deepEqual(misses(person('lea'), 'get', { grants, revoked: revoked(at + 1) }), ['allow']);
    assert.deepEqual(misses(person('raj'), 'get', { grants: [grant('everyone', ['looker'])], revoked: revoked(at) }), [
      'allow',
    ]);
  });
});

describe('who', () => {
  const world = worldFrom(
    policyOf({
      groups,
      roles: [keeper, looker],
      robots: robots('bot'),
      grants: [
        grant('everyone', ['keeper'], { line: 1 }),
        grant('group:dba', ['keeper'], { line: 2, expires: 2_000 }),
        grant('robot:bot', ['keeper'], { line: 3 }),
        grant('group:staff', ['looker'], { line: 4 }),
        grant('user:lea', ['keeper'], { line: 5, starts: 1_500 }),
        grant('user:kim', ['keeper'], { line: 6, expires: 900 }),
      ],
      guardrails: [
        guardrail('no-robots', ['db/*'], { class: 'destructive', to: ['robot:*'] }),
        guardrail('far', ['wiki/*']),
      ],
    }),
    tools,
  );
  const drop = { server: 'db', tool: 'drop', class: 'destructive' } as const;

  it('lists every grant that gives the tool now or later, and whom guardrails leave it', () => {
    const told = holdersOf(world, drop, at).map(({ grant: { at: granted }, from, until, left, cutBy }) => {
      return [granted.line, from, until, left, ...cutBy];
    });
    assert.deepEqual(told, [
      [1, null, null, 'some', 'no-robots'],
      [2, null, 2_000, 'all'],
      [3, null, null, 'nobody', 'no-robots'],
      [5, 1_500, null, 'all'],
    ]);
  });

  it('lists the guardrails on the tool and no other', () => {
    assert.deepEqual(
      guardrailsOn(world, drop).map(({ name }) => name),
      ['no-robots'],
    );
    assert.deepEqual(guardrailsOn(world, { ...drop, class: 'read' }), []);
  });

  it('what: lists the tools they have and those a guardrail takes', () => {
    const told = holdingsOf(world, robot('bot'), at).map(({ target, entitlement }) => [target.tool, entitlement.kind]);
    assert.deepEqual(told, [
      ['drop', 'none'],
      ['get', 'some'],
    ]);
  });
});

describe('tools by name', () => {
  const world = worldFrom(policyOf({}), tools);

  it('a tool without a lock is destructive unless the registry says otherwise', () => {
    assert.deepEqual(findTool(world, 'free', 'get'), {
      target: { server: 'free', tool: 'get', class: 'destructive' },
      classFrom: 'default',
    });
    assert.equal(findTool(world, 'free', 'put')?.classFrom, 'registry');
    assert.equal(findTool(world, 'db', 'put')?.classFrom, 'lock');
    assert.equal(findTool(world, 'gone', 'put'), null);
  });

  it('a glob means locked tools; a plain name on a server without a lock means itself', () => {
    assert.equal(toolsMatching(world, glob('*/*')).length, 3);
    assert.equal(toolsMatching(world, glob('db/?et')).length, 1);
    assert.deepEqual(toolsMatching(world, glob('db/gone')), []);
    assert.deepEqual(toolsMatching(world, glob('free/get*')), []);
    assert.equal(toolsMatching(world, glob('free/get')).length, 1);
  });
});
