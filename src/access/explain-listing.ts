import type { Condition, Grant, Guardrail, Subject } from '../config/configuration.ts';
import type { Place } from '../config/problem.ts';
import type { Identity } from '../identity/identity.ts';
import { decide } from './decide.ts';
import type { ToolTarget } from './decision.ts';
import { type Entitlement, entitlementOf } from './entitlement.ts';
import { identityOf } from './explain-caller.ts';
import { joined, strangers } from './explain-people.ts';
import { isHidden, type World, withPolicy } from './explain-world.ts';
import { grantsAlone } from './grant-alone.ts';

/** A grant that gives somebody a tool, now or later. */
export interface Holder {
  readonly subject: Subject;
  readonly role: string;
  readonly rule: Place;
  readonly grant: Grant;
  /** Epoch milliseconds when the grant begins; null when it holds already. */
  readonly from: number | null;
  /** Epoch milliseconds; null is without end. */
  readonly until: number | null;
  /** Conditions of which a call must meet one; empty when the grant gives every call. */
  readonly conditions: readonly Condition[];
  /** Whom of them guardrails leave the tool. */
  readonly left: 'all' | 'some' | 'nobody';
  /** The guardrails that take it from the others. */
  readonly cutBy: readonly string[];
}

/**
 * Every grant that gives the tool, in the order of the files; those that are over are left out. A tool that the lock
 * hides is nobody's.
 */
export function holdersOf(world: World, target: ToolTarget, at: number): readonly Holder[] {
  return createHolders(world)(target, at);
}

/** The same for many tools: what each grant gives alone is prepared once. */
export function createHolders(world: World): (target: ToolTarget, at: number) => readonly Holder[] {
  const alone = grantsAlone(world, {});
  const grants = world.configuration.policy.grants.map((grant) => ({ grant, access: alone(grant) }));
  return (target, at) => {
    if (isHidden(world, target)) return [];
    return grants.flatMap(({ grant, access }): readonly Holder[] => {
      const from = grant.starts !== null && grant.starts > at ? grant.starts : null;
      const entitlement = entitlementOf(access, { who: anybody, target, at: from ?? at });
      if (entitlement.kind === 'none') return [];
      const { role, rule } = entitlement.decision;
      const conditions = entitlement.conditions.flatMap((condition) => condition ?? []);
      const kept = keptBy(world, { subject: grant.to, target, at: from ?? at });
      return [{ subject: grant.to, role, rule, grant, from, until: grant.expires, conditions, ...kept }];
    });
  };
}

const anybody = identityOf({ kind: 'robot', name: '' });

function keptBy(
  world: World,
  { subject, target, at }: { readonly subject: Subject; readonly target: ToolTarget; readonly at: number },
): Pick<Holder, 'left' | 'cutBy'> {
  const { policy } = world.configuration;
  const people = strangers(policy).flatMap((stranger) => joined(stranger, subject, policy));
  const decisions = people.map((who) => decide(world.access, { who, target, at }));
  const cuts = decisions.flatMap((decision) => (decision.effect === 'deny' ? [decision.by?.name ?? ''] : []));
  return {
    left: cuts.length === 0 ? 'all' : cuts.length < decisions.length ? 'some' : 'nobody',
    cutBy: [...new Set(cuts.filter((name) => name !== ''))],
  };
}

/** The guardrails that take the tool, or some calls of it, from somebody. */
export function guardrailsOn(world: World, target: ToolTarget): readonly Guardrail[] {
  const { policy } = world.configuration;
  return [...policy.guardrails.values()].filter((guardrail) => {
    const forAll: Guardrail = { ...guardrail, to: [{ kind: 'everyone' }], except: [], condition: null };
    const { access } = withPolicy(world, { ...policy, guardrails: new Map([[guardrail.name, forAll]]) });
    const decision = decide(access, { who: anybody, target, at: 0 });
    return decision.effect === 'deny' && decision.why === 'guardrail';
  });
}

/** A tool that is somebody's, or would be if a guardrail did not take it away. */
export interface Holding {
  readonly target: ToolTarget;
  readonly entitlement: Entitlement;
}

/** What of the known tools the identity has, and what guardrails take from it. */
export function holdingsOf(world: World, who: Identity, at: number): readonly Holding[] {
  const unguarded = withPolicy(world, { ...world.configuration.policy, guardrails: new Map() }).access;
  return world.tools
    .filter((target) => decide(unguarded, { who, target, at }).effect === 'allow')
    .map((target) => ({ target, entitlement: entitlementOf(world.access, { who, target, at }) }));
}
