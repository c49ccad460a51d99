import type { Logger } from 'pino';
import type { AnchorPlace } from '../../config/audit-settings.ts';
import { type Anchored, anchor } from './anchor.ts';

export interface AnchorsParts {
  readonly places: readonly AnchorPlace[];
  /** The process's environment, for git. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
  readonly log: Pick<Logger, 'warn' | 'info'>;
}

/** Carries checkpoints to the configured anchors, aside from everything else. */
export interface Anchors {
  /** A new checkpoint; what is newest by then is carried once a minute. */
  offer(head: Anchored): void;
  /** Carries the last one; each anchor has its time limit. */
  close(): Promise<void>;
}

const EVERY_MS = 60_000;

/** An anchor that fails is told of once, tried again with the next checkpoint, and keeps nobody waiting. */
export function createAnchors({ places, environment, now, log }: AnchorsParts): Anchors {
  const failing = new Set<AnchorPlace>();
  let newest: Anchored | null = null;
  let carried = Number.NEGATIVE_INFINITY;
  let carrying: Promise<void> | null = null;

  return { offer, close };

  function offer(head: Anchored): void {
    newest = head;
    if (now().getTime() - carried >= EVERY_MS) carrying ??= carry();
  }

  /** Never rejects. */
  async function carry(): Promise<void> {
    if (newest === null) return;
    const head = newest;
    carried = now().getTime();
    await Promise.all(places.map((place) => carryTo(place, head)));
    if (newest === head) newest = null;
    carrying = null;
  }

  async function carryTo(place: AnchorPlace, head: Anchored): Promise<void> {
    try {
      await anchor([head], { place, environment });
      if (failing.delete(place)) log.info({ place }, 'audit heads are kept there again');
    } catch (err) {
      if (!failing.has(place)) log.warn({ err, place }, 'audit heads cannot be kept there');
      failing.add(place);
    }
  }

  async function close(): Promise<void> {
    await carrying;
    await carry();
  }
}
