import type {
  Configuration,
  Grant,
  Guardrail,
  Policy,
  Role,
  Rule,
  SubjectPattern,
  Target,
  ToolClass,
} from '../config/configuration.ts';
import type { Place } from '../config/problem.ts';
import type { Identity } from '../identity/identity.ts';
import type { Decision } from './decision.ts';

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

/** By `everyone`, `users`, `robots`, `user:NAME`, `robot:NAME` or `claim:VALUE`. */
export type Positions = ReadonlyMap<string, readonly number[]>;

export interface CompiledGrant {
  /** Epoch milliseconds; the grant holds from `starts` on and before `expires`, which may be infinite. */
  readonly starts: number;
  readonly expires: number;
  /** The granted roles, each followed by those it includes. */
  readonly roles: readonly CompiledRole[];
  readonly ticket: string;
  readonly at: Place;
}

export interface CompiledRole extends RuleBook {
  readonly name: string;
}

export interface CompiledGuardrail extends RuleBook {
  readonly name: string;
  readonly at: Place;
}

/** Rules laid out by server. */
export interface RuleBook {
  /** The rules for a server that some rule names, `*` rules included, as written. */
  readonly byServer: ReadonlyMap<string, readonly CompiledRule[]>;
  /** The rules for every other server. */
  readonly anywhere: readonly CompiledRule[];
}

export interface CompiledRule {
  readonly classes: readonly ToolClass[];
  /** A glob. */
  readonly tool: string;
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
  /** By server, then by tool. */
  readonly verdicts: Map<string, Map<string, Verdict>>;
}

export interface Verdict {
  readonly class: ToolClass;
  readonly decision: Decision;
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
    memory: { profiles: new Map(), ofIdentity: new WeakMap(), verdicts: 0 },
  };
}

function positionsBy<T>(items: readonly T[], subjects: (item: T) => readonly string[]): Positions {
  const positions = new Map<string, number[]>();
  for (const [position, item] of items.entries()) {
    for (const subject of subjects(item)) {
      const known = positions.get(subject);
      if (known === undefined) positions.set(subject, [position]);
      else known.push(position);
    }
  }
  return positions;
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

function byPlace({ at: a }: { readonly at: Place }, { at: b }: { readonly at: Place }): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.col - b.col;
}

function subjectsOf(to: SubjectPattern, { groups }: Policy): readonly string[] {
  switch (to.kind) {
    case 'everyone':
    case 'users':
    case 'robots':
      return [to.kind];
    case 'user':
    case 'robot':
      return [`${to.kind}:${to.name}`];
    case 'group': {
      const group = groups.get(to.name);
      if (group === undefined) return [];
      return [...group.claims.map((claim) => `claim:${claim}`), ...group.members.map((user) => `user:${user}`)];
    }
    default:
      return to satisfies never;
  }
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
function withIncluded(names: readonly string[], roles: Policy['roles']): readonly string[] {
  const found = new Set<string>();
  const rest = names.toReversed();
  for (let name = rest.pop(); name !== undefined; name = rest.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    rest.push(...(roles.get(name)?.includes ?? []).toReversed());
  }
  return [...found];
}

function compileRole({ name, rules }: Role): CompiledRole {
  return { name, ...layOut(rules.flatMap((rule) => rule.targets.map(compileRule(reach[rule.verb], rule.at)))) };
}

function compileGuardrail({ name, targets, class: only, at }: Guardrail): CompiledGuardrail {
  return { name, at, ...layOut(targets.map(compileRule(only === null ? reach.any : [only], at))) };
}

interface Placed {
  readonly server: string;
  readonly rule: CompiledRule;
}

function compileRule(classes: readonly ToolClass[], at: Place): (target: Target) => Placed {
  return ({ server, tool }) => ({ server, rule: { classes, tool, at } });
}

function layOut(placed: readonly Placed[]): RuleBook {
  const about = (name: string): readonly CompiledRule[] =>
    placed.filter(({ server }) => server === name || server === '*').map(({ rule }) => rule);
  const named = new Set(placed.map(({ server }) => server));
  return { byServer: new Map([...named].map((server) => [server, about(server)])), anywhere: about('*') };
}

/** The rules about a server, as written. */
export function rulesFor({ byServer, anywhere }: RuleBook, server: string): readonly CompiledRule[] {
  return byServer.get(server) ?? anywhere;
}

const reach: Readonly<Record<Rule['verb'], readonly ToolClass[]>> = {
  read: ['read'],
  write: ['read', 'write'],
  any: ['read', 'write', 'destructive'],
};
