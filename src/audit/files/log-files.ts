import { readdir, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** There is no log that may be read: no folder holds a file of one, or what has its name is not one. */
export class NoLog extends Error {
  override readonly name = 'NoLog';
  readonly code = 'audit_no_log';
}

/** One file of the log. Its name says all of this; nothing is read. */
export interface LogFile {
  readonly path: string;
  /** As it was begun: without folder, and without the `.gz` of a sealed one. */
  readonly name: string;
  /** It is compressed, and nobody writes to it. */
  readonly sealed: boolean;
  /** UTC day it was begun on, `YYYY-MM-DD`. */
  readonly day: string;
  readonly writer: string;
  /** Counts from 1 within the writer. */
  readonly number: number;
}

/** A day of the log. */
export const DAY_MS = 86_400_000;
const DAY_PREFIX = 'dt=';
const DAY = /^dt=\d{4}-\d{2}-\d{2}$/;
const NAME = /^(.+-[0-9a-f]{8})-(\d{6,})\.jsonl(\.gz)?$/;
const SEALED = /\.gz$/;

/**
 * Every file of the logs in these folders, by writer and then in the order written. A missing folder holds none. Of a
 * file that is just being sealed the original counts, as long as it is there. Throws `NoLog` for a link out of the log's
 * folder: what it leads to is somebody else's.
 */
export async function listLogFiles(dirs: readonly string[]): Promise<readonly LogFile[]> {
  const found = await Promise.all(dirs.map(listOne));
  return found.flat().sort((a, b) => compare(a.writer, b.writer) || a.number - b.number || compare(a.path, b.path));
}

/** Where a file is begun. */
export function logFilePath(dir: string, file: Pick<LogFile, 'day' | 'writer' | 'number'>): string {
  return join(dir, `dt=${file.day}`, logFileName(file.writer, file.number));
}

export function logFileName(writer: string, number: number): string {
  return `${writer}-${String(number).padStart(6, '0')}.jsonl`;
}

/** Whose file is called so; empty for what is no name of a log file. */
export function writerOf(name: string): string {
  return NAME.exec(name)?.[1] ?? '';
}

/** `name-1a2b3c4d` → `name`: what the writers of one gateway have in common. */
export function gatewayOf(writer: string): string {
  return writer.slice(0, -9);
}

/** The files of each writer, in order. */
export function byWriter(files: readonly LogFile[]): ReadonlyMap<string, readonly LogFile[]> {
  const chains = new Map<string, LogFile[]>();
  for (const file of files) {
    const chain = chains.get(file.writer);
    if (chain === undefined) chains.set(file.writer, [file]);
    else chain.push(file);
  }
  return chains;
}

async function listOne(dir: string): Promise<LogFile[]> {
  const days = await namesIn(dir, dir, DAY);
  const files = days.map(async (name) => {
    const folder = join(dir, name);
    const names = await namesIn(folder, dir, NAME);
    const originals = new Set(names);
    return names
      .map((file) => parse(folder, name, file))
      .filter(({ sealed, name: original }) => !(sealed && originals.has(original)));
  });
  return (await Promise.all(files)).flat();
}

/** `day` and `name` match their patterns. */
function parse(folder: string, day: string, name: string): LogFile {
  const [, writer = '', number = '', suffix] = NAME.exec(name) ?? [];
  const own = { path: join(folder, name), name: name.replace(SEALED, ''), sealed: suffix !== undefined };
  return { ...own, day: day.slice(DAY_PREFIX.length), writer, number: Number(number) };
}

/** The names in a folder of the log `dir` that match. */
async function namesIn(folder: string, dir: string, pattern: RegExp): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const matching = entries.filter(({ name }) => pattern.test(name));
  for (const entry of matching.filter((one) => one.isSymbolicLink()))
    await refuseLinkOut(join(folder, entry.name), dir);
  return matching.map(({ name }) => name);
}

/** One that leads nowhere leads out as well. */
async function refuseLinkOut(link: string, dir: string): Promise<void> {
  const target = await realpath(link).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ELOOP') return '';
    throw error;
  });
  if (target.startsWith((await realpath(dir)) + sep)) return;
  throw new NoLog(`${link} is a link out of the log's folder: it is not read; put there what it leads to`);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
