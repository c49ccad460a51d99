import type { Grant } from '../config/configuration.ts';
import { canonicalJson } from '../config/lock-hash.ts';
import type { Place } from '../config/problem.ts';
import type { AccessSides, Held } from './difference-ask.ts';
import { holds, type Timeline } from './difference-held.ts';
import type { World } from './explain-world.ts';

/** A place in the files of one side. */
export interface SidedPlace extends Place {
  readonly side: 'base' | 'head';
}

/** The rule and the grant that give it, the group whose members have changed, the guardrail that takes it: head first. */
export function becauseOf(
  { before, after }: Held,
  { base, head }: Pick<AccessSides, 'base' | 'head'>,
): readonly SidedPlace[] {
  const isOn =
    (side: SidedPlace['side']) =>
    (place: Place): SidedPlace => ({ ...place, side });
  return [...placesIn(after, head, base).map(isOn('head')), ...placesIn(before, base, head).map(isOn('base'))];
}

function placesIn(timeline: Timeline, world: World, other: World): readonly Place[] {
  const held = timeline.find(holds) ?? timeline[0];
  if (held === undefined) return [];
  const { decision } = held;
  if (decision.effect === 'deny') return decision.by === undefined ? [] : [decision.by.at];
  const grant = world.configuration.policy.grants.find(({ at }) => at === decision.grant);
  return [decision.grant, decision.rule, ...groupOf(grant, world, other)];
}

function groupOf(grant: Grant | undefined, { configuration }: World, other: World): readonly Place[] {
  if (grant?.to.kind !== 'group') return [];
  const { name } = grant.to;
  const [group, before] = [configuration, other.configuration].map(({ policy }) => policy.groups.get(name));
  if (group === undefined || before === undefined) return group === undefined ? [] : [group.at];
  const members = ({ claims, members: users }: typeof group) => canonicalJson([[...claims].sort(), [...users].sort()]);
  return members(group) === members(before) ? [] : [group.at];
}
