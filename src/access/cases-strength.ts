import type { Guardrail, Policy, Role, Rule } from '../config/configuration.ts';
import type { Suite } from '../config/policy-tests.ts';
import type { Place } from '../config/problem.ts';
import { allPass, runCases } from './cases.ts';
import type { Decision } from './decision.ts';
import { nameOf } from './explain-caller.ts';
import { type World, withPolicy } from './explain-world.ts';

/** What can be taken out of a policy; `what` names it as a sentence would. A condition is a rule's or a guardrail's. */
export interface Part {
  readonly kind: 'guardrail' | 'rule' | 'grant' | 'condition';
  readonly what: string;
  readonly at: Place;
}

export interface Strength {
  readonly tried: number;
  /** What no test would miss. */
  readonly missed: readonly Part[];
}

/** The rules and guardrails that decided nothing in any test, and the conditions for which none was denied a call. */
export function coverageOf(world: World, suites: readonly Suite[], now: number): Strength {
  const deciding = new Set<string>();
  runCases(world, suites, {
    now,
    hear: (decision) => {
      for (const key of decidersOf(decision)) deciding.add(key);
    },
  });
  const parts = mutantsOf(world.configuration.policy).flatMap(({ part }) => (part.kind === 'grant' ? [] : part));
  return { tried: parts.length, missed: parts.filter((part) => !deciding.has(keyOf(part))) };
}

/** A guardrail that takes a call away for its condition decides as a guardrail too. */
function decidersOf(decision: Decision): readonly string[] {
  if (decision.effect === 'allow') return [keyOf({ kind: 'rule', at: decision.rule })];
  const { by, unmet } = decision;
  if (by !== undefined) return [keyOf({ kind: 'guardrail', at: by.at })];
  if (unmet === undefined) return [];
  const { at } = unmet;
  return [keyOf({ kind: 'condition', at }), ...(unmet.by === 'guardrail' ? [keyOf({ kind: 'guardrail', at })] : [])];
}

/** Runs the tests without each guardrail, condition, rule and grant in turn: what nobody misses is not tested. */
export function mutationOf(world: World, suites: readonly Suite[], now: number): Strength {
  const holding = new Set(world.access.grants.map(({ at }) => keyOf({ kind: 'grant', at })));
  // A grant for other environments gives nothing here, so nothing could miss it.
  const mutants = mutantsOf(world.configuration.policy).filter(
    ({ part }) => part.kind !== 'grant' || holding.has(keyOf(part)),
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
  return [
    ...[...policy.guardrails.values()].flatMap((guardrail) => guardrailMutants(guardrail, policy)),
    ...[...policy.roles.values()].flatMap((role) => role.rules.flatMap((rule) => ruleMutants(rule, role, policy))),
    ...policy.grants.map(
      (grant): Mutant => ({
        part: { kind: 'grant', what: `${grant.roles.join(', ')} to ${nameOf(grant.to)}`, at: grant.at },
        policy: { ...policy, grants: policy.grants.filter((other) => other !== grant) },
      }),
    ),
  ];
}

function guardrailMutants(guardrail: Guardrail, policy: Policy): readonly Mutant[] {
  const { name, at, condition } = guardrail;
  const others = [...policy.guardrails].filter(([other]) => other !== name);
  const change = (changed: readonly [string, Guardrail][]): Policy => {
    return { ...policy, guardrails: new Map([...others, ...changed]) };
  };
  const gone: Mutant = { part: { kind: 'guardrail', what: name, at }, policy: change([]) };
  if (condition === null) return [gone];
  const what = `of the guardrail ${name}`;
  return [gone, { part: { kind: 'condition', what, at }, policy: change([[name, { ...guardrail, condition: null }]]) }];
}

function ruleMutants(rule: Rule, role: Role, policy: Policy): readonly Mutant[] {
  const { verb, targets, condition, at } = rule;
  const what = `${role.name}: ${verb} ${targets.map(({ server, tool }) => `${server}/${tool}`).join(', ')}`;
  const change = (instead: readonly Rule[]): Policy => {
    const rules = role.rules.flatMap((other) => (other === rule ? instead : other));
    return { ...policy, roles: new Map([...policy.roles, [role.name, { ...role, rules }]]) };
  };
  const gone: Mutant = { part: { kind: 'rule', what, at }, policy: change([]) };
  if (condition === null) return [gone];
  const open = change([{ ...rule, condition: null }]);
  return [gone, { part: { kind: 'condition', what: `of ${what}`, at }, policy: open }];
}

function keyOf({ kind, at: { file, line, col } }: Pick<Part, 'kind' | 'at'>): string {
  return `${kind} ${file}:${line}:${col}`;
}
