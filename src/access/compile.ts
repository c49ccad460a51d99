import type { Configuration, Grant, Guardrail, Policy, Role, Target, ToolClass } from '../config/configuration.ts';
import { reachOfVerb } from '../config/locked-reach.ts';
import type { Place } from '../config/problem.ts';
import type { Identity } from '../identity/identity.ts';
import { type CompiledCondition, compileOnDemand } from './compiled-condition.ts';
import type { Allow, Decision } from './decision.ts';
import { byPlace } from './place-order.ts';
import { layOut, type RuleBook } from './rule-book.ts';
import { type Positions, positionsBy, subjectsOf } from './subjects.ts';

/** A configuration's policy, ready to be asked. Everything but `memory` is fixed; `memory` only saves time. */
export interface Access {
  /**
   * In deciding order: the grant that ends last comes first, one without end before all, then by place. The first
   * that allows is the one a decision names, so its `until` is when the right really ends.
   */
  readonly grants: readonly CompiledGrant[];
  /** Positions in `grants`. */
  readonly granted: Positions;
  /** By place: of several that take a tool away the first is named. */
  readonly guardrails: readonly CompiledGuardrail[];
  /** Positions in `guardrails`: whom each holds for, and whom it leaves out all the same. */
  readonly guarded: Positions;
  readonly excepted: Positions;
  readonly memory: Memory;
}

export interface CompiledGrant {
  /** Epoch milliseconds; the grant holds from `starts` on and before `expires`, which may be infinite. */
  readonly starts: number;
  readonly expires: number;
  /** The granted roles, each followed by those it includes. */
  readonly roles: readonly CompiledRole[];
  readonly ticket: string;
  readonly at: Place;
}

/** What may be asked for. */
export type Section = 'tools' | 'prompts' | 'resources';

export interface CompiledRole extends Readonly<Record<Section, RuleBook>> {
  readonly name: string;
}

/** Its rules are without conditions; its own takes calls of `tools` away only when met. */
export interface CompiledGuardrail extends Readonly<Record<Section, RuleBook>> {
  readonly name: string;
  readonly condition: CompiledCondition | null;
  readonly at: Place;
}

export interface Memory {
  /** By the positions of their grants and guardrails: people with equal ones share one. */
  profiles: Map<string, Profile>;
  ofIdentity: WeakMap<Identity, Profile>;
  verdicts: number;
}

export interface Profile {
  readonly grants: readonly CompiledGrant[];
  readonly guardrails: readonly CompiledGuardrail[];
  /** The one last asked about. */
  window: Window | null;
}

/** A stretch of time in which none of a profile's grants starts or expires. */
export interface Window {
  /** Epoch milliseconds, inclusive. */
  readonly from: number;
  /** Epoch milliseconds, exclusive. */
  readonly to: number;
  readonly rights: Rights;
  readonly active: readonly CompiledGrant[];
  readonly expired: readonly CompiledGrant[];
  readonly coming: readonly CompiledGrant[];
  readonly guardrails: readonly CompiledGuardrail[];
  /** By server. */
  readonly verdicts: Map<string, ServerVerdicts>;
}

/** By tool; `unreached` where no grant and no guardrail says anything about the server. */
export type ServerVerdicts = Map<string, Verdict> | 'unreached';

export interface Verdict {
  readonly class: ToolClass;
  /** The answer to whether some call would be allowed. */
  readonly decision: Decision;
  /** What the arguments of one call are held against; null when every call is answered alike. */
  readonly terms: Terms | null;
}

export interface Terms {
  /** Guardrails with a condition, by place. */
  readonly except: readonly Exception[];
  /** Never empty, in deciding order. Only the last can be without condition: what follows it decides nothing. */
  readonly alternatives: readonly Alternative[];
}

/** A guardrail that takes away those calls that meet its condition. */
export interface Exception {
  readonly name: string;
  readonly at: Place;
  readonly condition: CompiledCondition;
}

