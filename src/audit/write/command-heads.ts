import { byWriter, DAY_MS, listLogFiles } from '../files/log-files.ts';
import { lastRecord } from '../integrity/chain.ts';
import { isOfCommands } from './access-record.ts';

/** How far a chain of commands had come, as a gateway saw it. */
interface CommandHead {
  readonly writer: string;
  readonly seq: number;
  readonly head: string;
}

/** A part of a record's `detail`; empty when no command recorded anything lately. */
export interface CommandHeads {
  /** The newest first. */
  readonly commands?: readonly CommandHead[];
}

/** Of so many chains a record has room; the newest are told. */
const CHAINS_MAX = 16;
/** A chain of commands is of one day; a gateway that nobody called may not have begun a file for some. */
const DAYS_BACK_MS = 7 * DAY_MS;

/**
 * The ends of the chains of commands in the log's folder, for a gateway to put into its own, which is signed: commands
 * hold no key, and their newest files could be taken away unseen. Those of other users may not be readable: they are
 * left out. What the folder cannot be asked is none: nothing of the gateway's own depends on it.
 */
export async function commandHeads(dir: string, now: Date): Promise<CommandHeads> {
  const since = new Date(now.getTime() - DAYS_BACK_MS).toISOString().slice(0, 10);
  const all = await listLogFiles([dir]).catch(() => []);
  const files = all.filter(({ writer, day }) => isOfCommands(writer) && day >= since);
  const ends = [...byWriter(files)].flatMap(([writer, chain]) => {
    const found = readable(chain.at(-1)?.path ?? '');
    return found === null ? [] : [{ writer, seq: found.seq, head: found.hash, ts: found.ts }];
  });
  const commands = ends
    .sort((a, b) => (a.ts < b.ts ? 1 : -1))
    .slice(0, CHAINS_MAX)
    .map(({ ts: _, ...head }) => head);
  return commands.length === 0 ? {} : { commands };
}

function readable(path: string): ReturnType<typeof lastRecord>['found'] {
  try {
    return lastRecord(path).found;
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return null;
    throw error;
  }
}
