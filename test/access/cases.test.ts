import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runCases } from '../../src/access/cases.ts';
import { coverageOf, mutationOf } from '../../src/access/cases-strength.ts';
import type { Invariant, PolicyTest, Suite } from '../../src/config/policy-tests.ts';
import { grant, guardrail, place, policyOf, role } from './policy.ts';
import { glob, robots, worldFrom } from './world.ts';

const policy = policyOf({
  groups: { dba: { claims: ['d'] } },
  roles: [
    role('keeper', [
      ['read', 'db/get'],
      ['any', 'db/drop'],
    ]),
    role('idle', [['read', 'db/other']]),
  ],
  robots: robots('bot'),
  grants: [grant('group:dba', ['keeper'], { line: 3 }), grant('robot:bot', ['keeper', 'idle'], { line: 4 })],
  guardrails: [guardrail('calm', ['*/*'], { class: 'destructive', to: ['robot:*'], line: 9 })],
  revoked: [{ kind: 'user', value: 'lee', since: 5, at: place(8) }],
});
const world = worldFrom(policy, { db: { drop: 'destructive', get: 'read', other: 'read' } });
const dba = { kind: 'user', name: 'raj', claims: ['d'] } as const;
const bot = { kind: 'robot', name: 'bot' } as const;
const now = 10;

function ask(
  as: PolicyTest['as'],
  given: Partial<Record<'allow' | 'deny', string[]>> & { because?: string },
): PolicyTest {
  const { allow = [], deny = [], because = null } = given;
  return {
    name: 'x',
    as,
    at: null,
    allow: allow.map(glob),
    deny: deny.map(glob),
    args: null,
    because,
    place: place(1),
  };
}

function suite(tests: readonly PolicyTest[], invariants: readonly Invariant[] = []): readonly Suite[] {
  return [{ file: 'policies/x.test.yaml', tests, invariants }];
}

function wrong(test: PolicyTest): readonly string[] {
  return runCases(world, suite([test]), { now }).flatMap(({ failures }) =>
    failures.map(({ expected, because, explanation: { question, verdict } }) => {
      return `${question.target.tool} ${[expected, because].filter((word) => word !== null).join(' by ')}: ${verdict}`;
    }),
  );
}

const calm: Invariant = {
  name: 'calm',
  kind: 'never',
  who: [{ kind: 'robots' }],
  targets: [],
  class: 'destructive',
  place: place(2),
};

describe('policy tests', () => {
  it('a test fails for each tool of its globs that is not as it says', () => {
    assert.deepEqual(wrong(ask(dba, { allow: ['db/*'] })), ['other allow: deny']);
    assert.deepEqual(wrong(ask(dba, { deny: ['db/*'] })), ['drop deny: allow', 'get deny: allow']);
    assert.deepEqual(wrong(ask({ ...dba, claims: [] }, { deny: ['*/*'] })), []);
  });

  it('because must name the role that allows', () => {
    assert.deepEqual(wrong(ask(dba, { allow: ['db/get'], because: 'keeper' })), []);
    assert.deepEqual(wrong(ask(dba, { allow: ['db/get'], because: 'idle' })), ['get allow by idle: allow']);
  });

  it('because must name the guardrail that denies or a role that nearly allows', () => {
    assert.deepEqual(wrong(ask(bot, { deny: ['db/drop'], because: 'calm' })), []);
    assert.deepEqual(wrong(ask({ ...dba, claims: [] }, { deny: ['db/drop'], because: 'keeper' })), []);
    assert.deepEqual(wrong(ask({ ...dba, claims: [] }, { deny: ['db/drop'], because: 'calm' })), [
      'drop deny by calm: deny',
    ]);
  });

  it('somebody revoked is denied', () => {
    assert.deepEqual(wrong(ask({ ...dba, name: 'lee' }, { allow: ['db/get'] })), ['get allow: deny']);
    assert.deepEqual(wrong({ ...ask({ ...dba, name: 'lee' }, { allow: ['db/get'] }), at: 4 }), []);
  });

  it('an invariant fails with the question that breaks it', () => {
    assert.deepEqual(
      runCases(world, suite([], [calm]), { now }).map(({ failures }) => failures.length),
      [0],
    );
    const never = { ...calm, who: [{ kind: 'everyone' }] as const };
    const [result] = runCases(world, suite([], [never]), { now });
    assert.equal(result?.failures[0]?.explanation.question.target.tool, 'drop');
  });
});

describe('how strong the tests are', () => {
  const weak = suite([ask(dba, { allow: ['db/get'] })]);
  const strong = suite(
    [ask(dba, { allow: ['db/get', 'db/drop'] }), ask(bot, { allow: ['db/other', 'db/get'] })],
    [calm],
  );

  it('coverage names the rules and guardrails that decided nothing', () => {
    const { tried, missed } = coverageOf(world, weak, now);
    assert.equal(tried, 4);
    assert.deepEqual(
      missed.map(({ kind, what, at }) => `${kind} ${what} ${at.line}`),
      ['guardrail calm 9', 'rule keeper: any db/drop 11', 'rule idle: read db/other 10'],
    );
    assert.deepEqual(coverageOf(world, strong, now).missed, []);
  });

  it('mutation names what can go without any test failing', () => {
    const { tried, missed } = mutationOf(world, weak, now);
    assert.equal(tried, 6);
    assert.deepEqual(
      missed.map(({ kind, what }) => `${kind} ${what}`),
      ['guardrail calm', 'rule keeper: any db/drop', 'rule idle: read db/other', 'grant keeper, idle to robot:bot'],
    );
    assert.deepEqual(mutationOf(world, strong, now).missed, []);
  });
});
