import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { describe, it } from 'node:test';
import { violationsOf } from '../../src/access/cases-invariant.ts';
import { decide } from '../../src/access/decide.ts';
import { isOneOf } from '../../src/access/explain-caller.ts';
import { describe as described } from '../../src/access/explain-people.ts';
import type { World } from '../../src/access/explain-world.ts';
import type { Policy, SubjectPattern } from '../../src/config/configuration.ts';
import type { Invariant } from '../../src/config/policy-tests.ts';
import type { Identity } from '../../src/identity/identity.ts';
import { grant, guardrail, person, place, policyOf, robot, role } from './policy.ts';
import { random, randomPolicy, times } from './random-policy.ts';
import { glob, robots, worldFrom } from './world.ts';

const group = (name: string): SubjectPattern => ({ kind: 'group', name });

function invariant(kind: Invariant['kind'], who: readonly SubjectPattern[], more: Partial<Invariant> = {}): Invariant {
  return { name: 'x', kind, who, targets: [], class: null, place: place(1), ...more };
}

function violated(world: World, asked: Invariant, now = 0): readonly string[] {
  const ask = (question: Parameters<typeof decide>[1]) => decide(world.access, question);
  return violationsOf(world, asked, { ask, now }).map(
    ({ who, target, at }) => `${described(who, world.configuration.policy)} ${target.tool} ${at}`,
  );
}

const tools = { db: { drop: 'destructive', get: 'read' } } as const;
const roles = [role('keeper', [['any', 'db/drop', 'db/get']])];
const groups = { support: { claims: ['s'] }, dba: { claims: ['d'] }, oncall: { claims: ['o'] } };

describe('invariants', () => {
  it('never: tries its people in every group that is granted something', () => {
    const world = worldFrom(policyOf({ groups, roles, grants: [grant('group:dba', ['keeper'])] }), tools);
    assert.deepEqual(violated(world, invariant('never', [group('support')], { class: 'destructive' })), [
      'somebody in group:support and group:dba drop 0',
    ]);
    assert.deepEqual(violated(world, invariant('never', [{ kind: 'robots' }])), []);
  });

  it('never: goes round a guardrail by its exceptions, one after the other', () => {
    const guardrails = [
      guardrail('one', ['db/drop'], { except: ['group:oncall'], line: 1 }),
      guardrail('two', ['db/drop'], { except: ['user:ana'], line: 2 }),
    ];
    const given = { groups, roles, grants: [grant('group:dba', ['keeper'])], guardrails };
    const asked = invariant('never', [group('support')], { class: 'destructive' });
    assert.deepEqual(violated(worldFrom(policyOf(given), tools), asked), [
      'user:ana in group:support and group:dba and group:oncall drop 0',
    ]);
    const third = [...guardrails, guardrail('three', ['db/drop'], { to: ['group:support'], line: 3 })];
    assert.deepEqual(violated(worldFrom(policyOf({ ...given, guardrails: third }), tools), asked), []);
  });

  it('only: finds who else has it, and leaves alone whom it names', () => {
    const grants = [grant('group:dba', ['keeper']), grant('robot:bot', ['keeper'])];
    const world = worldFrom(policyOf({ groups, roles, grants, robots: robots('bot') }), tools);
    const targets = [glob('db/*')];
    assert.deepEqual(violated(world, invariant('only', [group('dba')], { targets })), [
      'robot:bot drop 0',
      'robot:bot get 0',
    ]);
    assert.deepEqual(violated(world, invariant('only', [group('dba'), { kind: 'robots' }], { targets })), []);
  });

  it('looks ahead to every time a grant begins', () => {
    const world = worldFrom(policyOf({ roles, grants: [grant('everyone', ['keeper'], { starts: 500 })] }), tools);
    assert.deepEqual(violated(world, invariant('never', [{ kind: 'everyone' }], { class: 'read' })), [
      'somebody get 500',
    ]);
    const over = worldFrom(policyOf({ roles, grants: [grant('everyone', ['keeper'], { expires: 500 })] }), tools);
    assert.deepEqual(violated(over, invariant('never', [{ kind: 'everyone' }]), 500), []);
  });
});

const everybody: readonly Identity[] = [
  robot('nightly'),
  robot('ana'),
  ...['', 'ana', 'raj', 'lea', 'nightly'].flatMap((user) =>
    Array.from({ length: 8 }, (_, bits) =>
      person(
        user,
        ['all', 'dba', 'support'].filter((_, bit) => bits & (1 << bit)),
      ),
    ),
  ),
];

/** The same question put to every person there could be. */
function foundByTrying(world: World, { kind, who }: Invariant, policy: Policy): boolean {
  const people = everybody.filter(
    (each) => who.some((pattern) => isOneOf(pattern, each, policy)) === (kind === 'never'),
  );
  return people.some((each) =>
    world.tools.some((target) =>
      [0, ...times].some((at) => decide(world.access, { who: each, target, at }).effect === 'allow'),
    ),
  );
}

for (const seed of [20270101, randomInt(2 ** 31)]) {
  it('an invariant is violated exactly when trying everybody finds somebody', (context) => {
    context.diagnostic(`seed ${seed}`);
    const dice = random(seed);
    const patterns: readonly SubjectPattern[] = [
      { kind: 'everyone' },
      { kind: 'robots' },
      { kind: 'users' },
      { kind: 'user', name: 'ana' },
      { kind: 'robot', name: 'ana' },
      group('g0'),
      group('g1'),
    ];
    const outcomes = new Map<string, number>();
    for (let round = 0; round < 1_500; round += 1) {
      const policy = { ...randomPolicy(dice), robots: robots('nightly', 'ana') };
      const toolClass = dice.pick(['read', 'write', 'destructive'] as const);
      const world = worldFrom(policy, { [dice.pick(['db', 'wiki'])]: { [dice.pick(['get', 'set_all'])]: toolClass } });
      const asked = invariant(dice.pick(['never', 'only'] as const), [dice.pick(patterns), ...dice.some(patterns, 1)]);
      const expected = foundByTrying(world, asked, policy);
      assert.equal(violated(world, asked).length > 0, expected, JSON.stringify({ seed, round, asked }));
      const outcome = `${asked.kind} ${expected}`;
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    for (const outcome of ['never true', 'never false', 'only true', 'only false']) {
      assert.ok((outcomes.get(outcome) ?? 0) > 50, outcome);
    }
  });
}
