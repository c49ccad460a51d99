import type { Invariant, PolicyTest, Suite } from '../config/policy-tests.ts';
import type { Place } from '../config/problem.ts';
import { type Ask, violationsOf } from './cases-invariant.ts';
import { decide, type Question } from './decide.ts';
import type { Decision } from './decision.ts';
import { type Explanation, explain } from './explain.ts';
import { identityOf, revocationOf } from './explain-caller.ts';
import { isHidden, toolsMatching, type World } from './explain-world.ts';

export interface CaseResult {
  readonly kind: 'test' | 'invariant';
  readonly name: string;
  readonly place: Place;
  /** Empty when it passed. */
  readonly failures: readonly Failure[];
}

export interface Failure {
  readonly expected: 'allow' | 'deny';
  /** The role or guardrail that should have decided; null when the verdict itself is wrong. */
  readonly because: string | null;
  readonly explanation: Explanation;
}

export interface RunOptions {
  /** Epoch milliseconds: when tests without `at`, and invariants, are asked. */
  readonly now: number;
  /** Hears of every decision. Default: nobody does. */
  readonly hear?: (decision: Decision) => void;
}

/** Runs every test and invariant, in the order of the files. */
export function runCases(world: World, suites: readonly Suite[], options: RunOptions): readonly CaseResult[] {
  return casesOf(world, suites, options).map(({ kind, name, place, wrong }) => {
    const failures = [...wrong()].map(({ expected, because, question }): Failure => {
      return { expected, because, explanation: explain(world, question) };
    });
    return { kind, name, place, failures };
  });
}

/** Whether all pass; stops at the first that does not and explains nothing. */
export function allPass(world: World, suites: readonly Suite[], options: RunOptions): boolean {
  return casesOf(world, suites, options).every(({ wrong }) => wrong().next().done === true);
}

interface Case extends Pick<CaseResult, 'kind' | 'name' | 'place'> {
  /** The questions that are answered otherwise than expected, asked one by one. */
  readonly wrong: () => Iterator<Wrong, void> & Iterable<Wrong>;
}

interface Wrong extends Pick<Failure, 'expected' | 'because'> {
  readonly question: Question;
}

function casesOf(world: World, suites: readonly Suite[], options: RunOptions): readonly Case[] {
  return suites.flatMap(({ tests, invariants }) => [
    ...tests.map((test): Case => {
      return { kind: 'test', name: test.name, place: test.place, wrong: () => wrongIn(test, world, options) };
    }),
    ...invariants.map((invariant): Case => {
      const { name, place } = invariant;
      return { kind: 'invariant', name, place, wrong: () => violationsIn(invariant, world, options) };
    }),
  ]);
}

function askOf({ access }: World, { hear }: RunOptions): Ask {
  return (question) => {
    const decision = decide(access, question);
    hear?.(decision);
    return decision;
  };
}

function* violationsIn(invariant: Invariant, world: World, options: RunOptions): Generator<Wrong, void> {
  for (const question of violationsOf(world, invariant, { ask: askOf(world, options), now: options.now })) {
    yield { expected: 'deny', because: null, question };
  }
}

function* wrongIn(test: PolicyTest, world: World, options: RunOptions): Generator<Wrong, void> {
  const ask = askOf(world, options);
  const who = identityOf(test.as);
  const at = test.at ?? options.now;
  const isRevoked = revocationOf(world.configuration.policy, who, at) !== null;
  for (const expected of ['allow', 'deny'] as const) {
    for (const target of test[expected].flatMap((glob) => toolsMatching(world, glob))) {
      const question = { who, target, at, ...argumentsOf(test) };
      const decision = ask(question);
      const verdict = isRevoked || isHidden(world, target) ? 'deny' : decision.effect;
      if (verdict !== expected) yield { expected, because: null, question };
      else if (test.because !== null && !isReason(test.because, decision, () => explain(world, question))) {
        yield { expected, because: test.because, question };
      }
    }
  }
}

/** Without arguments, `allow` is that some call is allowed, and `deny` that none is. */
function argumentsOf({ args }: PolicyTest): Pick<Question, 'args'> {
  return args === null ? {} : { args: () => ({ kind: 'read', value: args }) };
}

/** The role that allows is the reason; of a denial it is the guardrail, or a role that nearly allows. */
function isReason(name: string, decision: Decision, explained: () => Explanation): boolean {
  if (decision.effect === 'allow') return decision.role === name;
  if (decision.by?.name === name || decision.unmet?.name === name) return true;
  return explained().others.some(({ role }) => role === name);
}
