import type { Identity } from '../identity/identity.ts';
import { keyOfTimeline, type Timeline, timelineOf } from './difference-held.ts';
import type { ComparedTarget } from './difference-target.ts';
import type { World } from './explain-world.ts';
import type { Sought } from './rule-book.ts';

/** Two policies, compared as from one moment on. */
export interface AccessSides {
  readonly base: World;
  readonly head: World;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** What one identity holds on both sides. */
export interface Held {
  readonly before: Timeline;
  readonly after: Timeline;
}

/** Equal where the same is held on both sides. */
export function keyOfHeld({ before, after }: Held): string {
  return `${keyOfTimeline(before)}\n>\n${keyOfTimeline(after)}`;
}

/** What an identity holds of the target on both sides; a robot that a side does not have holds nothing there. */
export function createAsk(
  { base, head, at }: AccessSides,
  { section, ...target }: ComparedTarget,
): (who: Identity) => Held {
  const on = ({ access, configuration }: World, sought: Sought | null, who: Identity) => {
    const isUnknown = who.kind === 'robot' && !configuration.policy.robots.has(who.subject);
    return sought === null || isUnknown ? [] : timelineOf(access, { who, section, target: sought, at });
  };
  return (who) => ({ before: on(base, target.base, who), after: on(head, target.head, who) });
}
