import type { Policy } from '../config/configuration.ts';
import type { Suite } from '../config/policy-tests.ts';
import type { Place } from '../config/problem.ts';
import { allPass, runCases } from './cases.ts';
import { nameOf } from './explain-caller.ts';
import { type World, withPolicy } from './explain-world.ts';

/** A guardrail, rule or grant; `what` names it as a sentence would. */
export interface Part {
  readonly kind: 'guardrail' | 'rule' | 'grant';
  readonly what: string;
  readonly at: Place;
}

export interface Strength {
  readonly tried: number;
  /** What no test would miss. */
  readonly missed: readonly Part[];
}

/** The rules and guardrails that decided nothing in any test. */
export function coverageOf(world: World, suites: readonly Suite[], now: number): Strength {
  const deciding = new Set<string>();
  runCases(world, suites, {
    now,
    hear: (decision) => {
      if (decision.effect === 'allow') deciding.add(keyOf(decision.rule));
      else if (decision.by !== undefined) deciding.add(keyOf(decision.by.at));
    },
  });
  const parts = mutantsOf(world.configuration.policy).filter(({ part }) => part.kind !== 'grant');
  return { tried: parts.length, missed: parts.map(({ part }) => part).filter(({ at }) => !deciding.has(keyOf(at))) };
}

/** Runs the tests without each guardrail, rule and grant in turn: what nobody misses is not tested. */
export function mutationOf(world: World, suites: readonly Suite[], now: number): Strength {
  const holding = new Set(world.access.grants.map(({ at }) => keyOf(at)));
  // A grant for other environments gives nothing here, so nothing could miss it.
  const mutants = mutantsOf(world.configuration.policy).filter(
    ({ part }) => part.kind !== 'grant' || holding.has(keyOf(part.at)),
  );
  const missed = mutants.filter(({ policy }) => allPass(withPolicy(world, policy), suites, { now }));
  return { tried: mutants.length, missed: missed.map(({ part }) => part) };
}

interface Mutant {
  readonly part: Part;
  /** The policy without the part. */
  readonly policy: Policy;
}

function mutantsOf(policy: Policy): readonly Mutant[] {
  const guardrails = [...policy.guardrails.values()].map(
    ({ name, at }): Mutant => ({
      part: { kind: 'guardrail', what: name, at },
      policy: { ...policy, guardrails: without(policy.guardrails, name) },
    }),
  );
  const rules = [...policy.roles.values()].flatMap((role) =>
    role.rules.map((rule): Mutant => {
      const globs = rule.targets.map(({ server, tool }) => `${server}/${tool}`).join(', ');
      const rest = { ...role, rules: role.rules.filter((other) => other !== rule) };
      return {
        part: { kind: 'rule', what: `${role.name}: ${rule.verb} ${globs}`, at: rule.at },
        policy: { ...policy, roles: new Map([...policy.roles, [role.name, rest]]) },
      };
    }),
  );
  const grants = policy.grants.map(
    (grant): Mutant => ({
      part: { kind: 'grant', what: `${grant.roles.join(', ')} to ${nameOf(grant.to)}`, at: grant.at },
      policy: { ...policy, grants: policy.grants.filter((other) => other !== grant) },
    }),
  );
  return [...guardrails, ...rules, ...grants];
}

function without<T>(entries: ReadonlyMap<string, T>, name: string): ReadonlyMap<string, T> {
  return new Map([...entries].filter(([other]) => other !== name));
}

function keyOf({ file, line, col }: Place): string {
  return `${file}:${line}:${col}`;
}
