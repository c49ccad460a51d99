import { resolve } from 'node:path';
import { QueryFailed } from '../../audit/query/sandbox.ts';
import { type ReplaySource, readArguments, readCalls } from '../../audit/replay/replay.ts';
import { readMoment } from '../audit/moment.ts';
import { type CommandInput, type Io, UsageError } from '../command.ts';
import { createReplaying, type Replay, type ReplaySides } from './replay.ts';

/** A replay, and of what. */
export interface ReplayReport extends Replay {
  /** Epoch milliseconds; null for no bound. */
  readonly since: number | null;
  readonly until: number | null;
  /** There are more kinds of calls than are read: the rarest are not in. */
  readonly isCut: boolean;
  /** Lines of the log that are no records, and not because they are being written. */
  readonly unreadable: number;
}

/** Options of a command that replays. */
export const replayOptions = {
  replay: { type: 'string', multiple: true },
  since: { type: 'string' },
  until: { type: 'string' },
  'deny-used': { type: 'boolean' },
} as const;

/** Arguments are read for so many tools at most. */
const toolsMax = 1_000;

/** What the command line asks to be replayed; null for nothing. A `UsageError` tells what does not go together. */
export function replaySource({ values }: CommandInput, { cwd }: Io): ReplaySource | null {
  const { replay, since, until } = values;
  if (!Array.isArray(replay)) {
    const stray = ['since', 'until', 'deny-used'].find((name) => values[name] !== undefined);
    if (stray === undefined) return null;
    throw new UsageError(`--${stray} needs --replay DIR, the folder of an audit log`);
  }
  const now = new Date();
  return {
    dirs: replay.map((dir) => resolve(cwd, String(dir))),
    since: since === undefined ? null : readMoment('--since', String(since), now),
    until: until === undefined ? null : readMoment('--until', String(until), now),
  };
}

/** Decides the recorded calls again on both sides. */
export async function readReplay(source: ReplaySource, sides: ReplaySides): Promise<ReplayReport> {
  try {
    const replaying = createReplaying(sides);
    const calls = await readCalls(source);
    replaying.add(calls.groups);
    const { tools, byTime } = replaying.waiting();
    if (tools.length > 0) {
      const { groups } = await readArguments(source, { tools: tools.slice(0, toolsMax), byTime });
      replaying.addArguments(groups);
    }
    const finished = calls.unreadable.filter(({ live }) => !live);
    return {
      ...replaying.sum(),
      since: source.since?.getTime() ?? null,
      until: source.until?.getTime() ?? null,
      isCut: calls.isCut,
      unreadable: finished.reduce((sum, { lines }) => sum + lines, 0),
    };
  } catch (error) {
    if (error instanceof QueryFailed) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}
