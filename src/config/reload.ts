import { basename } from 'node:path';
import type { Logger } from 'pino';
import { showAddress } from './address.ts';
import type { Configuration } from './configuration.ts';
import { defaultTiming, type FollowTiming, follow } from './follow.ts';
import { limitTable } from './limits.ts';
import type { Loaded } from './load.ts';
import { losesBarrier, lossMax, lostAccess } from './lost-access.ts';
import type { Problem } from './problem.ts';

export interface ReloadParts<S> {
  /** The configuration file. */
  readonly path: string;
  /** What the gateway starts with; its configuration is not null. */
  readonly first: Loaded;
  /** Compiles a configuration into what requests read. Throwing refuses the reload and keeps the last snapshot. */
  readonly build: (configuration: Configuration, generation: number) => S | Promise<S>;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  /** After the swap; must not throw. */
  readonly onSwap: (swap: Swap<S>) => void;
  /** A changed tree was refused and the last good snapshot stays whole; told once for the same problems. */
  readonly onReject: (problems: readonly Problem[]) => void;
  /** The part of access (0 to 1) that a change takes away. Default: `lostAccess`. */
  readonly lost?: (previous: Configuration, next: Configuration) => number;
  readonly timing?: Partial<FollowTiming>;
}

/** One moment of the gateway. */
export interface Generation<S> {
  /** Counts from 1, by one for each swap. */
  readonly number: number;
  readonly configuration: Configuration;
  readonly snapshot: S;
}

export interface Swap<S> {
  readonly previous: Generation<S>;
  readonly current: Generation<S>;
  readonly warnings: readonly Problem[];
}

export type ReloadOutcome = 'swapped' | 'unchanged' | 'rejected';

export interface Reloader<S> {
  /** A request reads it once and keeps it to its end. */
  current(): Generation<S>;
  /** Why the files as they are now are not in force; empty when they are. */
  rejected(): readonly Problem[];
  /** Reads the files now, as SIGHUP asks for. */
  reloadNow(): Promise<ReloadOutcome>;
  /** Stops watching and waits for a reload under way. */
  close(): Promise<void>;
}

/** Follows the files from `first` on. Rejects with a TypeError without a configuration, and with what `build` throws. */
export async function createReloader<S>(parts: ReloadParts<S>): Promise<Reloader<S>> {
  const { configuration } = parts.first;
  if (configuration === null) throw new TypeError('a reloader starts with a configuration that is right');
  let current: Generation<S> = { number: 1, configuration, snapshot: await parts.build(configuration, 1) };
  let rejected: readonly Problem[] = [];

  async function take(loaded: Loaded): Promise<ReloadOutcome> {
    const next = loaded.configuration;
    if (next === null) return reject(loaded.problems.filter(({ severity }) => severity === 'error'));
    const problems = refuseRestarts(current.configuration, next, basename(parts.path));
    if (problems.length > 0) return reject(problems);
    if (next.hash === current.configuration.hash) {
      if (rejected.length > 0) parts.log.info({ hash: next.hash }, 'the files on disk are in force again');
      rejected = [];
      return 'unchanged';
    }
    return swap(next, loaded.problems);
  }
  async function swap(configuration: Configuration, warnings: readonly Problem[]): Promise<ReloadOutcome> {
    const number = current.number + 1;
    const previous = current;
    try {
      current = { number, configuration, snapshot: await parts.build(configuration, number) };
    } catch (error) {
      return reject([
        problem('GH081', basename(parts.path), `the gateway could not use the files: ${messageOf(error)}`),
      ]);
    }
    rejected = [];
    parts.onSwap({ previous, current, warnings });
    return 'swapped';
  }
  function reject(problems: readonly Problem[]): ReloadOutcome {
    const isNews = JSON.stringify(problems) !== JSON.stringify(rejected);
    rejected = problems;
    if (isNews) parts.onReject(problems);
    return 'rejected';
  }

  const lost = parts.lost ?? lostAccess;
  const follower = await follow({
    ...parts,
    timing: { ...defaultTiming, ...parts.timing },
    isDrastic: ({ configuration: next }) => {
      const { configuration: previous } = current;
      return next !== null && (losesBarrier(previous, next) || lost(previous, next) > lossMax);
    },
    take,
  });
  return { current: () => current, rejected: () => rejected, reloadNow: follower.look, close: follower.close };
}

function refuseRestarts(previous: Configuration, next: Configuration, file: string): readonly Problem[] {
  const settings = [
    ['gateway.listen', showAddress(previous.gateway.listen), showAddress(next.gateway.listen)],
    ['gateway.admin_listen', showAddress(previous.gateway.adminListen), showAddress(next.gateway.adminListen)],
    ['audit.dir', previous.audit.dir, next.audit.dir],
    ['audit.durability', previous.audit.durability, next.audit.durability],
    ['audit.keys', previous.audit.keys, next.audit.keys],
    ['audit.on_failure', previous.audit.onFailure, next.audit.onFailure],
    ['audit.anchor', JSON.stringify(previous.audit.anchors), JSON.stringify(next.audit.anchors)],
    ['audit.rotate_bytes', previous.audit.rotateBytes, next.audit.rotateBytes],
    ['limits.connections_max', previous.limits.connectionsMax, next.limits.connectionsMax],
    ...(['auditQueueMax', 'auditReserveBytes', 'auditSpaceLowBytes', 'auditSpaceScarceBytes'] as const).map(
      (name) => [`limits.${limitTable[name].yaml}`, previous.limits[name], next.limits[name]] as const,
    ),
  ] as const;
  return settings
    .filter(([, before, after]) => before !== after)
    .map(([name, before, after]) => ({
      ...problem('GH080', file, `${name} cannot change while the gateway runs: it is ${before}, found ${after}`),
      hint: 'restart the gateway, or change it back',
    }));
}

function problem(code: string, file: string, message: string): Problem {
  return { code, severity: 'error', at: { file, line: 1, col: 1 }, message, hint: '' };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
