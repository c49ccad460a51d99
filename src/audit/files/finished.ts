import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { checkpointFile } from '../integrity/checkpoint.ts';
import { byWriter, DAY_MS, type LogFile, listLogFiles } from './log-files.ts';

const OWNER_MAY_WRITE = 0o200;
/** A gateway that runs writes a checkpoint every hour, even when nothing happens. */
const SILENT_MS = DAY_MS;

/** Which part of a log is to be dealt with. */
export interface Age {
  readonly now: Date;
  /** Since the end of a file's day, in milliseconds. */
  readonly olderThanMs: number;
}

/** Whether a day has been over for so long. */
export function isOver(day: string, { now, olderThanMs }: Age): boolean {
  return Date.parse(day) + DAY_MS + olderThanMs <= now.getTime();
}

/** The files of one folder whose day has been over for so long. */
export interface OldFiles {
  /** Nobody writes to these any more. */
  readonly finished: readonly LogFile[];
  /** A gateway may still write to these. */
  readonly open: readonly LogFile[];
}

/**
 * A file is finished when it is sealed or read-only, when its writer has begun another, or when neither it nor its
 * writer's checkpoints have been written to for a day: what a gateway left behind that was ended by force.
 */
export async function oldFiles(dir: string, age: Age): Promise<OldFiles> {
  const finished: LogFile[] = [];
  const open: LogFile[] = [];
  for (const chain of byWriter(await listLogFiles([dir])).values()) {
    for (const file of chain.filter(({ day }) => isOver(day, age))) {
      const done = file.sealed || file !== chain.at(-1) || (await isAtRest(file, age.now));
      (done ? finished : open).push(file);
    }
  }
  return { finished, open };
}

async function isAtRest(file: LogFile, now: Date): Promise<boolean> {
  const { mode, mtimeMs } = await stat(file.path);
  if ((mode & OWNER_MAY_WRITE) === 0) return true;
  const dir = dirname(dirname(file.path));
  const checkpoints = await stat(checkpointFile(dir, file.writer)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return { mtimeMs: 0 };
    throw error;
  });
  return now.getTime() - Math.max(mtimeMs, checkpoints.mtimeMs) > SILENT_MS;
}
