import type { PolicyTest, Suite } from '../config/policy-tests.ts';
import type { Place } from '../config/problem.ts';
import { type Ask, violationsOf } from './cases-invariant.ts';
import { decide } from './decide.ts';
import type { Decision } from './decision.ts';
import { type Explanation, explain } from './explain.ts';
import { identityOf, revocationOf } from './explain-caller.ts';
import { toolsMatching, type World } from './explain-world.ts';

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
  return suites.flatMap(({ tests, invariants }) => [
    ...tests.map((test): CaseResult => {
      return { kind: 'test', name: test.name, place: test.place, failures: failuresOf(world, test, options) };
    }),
    ...invariants.map((invariant): CaseResult => {
      const found = violationsOf(world, invariant, { ask: askOf(world, options), now: options.now });
      const failures = found.map(
        (question): Failure => ({ expected: 'deny', because: null, explanation: explain(world, question) }),
      );
      return { kind: 'invariant', name: invariant.name, place: invariant.place, failures };
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

function failuresOf(world: World, test: PolicyTest, options: RunOptions): readonly Failure[] {
  const ask = askOf(world, options);
  const { policy } = world.configuration;
  const who = identityOf(test.as);
  const at = test.at ?? options.now;
  return (['allow', 'deny'] as const).flatMap((expected) =>
    test[expected]
      .flatMap((target) => toolsMatching(world, target))
      .flatMap((target): readonly Failure[] => {
        const { effect } = ask({ who, target, at });
        const verdict = revocationOf(policy, who, at) === null ? effect : 'deny';
        if (verdict === expected && test.because === null) return [];
        const explanation = explain(world, { who, target, at });
        if (verdict !== expected) return [{ expected, because: null, explanation }];
        return reasonsOf(explanation).includes(test.because ?? '')
          ? []
          : [{ expected, because: test.because, explanation }];
      }),
  );
}

/** What may be called the reason: the role that allows; the guardrail that denies, or a role that nearly allows. */
function reasonsOf({ decision, others }: Explanation): readonly string[] {
  if (decision.effect === 'allow') return [decision.role];
  return [...(decision.by === undefined ? [] : [decision.by.name]), ...others.map(({ role }) => role)];
}
