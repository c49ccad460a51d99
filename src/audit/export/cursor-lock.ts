import { randomBytes } from 'node:crypto';
import { readdir, readFile, readlink, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { createFile } from '../write/create-file.ts';

/** A cursor that cannot be used: another export uses it, or its file holds something else. */
export class CursorRefused extends Error {
  override readonly name = 'CursorRefused';
  readonly code = 'audit_cursor_refused';
}

/** A cursor held by this process alone. */
export interface CursorLock {
  /** Says that this process still holds it. Throws `CursorRefused` when it was taken for gone, and another went on. */
  renew(): Promise<void>;
  release(): Promise<void>;
}

/** Who holds a cursor, as its lock says. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** What numbers processes on that host: containers of one pod share its name, and not their processes. */
  readonly space: string;
  /** When the process began, so that another that got its number is not taken for it. Both are empty without `/proc`. */
  readonly start: string;
}

/** A process that cannot be asked about, on another host or in another container, is gone when it was silent so long. */
const SILENT_MS = 60_000;

/**
 * Every export lays down a lock of its own and then looks for those of others. So of two that begin at once neither
 * misses the other, and what a killed one left is cleared away without taking the lock of one that lives.
 * Throws `CursorRefused` when another export holds the cursor, or the file system's error.
 */
export async function lockCursor(path: string): Promise<CursorLock> {
  const own = `${path}.lock-${randomBytes(4).toString('hex')}`;
  const holder: Holder = {
    pid: process.pid,
    host: hostname(),
    space: await spaceHere(),
    start: await startOf(process.pid),
  };
  const release = (): Promise<void> => rm(own, { force: true });
  await createFile({ path: own, text: JSON.stringify(holder), mode: 0o600 });
  try {
    for (const lock of await locksOf(path)) if (lock !== own) await clearAway({ path, lock, self: holder });
  } catch (error) {
    await release();
    throw error;
  }
  return { renew, release };

  async function renew(): Promise<void> {
    const now = new Date();
    await utimes(own, now, now).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'ENOENT') throw cause;
      throw new CursorRefused(`another export went on with ${path} while this one stood still`, { cause });
    });
  }
}

async function locksOf(path: string): Promise<readonly string[]> {
  const names = await readdir(dirname(path));
  return names.filter((name) => name.startsWith(`${basename(path)}.lock-`)).map((name) => join(dirname(path), name));
}

/** Throws `CursorRefused` when its holder lives. */
async function clearAway(found: {
  readonly path: string;
  readonly lock: string;
  readonly self: Holder;
}): Promise<void> {
  const { path, lock, self } = found;
  const read = await Promise.all([readFile(lock, 'utf8'), stat(lock)]).catch(unlessGone);
  if (read === null) return;
  const holder = readHolder(read[0]);
  if (await isHeld(holder, { self, silentMs: Date.now() - read[1].mtimeMs })) {
    const who = `process ${holder.pid}${holder.host === self.host ? '' : ` on ${holder.host}`}`;
    const mend = `end that export first, or name another cursor; if that process is no export, remove ${lock}`;
    throw new CursorRefused(`${path} is in use by ${who}: ${mend}`);
  }
  await rm(lock, { force: true });
}

/** Where a lock cannot be laid down in one step it may be read half: who holds it will be known when it is whole. */
function readHolder(text: string): Holder {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return { pid: 0, host: 'an unknown host', space: '', start: '' };
    throw error;
  }
}

async function isHeld(holder: Holder, { self, silentMs }: { self: Holder; silentMs: number }): Promise<boolean> {
  if (holder.host !== self.host || holder.space !== self.space) return silentMs < SILENT_MS;
  // Of processes of other people a system may tell nothing but that they are there.
  const start = await startOf(holder.pid);
  return lives(holder.pid) && (start === '' || start === holder.start);
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // A process of somebody else is there, too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function spaceHere(): Promise<string> {
  return (await readlink('/proc/self/ns/pid').catch(unlessGone)) ?? '';
}

/** Field 22 of proc_pid_stat(5), counted from behind the name, which may hold spaces and brackets. */
async function startOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(unlessGone);
  return text?.slice(text.lastIndexOf(')')).split(' ')[20] ?? '';
}

function unlessGone(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ESRCH') return null;
  throw error;
}
