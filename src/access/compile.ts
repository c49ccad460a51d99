import type { Configuration, Grant, Policy, Role, Rule, Subject, ToolClass } from '../config/configuration.ts';
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
  /** Positions in `grants`, by `everyone`, `user:NAME`, `robot:NAME` or `claim:VALUE`. */
  readonly subjects: ReadonlyMap<string, readonly number[]>;
  readonly memory: Memory;
}

export interface CompiledGrant {
  /** Epoch milliseconds; the grant holds from `starts` on and before `expires`, which may be infinite. */
  readonly starts: number;
  readonly expires: number;
  readonly roles: readonly CompiledRole[];
  readonly ticket: string;
  readonly at: Place;
}

export interface CompiledRole {
  readonly name: string;
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
  /** By the sorted positions of their grants: people with equal grants share one. */
  profiles: Map<string, Profile>;
  ofIdentity: WeakMap<Identity, Profile>;
  verdicts: number;
}

export interface Profile {
  readonly grants: readonly CompiledGrant[];
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
  const roles = new Map([...policy.roles].map(([name, role]) => [name, compileRole(role)]));
  const granted = policy.grants.filter(holdsIn(gateway.environment)).sort(inDecidingOrder);
  const subjects = new Map<string, number[]>();
  for (const [position, grant] of granted.entries()) {
    for (const subject of subjectsOf(grant.to, policy)) {
      const positions = subjects.get(subject);
      if (positions === undefined) subjects.set(subject, [position]);
      else positions.push(position);
    }
  }
  const grants = granted.map((grant) => compileGrant(grant, roles));
  return { grants, subjects, memory: { profiles: new Map(), ofIdentity: new WeakMap(), verdicts: 0 } };
}

function holdsIn(environment: string): (grant: Grant) => boolean {
  return ({ environments }) => environments.length === 0 || environments.includes(environment);
}

function inDecidingOrder(a: Grant, b: Grant): number {
  const aEnds = a.expires ?? Number.POSITIVE_INFINITY;
  const bEnds = b.expires ?? Number.POSITIVE_INFINITY;
  if (aEnds !== bEnds) return aEnds > bEnds ? -1 : 1;
  if (a.at.file !== b.at.file) return a.at.file < b.at.file ? -1 : 1;
  return a.at.line - b.at.line || a.at.col - b.at.col;
}

function subjectsOf(to: Subject, { groups }: Policy): readonly string[] {
  switch (to.kind) {
    case 'everyone':
      return ['everyone'];
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

function compileGrant(grant: Grant, roles: ReadonlyMap<string, CompiledRole>): CompiledGrant {
  return {
    starts: grant.starts ?? Number.NEGATIVE_INFINITY,
    expires: grant.expires ?? Number.POSITIVE_INFINITY,
    roles: grant.roles.flatMap((name) => roles.get(name) ?? []),
    ticket: grant.ticket,
    at: grant.at,
  };
}

function compileRole({ name, rules }: Role): CompiledRole {
  const targets = rules.flatMap((rule) =>
    rule.targets.map(({ server, tool }) => ({ server, rule: compileRule(rule, tool) })),
  );
  const rulesFor = (name: string): readonly CompiledRule[] =>
    targets.filter(({ server }) => server === name || server === '*').map(({ rule }) => rule);
  const named = new Set(targets.map(({ server }) => server));
  return {
    name,
    byServer: new Map([...named].map((server) => [server, rulesFor(server)])),
    anywhere: rulesFor('*'),
  };
}

const reach: Readonly<Record<Rule['verb'], readonly ToolClass[]>> = {
  read: ['read'],
  write: ['read', 'write'],
  any: ['read', 'write', 'destructive'],
};

function compileRule({ verb, at }: Rule, tool: string): CompiledRule {
  return { classes: reach[verb], tool, at };
}
