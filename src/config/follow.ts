import { dirname } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { createDebounce } from './debounce.ts';
import { isGitBusy } from './git.ts';
import type { Loaded } from './load.ts';
import { survey } from './survey.ts';
import { watchTree } from './watch.ts';

/** All in milliseconds. */
export interface FollowTiming {
  /** Quiet that must follow a change before the files are read. */
  readonly debounceMs: number;
  /** After this the files are read however busy they are. */
  readonly debounceMaxMs: number;
  /** How long git may hold its index lock. */
  readonly gitWaitMs: number;
  /** How often the fingerprint is compared without having heard anything. */
  readonly pollMs: number;
  /** How long a large removal must stay the same before it is believed. */
  readonly removalWaitMs: number;
}

/** What a running gateway uses. */
export const defaultTiming: FollowTiming = {
  debounceMs: 100,
  debounceMaxMs: 2_000,
  gitWaitMs: 30_000,
  pollMs: 5_000,
  removalWaitMs: 2_000,
};

const gitPauseMs = 50;
/** A tree that loses much and differs each time it is read is believed after so many readings. */
const removalReadingsMax = 5;

export interface FollowParts<T> {
  readonly first: Loaded;
  readonly timing: FollowTiming;
  readonly log: Pick<Logger, 'warn'>;
  /** Whether a change takes so much away that it looks like files half written. */
  readonly isDrastic: (loaded: Loaded) => boolean;
  /** Hears what the files say each time they have been read whole. Calls never overlap. */
  readonly take: (loaded: Loaded) => Promise<T>;
}

export interface Follower<T> {
  /** Reads the files now, or after a reading under way. */
  look(): Promise<T>;
  /** Stops watching and waits for a reading under way. */
  close(): Promise<void>;
}

/** Reads the files again whenever they change: watched, debounced, git waited for, and polled as a net. */
export async function follow<T>(parts: FollowParts<T>): Promise<Follower<T>> {
  const { timing, log } = parts;
  const stop = new AbortController();
  const heard = createDebounce({
    quietMs: timing.debounceMs,
    longestMs: timing.debounceMaxMs,
    act: () => void look(),
  });
  let seen = parts.first;
  /** A reading that has not begun, so that everybody who asks meanwhile gets the same one. */
  let next: Promise<T> | null = null;
  let turn: Promise<unknown> = Promise.resolve();
  let unwatch = await watchFor(seen);
  const poll = setInterval(() => void compare().catch(warn), timing.pollMs).unref();
  heard.ring();

  function look(): Promise<T> {
    if (next !== null) return next;
    const outcome = turn.then(readAndTake);
    next = outcome;
    turn = outcome.catch((error: unknown) => {
      if (!stop.signal.aborted) log.warn({ err: error }, 'reading the configuration failed');
    });
    return outcome;
  }
  async function readAndTake(): Promise<T> {
    next = null;
    stop.signal.throwIfAborted();
    await waitForGit(seen, parts, stop.signal);
    const loaded = await readSettled(seen, parts, stop.signal);
    const isMoved = planOf(loaded) !== planOf(seen);
    seen = loaded;
    const outcome = await parts.take(loaded);
    if (isMoved && !stop.signal.aborted) await rewatch();
    return outcome;
  }
  async function rewatch(): Promise<void> {
    await unwatch();
    unwatch = await watchFor(seen);
    // What changed before the new watcher was ready has not been heard.
    heard.ring();
  }
  function watchFor({ watch }: Loaded): Promise<() => Promise<void>> {
    return watchTree(watch, { onChange: heard.ring, onError: warn });
  }
  function warn(error: unknown): void {
    log.warn({ err: error }, 'the files are not watched as they should be; the next change may be seen late');
  }
  async function compare(): Promise<void> {
    const { roots, fingerprint } = seen;
    const now = await survey(roots);
    if (now.fingerprint !== fingerprint && seen.fingerprint === fingerprint) heard.ring();
  }
  async function close(): Promise<void> {
    stop.abort();
    heard.stop();
    clearInterval(poll);
    await turn;
    await unwatch();
  }
  return { look, close };
}

/** Changes when there is something else to watch: a link leads elsewhere, or a folder was replaced. */
function planOf({ watch }: Loaded): string {
  return JSON.stringify([[...watch.folders], [...watch.entries]]);
}

async function waitForGit(
  { roots }: Loaded,
  { timing, log }: Pick<FollowParts<unknown>, 'timing' | 'log'>,
  signal: AbortSignal,
): Promise<void> {
  const folders = [dirname(roots.config), roots.policies].filter((folder) => folder !== null);
  const begun = performance.now();
  const isBusy = async (): Promise<boolean> => (await Promise.all(folders.map(isGitBusy))).includes(true);
  if (!(await isBusy())) return;
  while (await isBusy()) {
    if (performance.now() - begun > timing.gitWaitMs) {
      log.warn({}, 'git has held its index lock too long; reading the files all the same');
      return;
    }
    await sleep(gitPauseMs, undefined, { signal });
  }
  // Git moves HEAD a moment after it lets go of the index.
  await sleep(timing.debounceMs, undefined, { signal });
}

/** A drastic change must read the same twice, some time apart. */
async function readSettled(
  seen: Loaded,
  { timing, log, isDrastic }: Pick<FollowParts<unknown>, 'timing' | 'log' | 'isDrastic'>,
  signal: AbortSignal,
): Promise<Loaded> {
  let loaded = await seen.again();
  for (let reading = 1; reading < removalReadingsMax && isDrastic(loaded); reading += 1) {
    log.warn({ hash: loaded.hash }, 'the change takes much access away; reading the files again before it counts');
    await sleep(timing.removalWaitMs, undefined, { signal });
    const next = await loaded.again();
    if (next.hash === loaded.hash) return next;
    loaded = next;
  }
  return loaded;
}
