import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Access, compile } from '../../src/access/compile.ts';
import { decide } from '../../src/access/decide.ts';
import type { Decision } from '../../src/access/decision.ts';
import type { ToolClass } from '../../src/config/configuration.ts';
import type { Identity } from '../../src/identity/identity.ts';
import { gateway, grant, guardrail, person, place, policyOf, robot, role } from './policy.ts';

const noon = Date.UTC(2027, 0, 1, 12);
const hour = 3_600_000;

interface Asked {
  readonly who?: Identity;
  readonly class?: ToolClass;
  readonly at?: number;
}

function ask(access: Access, path: string, asked: Asked = {}): Decision {
  const [server = '', tool = ''] = path.split('/');
  const target = { server, tool, class: asked.class ?? 'read' };
  return decide(access, { who: asked.who ?? person('ana@acme.co'), target, at: asked.at ?? noon });
}

function accessOf(given: Parameters<typeof policyOf>[0]): Access {
  return compile({ gateway, policy: policyOf(given) });
}

const reader = role('reader', [['read', 'notion/*']]);
const noGrant: Decision = { effect: 'deny', why: 'no_grant' };

test('an empty policy denies everything', () => {
  assert.deepEqual(ask(accessOf({}), 'notion/search'), noGrant);
});

test('a grant whose role has the tool allows it, and the decision names role, rule, grant and ticket', () => {
  const access = accessOf({ roles: [reader], grants: [grant('everyone', ['reader'], { line: 7, ticket: 'FIN-482' })] });
  assert.deepEqual(ask(access, 'notion/search'), {
    effect: 'allow',
    role: 'reader',
    rule: place(10, 'policies/reader.yaml'),
    grant: place(7),
    ticket: 'FIN-482',
    until: null,
  });
  assert.deepEqual(ask(access, 'github/search'), noGrant);
});

test('a verb reaches its own class and those before it, a tool named in full included', () => {
  const reached = { read: ['read'], write: ['read', 'write'], any: ['read', 'write', 'destructive'] } as const;
  for (const verb of ['read', 'write', 'any'] as const) {
    for (const tool of ['*', 'drop']) {
      const access = accessOf({ roles: [role('r', [[verb, `db/${tool}`]])], grants: [grant('everyone', ['r'])] });
      const allowed = (['read', 'write', 'destructive'] as const).filter(
        (toolClass) => ask(access, 'db/drop', { class: toolClass }).effect === 'allow',
      );
      assert.deepEqual(allowed, reached[verb], `${verb}: db/${tool}`);
    }
  }
});

test('a user is granted by name, exactly', () => {
  const access = accessOf({ roles: [reader], grants: [grant('user:ana@acme.co', ['reader'])] });
  assert.equal(ask(access, 'notion/search').effect, 'allow');
  for (const other of ['ANA@acme.co', 'ana@acme.co.evil', '']) {
    assert.deepEqual(ask(access, 'notion/search', { who: person(other) }), noGrant);
  }
});

test('a group holds those with one of its claims and those it lists', () => {
  const access = accessOf({
    groups: { staff: { claims: ['acme-all', 'acme-old'], members: ['raj@acme.co'] } },
    roles: [reader],
    grants: [grant('group:staff', ['reader'])],
  });
  assert.equal(ask(access, 'notion/search', { who: person('x', ['other', 'acme-old']) }).effect, 'allow');
  assert.equal(ask(access, 'notion/search', { who: person('raj@acme.co') }).effect, 'allow');
  assert.deepEqual(ask(access, 'notion/search', { who: person('x', ['staff']) }), noGrant);
});

test('a robot has what its name and everyone are granted, and is no user and in no group', () => {
  const access = accessOf({
    groups: { named: { claims: ['nightly'], members: ['nightly'] } },
    roles: [reader, role('all', [['read', 'wiki/*']]), role('people', [['read', 'hr/*']])],
    grants: [
      grant('robot:nightly', ['reader']),
      grant('everyone', ['all']),
      grant('user:nightly', ['people']),
      grant('group:named', ['people']),
    ],
  });
  assert.equal(ask(access, 'notion/search', { who: robot('nightly') }).effect, 'allow');
  assert.equal(ask(access, 'wiki/search', { who: robot('nightly') }).effect, 'allow');
  assert.deepEqual(ask(access, 'hr/list', { who: robot('nightly') }), noGrant);
  assert.deepEqual(ask(access, 'notion/search', { who: person('nightly', ['nightly']) }), noGrant);
});

test('a grant for other environments grants nothing here', () => {
  const grants = (environments: string[]) => [grant('everyone', ['reader'], { environments })];
  assert.deepEqual(ask(accessOf({ roles: [reader], grants: grants(['staging']) }), 'notion/search'), noGrant);
  assert.equal(
    ask(accessOf({ roles: [reader], grants: grants(['staging', 'prod']) }), 'notion/search').effect,
    'allow',
  );
});

test('an expired grant denies from its last millisecond on and says so', () => {
  const access = accessOf({ roles: [reader], grants: [grant('everyone', ['reader'], { expires: noon })] });
  const before = ask(access, 'notion/search', { at: noon - 1 });
  assert.equal(before.effect === 'allow' && before.until, noon);
  assert.deepEqual(ask(access, 'notion/search', { at: noon }), { effect: 'deny', why: 'expired' });
  assert.deepEqual(ask(access, 'notion/other', { at: noon, class: 'write' }), noGrant);
});

