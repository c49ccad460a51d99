import type { Stats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { byWriter, DAY_MS, gatewayOf, type LogFile, NoLog } from './log-files.ts';

/** Which files are asked about. */
export interface Choice {
  /** Only records from this moment on; null for all. */
  readonly since: Date | null;
  /** Only records before this moment; null for all. */
  readonly until: Date | null;
  /** Only the files of these writers, by their whole name or that of their gateway; empty for all. */
  readonly writers: readonly string[];
}

/** A file of the log as it was when it was looked at. */
export interface FoundFile extends LogFile {
  /** Real path: no link is followed after it was looked at. */
  readonly path: string;
  /** May be being written: an unfinished line is no damage. */
  readonly live: boolean;
  /** As it stands on the disk, in bytes. */
  readonly size: number;
}

const OWNER_MAY_WRITE = 0o200;
const AT_ONCE = 32;

/** A record is written after it happened, and hardly a day after: a file holds nothing younger than its day. */
export function isWithin(file: Pick<LogFile, 'day'>, { since, until }: Choice): boolean {
  const begun = Date.parse(file.day);
  return (since === null || begun > since.getTime() - DAY_MS) && (until === null || begun < until.getTime() + DAY_MS);
}

export function isOf({ writer }: Pick<LogFile, 'writer'>, writers: readonly string[]): boolean {
  return writers.length === 0 || writers.some((name) => writer === name || gatewayOf(writer) === name);
}

/**
 * Looks at these of `all` files. One that was sealed since it was listed is found under its new name; one that was
 * removed is left out. Throws `NoLog` for what is not a file, or the file system's error.
 */
export async function lookAt(files: readonly LogFile[], all: readonly LogFile[]): Promise<readonly FoundFile[]> {
  const newest = new Map([...byWriter(all)].map(([writer, chain]) => [writer, chain.at(-1)?.number]));
  const found: FoundFile[] = [];
  for (let at = 0; at < files.length; at += AT_ONCE) {
    const looks = files.slice(at, at + AT_ONCE).map((file) => lookAtOne(file, newest.get(file.writer) === file.number));
    found.push(...(await Promise.all(looks)).flatMap((one) => one ?? []));
  }
  return found;
}

/** A file is finished when it is made read-only, or when its writer has begun another. */
async function lookAtOne(file: LogFile, isNewest: boolean): Promise<FoundFile | null> {
  const found = (await pathAndStats(file.path)) ?? (file.sealed ? null : await pathAndStats(`${file.path}.gz`));
  if (found === null) return null;
  const { path, stats } = found;
  if (!stats.isFile()) throw new NoLog(`${file.path} is not a file`);
  return { ...file, path, size: stats.size, live: isNewest && (stats.mode & OWNER_MAY_WRITE) !== 0 };
}

async function pathAndStats(path: string): Promise<{ readonly path: string; readonly stats: Stats } | null> {
  try {
    const real = await realpath(path);
    return { path: real, stats: await stat(real) };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
