import type { Grant, Guardrail, Subject } from '../config/configuration.ts';
import type { Place } from '../config/problem.ts';
import type { Identity } from '../identity/identity.ts';
import { decide } from './decide.ts';
import type { Decision, ToolTarget } from './decision.ts';
import { grantsApart, ownerOf } from './explain.ts';
import { identityOf } from './explain-caller.ts';
import { joined, strangers } from './explain-people.ts';
import { type World, withPolicy } from './explain-world.ts';

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
  /** Whom of them guardrails leave the tool. */
  readonly left: 'all' | 'some' | 'nobody';
  /** The guardrails that take it from the others. */
  readonly cutBy: readonly string[];
}

/** Every grant that gives the tool, in the order of the files; those that are over are left out. */
export function holdersOf(world: World, target: ToolTarget, at: number): readonly Holder[] {
  const apart = grantsApart(world, {});
  return world.configuration.policy.grants.flatMap((grant, index): readonly Holder[] => {
    const from = grant.starts !== null && grant.starts > at ? grant.starts : null;
    const decision = decide(apart, { who: identityOf(ownerOf(index)), target, at: from ?? at });
    if (decision.effect === 'deny') return [];
    const { role, rule } = decision;
    const kept = keptBy(world, { subject: grant.to, target, at: from ?? at });
    return [{ subject: grant.to, role, rule, grant, from, until: grant.expires, ...kept }];
  });
}

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

/** The guardrails that take the tool from somebody. */
export function guardrailsOn(world: World, target: ToolTarget): readonly Guardrail[] {
  const { policy } = world.configuration;
  return [...policy.guardrails.values()].filter((guardrail) => {
    const forAll: Guardrail = { ...guardrail, to: [{ kind: 'everyone' }], except: [] };
    const { access } = withPolicy(world, { ...policy, guardrails: new Map([[guardrail.name, forAll]]) });
    const decision = decide(access, { who: identityOf({ kind: 'robot', name: '' }), target, at: 0 });
    return decision.effect === 'deny' && decision.why === 'guardrail';
  });
}

/** A tool that is somebody's, or would be if a guardrail did not take it away. */
export interface Holding {
  readonly target: ToolTarget;
  readonly decision: Decision;
}

/** What of the known tools the identity has, and what guardrails take from it. */
export function holdingsOf(world: World, who: Identity, at: number): readonly Holding[] {
  const unguarded = withPolicy(world, { ...world.configuration.policy, guardrails: new Map() }).access;
  return world.tools
    .filter((target) => decide(unguarded, { who, target, at }).effect === 'allow')
    .map((target) => ({ target, decision: decide(world.access, { who, target, at }) }));
}
