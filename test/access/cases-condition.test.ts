import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runCases } from '../../src/access/cases.ts';
import { coverageOf, mutationOf } from '../../src/access/cases-strength.ts';
import { type Explanation, explain } from '../../src/access/explain.ts';
import { guardrailsOn, holdersOf, holdingsOf } from '../../src/access/explain-listing.ts';
import type { World } from '../../src/access/explain-world.ts';
import type { PolicyTest, Suite } from '../../src/config/policy-tests.ts';
import { condition, conditional, grant, guardrail, person, place, policyOf, role } from './policy.ts';
import { glob, worldFrom } from './world.ts';

const now = 1_000;
const ana = person('ana');
const target = { server: 'db', tool: 'put', class: 'write' } as const;
const small = condition({ when: 'args.n < 10', line: 21 });
const hot = condition({ when: 'args.hot == true', line: 31 });
const mine = condition({ when: 'principal.name == "ana"', line: 22 });
const policy = policyOf({
  groups: { team: { members: ['ana'] }, others: { claims: ['others'] } },
  roles: [
    conditional(role('writer', [['write', 'db/put']]), [small]),
    conditional(role('owner', [['write', 'db/put']]), [mine]),
  ],
  grants: [
    grant('group:team', ['writer'], { line: 1 }),
    grant('group:others', ['owner'], { line: 2 }),
    grant('group:team', ['owner'], { line: 3, expires: 500 }),
  ],
  guardrails: [guardrail('calm', ['db/*'], { condition: hot, line: 9 })],
});
const world = worldFrom(policy, { db: { put: 'write' } });

function explained(value: unknown, on: World = world): Explanation {
  const args = value === undefined ? {} : { args: () => ({ kind: 'read', value }) as const };
  return explain(on, { who: ana, target, at: now, ...args });
}

describe('explain with conditions', () => {
  it('a grant whose condition the call does not meet is a near miss, and the caller stays who they are', () => {
    const { verdict, others } = explained({ n: 50, hot: false });
    assert.equal(verdict, 'deny');
    assert.deepEqual(
      others.map(({ missing, role: name, detail }) => [missing, name, detail]),
      [
        ['condition', 'writer', 'args.n < 10 does not hold'],
        ['group', 'owner', ''],
        ['dates', 'owner', ''],
      ],
    );
  });

  it('when a guardrail’s condition takes the call, the grants that would allow it miss nothing else', () => {
    const { decision, others } = explained({ n: 5, hot: true });
    assert.equal(decision.effect === 'deny' && decision.unmet?.name, 'calm');
    assert.deepEqual(
      others.map(({ missing, role: name }) => [missing, name]),
      [['guardrail', 'writer']],
    );
  });

  it('without arguments it holds what a call depends on', () => {
    const { verdict, terms } = explained(undefined);
    assert.equal(verdict, 'allow');
    assert.deepEqual(
      terms?.alternatives.map((one) => one.condition?.source),
      [small],
    );
    assert.deepEqual(
      terms?.except.map(({ name, condition: one }) => [name, one.source]),
      [['calm', hot]],
    );
  });

  it('a tool that lock: strict hides is denied, whoever would be allowed it', () => {
    const strict = worldFrom(policy, {});
    const { gateway } = strict.configuration;
    const configuration = { ...strict.configuration, gateway: { ...gateway, lock: 'strict' as const } };
    const { verdict, hidden, others } = explained({ n: 5, hot: false }, { ...strict, configuration });
    assert.deepEqual([verdict, hidden, others], ['deny', true, []]);
    assert.deepEqual(holdersOf({ ...strict, configuration }, target, now), []);
    assert.equal(explained({ n: 5, hot: false }, strict).verdict, 'allow');
  });

  it('who and what mark what only some calls are given', () => {
    assert.deepEqual(
      holdersOf(world, target, now).map(({ role: name, conditions, left }) => [name, conditions, left]),
      [
        ['writer', [small], 'all'],
        ['owner', [mine], 'all'],
      ],
    );
    assert.deepEqual(
      guardrailsOn(world, target).map(({ name }) => name),
      ['calm'],
    );
    const [held] = holdingsOf(world, ana, now);
    assert.deepEqual(held?.entitlement.kind === 'some' && held.entitlement.conditions, [small]);
  });
});

describe('policy tests with arguments', () => {
  const asked = (given: Partial<PolicyTest>): PolicyTest => {
    const as = { kind: 'user', name: 'ana', claims: [] } as const;
    return { name: 'x', as, at: null, allow: [], deny: [], args: null, because: null, place: place(1), ...given };
  };
  const suite = (...tests: PolicyTest[]): Suite[] => [{ file: 'a.test.yaml', tests, invariants: [] }];
  const put = [glob('db/put')];
  const failures = (given: Partial<PolicyTest>): number =>
    runCases(world, suite(asked(given)), { now })[0]?.failures.length ?? -1;

  it('ask for that call; without any, allow is some call and deny is none', () => {
    assert.equal(failures({ allow: put, args: { n: 5, hot: false } }), 0);
    assert.equal(failures({ deny: put, args: { n: 50, hot: false }, because: 'writer' }), 0);
    assert.equal(failures({ deny: put, args: { n: 5, hot: true }, because: 'calm' }), 0);
    assert.equal(failures({ allow: put, args: { n: 50, hot: false } }), 1);
    assert.equal(failures({ allow: put }), 0);
    assert.equal(failures({ deny: put }), 1);
  });

  it('conditions count for themselves in coverage and mutation', () => {
    const names = ({ missed }: ReturnType<typeof coverageOf>) => missed.map(({ kind, what }) => `${kind} ${what}`);
    const weak = suite(asked({ allow: put }));
    const conditions = ['condition of the guardrail calm', 'condition of writer: write db/put'];
    for (const of of [coverageOf, mutationOf]) {
      const missed = names(of(world, weak, now));
      for (const name of conditions.slice(1)) assert.ok(missed.includes(name), `${of.name} ${name}`);
    }
    assert.ok(names(coverageOf(world, weak, now)).includes('condition of the guardrail calm'));
    const strong = suite(
      asked({ allow: put, args: { n: 5, hot: false } }),
      asked({ deny: put, args: { n: 50, hot: false } }),
      asked({ deny: put, args: { n: 5, hot: true } }),
    );
    for (const of of [coverageOf, mutationOf]) {
      const missed = names(of(world, strong, now));
      for (const name of ['guardrail calm', ...conditions]) assert.ok(!missed.includes(name), `${of.name} ${name}`);
    }
  });
});