test('a grant that has not started denies and says so', () => {
  const access = accessOf({ roles: [reader], grants: [grant('everyone', ['reader'], { starts: noon })] });
  assert.deepEqual(ask(access, 'notion/search', { at: noon - 1 }), { effect: 'deny', why: 'not_started' });
  assert.equal(ask(access, 'notion/search', { at: noon }).effect, 'allow');
});

test('of several grants the one that ends last decides, without end first, then the first by place', () => {
  const decided = (grants: Parameters<typeof grant>[2][]) => {
    const access = accessOf({ roles: [reader], grants: grants.map((given) => grant('everyone', ['reader'], given)) });
    const decision = ask(access, 'notion/search');
    return decision.effect === 'allow' ? decision.grant.line : decision.why;
  };
  assert.equal(decided([{ line: 1, expires: noon + hour }, { line: 2 }, { line: 3, expires: noon + 2 * hour }]), 2);
  assert.equal(
    decided([
      { line: 1, expires: noon + hour },
      { line: 3, expires: noon + 2 * hour },
    ]),
    3,
  );
  assert.equal(decided([{ line: 9 }, { line: 4 }, { line: 6 }]), 4);
});

test('a guardrail denies whatever grants say, and the decision names it', () => {
  const access = accessOf({
    roles: [role('all', [['any', 'db/*']])],
    grants: [grant('everyone', ['all'])],
    guardrails: [
      guardrail('later', ['*/*'], { class: 'destructive', line: 9 }),
      guardrail('first', ['db/drop*'], { class: 'destructive', line: 4 }),
    ],
  });
  const taken = (name: string, line: number): Decision => ({
    effect: 'deny',
    why: 'guardrail',
    by: { name, at: place(line) },
  });
  assert.deepEqual(ask(access, 'db/drop_all', { class: 'destructive' }), taken('first', 4));
  assert.deepEqual(ask(access, 'db/wipe', { class: 'destructive' }), taken('later', 9));
  assert.deepEqual(
    ask(access, 'crm/wipe', { class: 'destructive' }),
    taken('later', 9),
    'no grant is needed to say so',
  );
  assert.equal(ask(access, 'db/drop_all', { class: 'write' }).effect, 'allow');
});

test('a guardrail holds for whom to names, and not for whom except names', () => {
  const access = accessOf({
    groups: { dba: { claims: ['dba'], members: ['raj'] } },
    roles: [reader],
    grants: [grant('everyone', ['reader'])],
    guardrails: [
      guardrail('robots', ['notion/a'], { to: ['robot:*'], except: ['robot:nightly'] }),
      guardrail('people', ['notion/b'], { to: ['user:*'], except: ['group:dba'] }),
      guardrail('some', ['notion/c'], { to: ['user:lee', 'robot:nightly'] }),
    ],
  });
  const allowed = (who: Identity) =>
    ['a', 'b', 'c'].filter((tool) => ask(access, `notion/${tool}`, { who }).effect === 'allow').join('');
  assert.equal(allowed(robot('nightly')), 'ab');
  assert.equal(allowed(robot('other')), 'bc');
  assert.equal(allowed(person('raj')), 'abc');
  assert.equal(allowed(person('x', ['dba'])), 'abc');
  assert.equal(allowed(person('nightly')), 'ac');
  assert.equal(allowed(person('lee')), 'a');
});

test('a role has what the roles it includes have, and the decision names the one with the rule', () => {
  const access = accessOf({
    roles: [
      role('lead', [], ['agent']),
      role('agent', [['write', 'crm/*']], ['everyday', 'reader']),
      role('everyday', [['read', 'wiki/*']], ['reader']),
      reader,
    ],
    grants: [grant('everyone', ['lead'])],
  });
  const decidedBy = (path: string) => {
    const decision = ask(access, path);
    return decision.effect === 'allow' ? decision.role : decision.why;
  };
  assert.deepEqual(['crm/x', 'wiki/x', 'notion/x', 'hr/x'].map(decidedBy), ['agent', 'everyday', 'reader', 'no_grant']);
});

test('the same tool under another class is judged anew', () => {
  const access = accessOf({ roles: [reader], grants: [grant('everyone', ['reader'])] });
  assert.equal(ask(access, 'notion/search', { class: 'read' }).effect, 'allow');
  assert.equal(ask(access, 'notion/search', { class: 'destructive' }).effect, 'deny');
  assert.equal(ask(access, 'notion/search', { class: 'read' }).effect, 'allow');
});

test('a name that is a property of every object is only a name', () => {
  const access = accessOf({ roles: [reader], grants: [grant('user:ana@acme.co', ['reader'])] });
  for (const name of ['__proto__', 'constructor', 'toString']) {
    assert.deepEqual(ask(access, `${name}/${name}`, { who: person(name, [name]) }), noGrant);
  }
});

test('what was remembered is given up at a bound and the answers stay the same', () => {
  const access = accessOf({ roles: [reader], grants: [grant('everyone', ['reader'])] });
  const who = person('ana@acme.co');
  for (let index = 0; index <= 200_001; index += 1) ask(access, `notion/tool_${index}`, { who });
  assert.ok(access.memory.verdicts < 10);
  assert.equal(ask(access, 'notion/tool_1', { who }).effect, 'allow');
});
