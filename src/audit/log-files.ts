import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** One file of the log. Its name says all of this; nothing is read. */
export interface LogFile {
  readonly path: string;
  /** UTC day it was begun on, `YYYY-MM-DD`. */
  readonly day: string;
  readonly writer: string;
  /** Counts from 1 within the writer. */
  readonly number: number;
}

const DAY = /^dt=(\d{4}-\d{2}-\d{2})$/;
const NAME = /^(.+-[0-9a-f]{8})-(\d{6,})\.jsonl$/;

/** Every file of the logs in these folders, by writer and then in the order written. A missing folder holds none. */
export async function listLogFiles(dirs: readonly string[]): Promise<readonly LogFile[]> {
  const found = await Promise.all(dirs.map(listOne));
  return found.flat().sort((a, b) => compare(a.writer, b.writer) || a.number - b.number || compare(a.path, b.path));
}

/** Where a file is begun. */
export function logFilePath(dir: string, file: Omit<LogFile, 'path'>): string {
  return join(dir, `dt=${file.day}`, `${file.writer}-${String(file.number).padStart(6, '0')}.jsonl`);
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
  const days = (await namesIn(dir)).flatMap((name) => DAY.exec(name)?.[1] ?? []);
  const files = days.map(async (day) => {
    const folder = join(dir, `dt=${day}`);
    return (await namesIn(folder)).flatMap((name) => parse(folder, day, name));
  });
  return (await Promise.all(files)).flat();
}

function parse(folder: string, day: string, name: string): LogFile[] {
  const [, writer, number] = NAME.exec(name) ?? [];
  if (writer === undefined || number === undefined) return [];
  return [{ path: join(folder, name), day, writer, number: Number(number) }];
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
