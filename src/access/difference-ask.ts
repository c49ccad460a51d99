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

/** What an identity holds of one target. */
export interface Ask {
  readonly both: (who: Identity) => Held;
  readonly before: (who: Identity) => Timeline;
}

/** A robot that a side does not have holds nothing there. */
export function createAsking({ base, head, at }: AccessSides): (target: ComparedTarget) => Ask {
  const known = new Map<string, Identity>();
  // What is worked out for an identity is kept with the object: the same people are asked about again and again.
  const kept = (who: Identity): Identity => {
    const key = [who.key, ...who.claims].join('\n');
    const same = known.get(key) ?? who;
    known.set(key, same);
    return same;
  };
  return ({ section, ...target }) => {
    const on = ({ access, configuration }: World, sought: Sought | null, who: Identity) => {
      const isUnknown = who.kind === 'robot' && !configuration.policy.robots.has(who.subject);
      return sought === null || isUnknown ? [] : timelineOf(access, { who: kept(who), section, target: sought, at });
    };
    const before = (who: Identity) => on(base, target.base, who);
    return { before, both: (who) => ({ before: before(who), after: on(head, target.head, who) }) };
  };
}