/** A rule that allows those calls that meet its condition. */
export interface Alternative {
  readonly allow: Allow;
  readonly condition: CompiledCondition | null;
}

/** What an identity may do at one time, as far as others may have the same. */
export interface Rights {
  /** Equal keys of one Access: the same tools are allowed, and they stay the same until the same `until`. */
  readonly key: string;
  /** Epoch milliseconds of the next start or end of a grant; null when no date changes anything. */
  readonly until: number | null;
}

/** Compiles the policy for the environment the gateway runs in. Pure; the result holds for this configuration only. */
export function compile({ gateway, policy }: Pick<Configuration, 'gateway' | 'policy'>): Access {
  const compiled = new Map([...policy.roles].map(([name, role]) => [name, compileRole(role)]));
  const rolesOf = (names: readonly string[]) =>
    withIncluded(names, policy.roles).flatMap((name) => compiled.get(name) ?? []);
  const grants = policy.grants.filter(holdsIn(gateway.environment)).sort(inDecidingOrder);
  const guardrails = [...policy.guardrails.values()].sort(byPlace);
  return {
    grants: grants.map((grant) => compileGrant(grant, rolesOf(grant.roles))),
    granted: positionsBy(grants, ({ to }) => subjectsOf(to, policy)),
    guardrails: guardrails.map(compileGuardrail),
    guarded: positionsBy(guardrails, ({ to }) => to.flatMap((pattern) => subjectsOf(pattern, policy))),
    excepted: positionsBy(guardrails, ({ except }) => except.flatMap((pattern) => subjectsOf(pattern, policy))),
    memory: blankMemory(),
  };
}

/** Remembers nothing yet. */
export function blankMemory(): Memory {
  return { profiles: new Map(), ofIdentity: new WeakMap(), verdicts: 0 };
}

function holdsIn(environment: string): (grant: Grant) => boolean {
  return ({ environments }) => environments.length === 0 || environments.includes(environment);
}

function inDecidingOrder(a: Grant, b: Grant): number {
  const aEnds = a.expires ?? Number.POSITIVE_INFINITY;
  const bEnds = b.expires ?? Number.POSITIVE_INFINITY;
  if (aEnds !== bEnds) return aEnds > bEnds ? -1 : 1;
  return byPlace(a, b);
}

function compileGrant(grant: Grant, roles: readonly CompiledRole[]): CompiledGrant {
  return {
    starts: grant.starts ?? Number.NEGATIVE_INFINITY,
    expires: grant.expires ?? Number.POSITIVE_INFINITY,
    roles,
    ticket: grant.ticket,
    at: grant.at,
  };
}

/** The roles as written, each followed by those it includes, none twice. */
export function withIncluded(names: readonly string[], roles: Policy['roles']): readonly string[] {
  const found = new Set<string>();
  const rest = names.toReversed();
  for (let name = rest.pop(); name !== undefined; name = rest.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    rest.push(...(roles.get(name)?.includes ?? []).toReversed());
  }
  return [...found];
}

function compileRole({ name, rules, prompts, resources }: Role): CompiledRole {
  const written = rules.map(({ verb, targets, condition, at }) => {
    return { classes: reachOfVerb[verb], targets, condition: condition && compileOnDemand(condition), at };
  });
  return { name, tools: layOut(written), prompts: contentBook(prompts), resources: contentBook(resources) };
}

/** Class and condition are about calls: what a guardrail says of prompts and resources it always takes away. */
function compileGuardrail(guardrail: Guardrail): CompiledGuardrail {
  const { name, targets, prompts, resources, class: only, condition, at } = guardrail;
  return {
    name,
    at,
    condition: condition && compileOnDemand(condition),
    tools: layOut([{ classes: only === null ? reachOfVerb.any : [only], targets, condition: null, at }]),
    prompts: contentBook(prompts),
    resources: contentBook(resources),
  };
}

function contentBook(targets: readonly Target[]): RuleBook {
  return layOut(
    targets.map((target) => ({ classes: reachOfVerb.read, targets: [target], condition: null, at: target.at })),
  );
}
