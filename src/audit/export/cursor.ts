import { randomBytes } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CursorRefused, lockCursor } from './cursor-lock.ts';

/** How far a writer was handed out: all files before this one, and so much of it. */
export interface Position {
  /** UTC day of the file's folder, `YYYY-MM-DD`. */
  readonly day: string;
  /** Of the file, within the writer. */
  readonly number: number;
  /** Of the file as it was written: what is before was handed out. */
  readonly byte: number;
  /** Of the last record before that; 0 without one. */
  readonly seq: number;
}

/** By writer. */
export type Cursor = ReadonlyMap<string, Position>;

const VERSION = 1;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Where a cursor is kept from run to run. Nobody else uses it until it is closed. */
export interface CursorFile {
  /** As it was when it was opened; empty while there is no such file. */
  readonly cursor: Cursor;
  /** Replaces the file as a whole, unless it says the same already; only its owner may read it. */
  save(cursor: Cursor): Promise<void>;
  close(): Promise<void>;
}

/** Throws `CursorRefused`, or the file system's error; so does `save`. */
export async function openCursorFile(path: string): Promise<CursorFile> {
  const lock = await lockCursor(path);
  let kept: string | null;
  let cursor: Cursor;
  try {
    kept = await readKept(path);
    cursor = kept === null ? new Map() : parse(path, kept);
  } catch (error) {
    await lock.release();
    throw error;
  }
  return { cursor, save, close: lock.release };

  async function save(next: Cursor): Promise<void> {
    await lock.renew();
    const text = `${JSON.stringify({ version: VERSION, writers: Object.fromEntries(next) }, null, 1)}\n`;
    if (text === kept) return;
    await replace(path, text);
    kept = text;
  }
}

async function readKept(path: string): Promise<string | null> {
  return await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}

/** After a crash the file is the old one or the new one. */
async function replace(path: string, text: string): Promise<void> {
  const draft = join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}`);
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
    await rename(draft, path);
  } finally {
    await file.close();
    await rm(draft, { force: true });
  }
}

function parse(path: string, text: string): Cursor {
  const cursor = parseCursor(text);
  if (cursor !== null) return cursor;
  const mend = 'name another file, or move it away: then everything is handed out again';
  throw new CursorRefused(`${path} is not a cursor of gatehouse audit export: ${mend}`);
}

function parseCursor(text: string): Cursor | null {
  try {
    const { version, writers }: { readonly version?: unknown; readonly writers?: unknown } = JSON.parse(text);
    if (version !== VERSION || typeof writers !== 'object' || writers === null) return null;
    const entries = Object.entries(writers).map(([writer, value]) => [writer, positionOf(value)] as const);
    return entries.every(isKnown) ? new Map(entries) : null;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return null;
    throw error;
  }
}

function isKnown<T>(entry: readonly [string, T | null]): entry is readonly [string, T] {
  return entry[1] !== null;
}

/** Throws `TypeError` for what has no members. */
function positionOf(value: Partial<Record<keyof Position, unknown>>): Position | null {
  const { day, number, byte, seq } = value;
  if (typeof day !== 'string' || !DAY.test(day)) return null;
  return isCount(number) && isCount(byte) && isCount(seq) ? { day, number, byte, seq } : null;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
