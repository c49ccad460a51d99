import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Io } from '../command.ts';

/** Lines kept, the newest of them. */
const LINES_MAX = 1_000;

/** What was typed into the shell, newest first as `node:readline` wants it. */
export interface ShellHistory {
  readonly lines: string[];
  /** Keeps these lines for the next time, for nobody but this user to read. */
  save(lines: readonly string[]): Promise<void>;
}

/** In the user's state folder (XDG Base Directory Specification); without one nothing is kept. */
export async function openHistory({ environment }: Pick<Io, 'environment'>): Promise<ShellHistory> {
  const { XDG_STATE_HOME: state, HOME: home } = environment;
  const root = state ?? (home === undefined ? undefined : join(home, '.local/state'));
  if (root === undefined || root === '') return { lines: [], save: async () => undefined };
  const path = join(root, 'gatehouse', 'audit-history');
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return { lines: text.split('\n').filter(Boolean).reverse().slice(0, LINES_MAX), save: (lines) => save(path, lines) };
}

async function save(path: string, lines: readonly string[]): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, `${lines.slice(0, LINES_MAX).toReversed().join('\n')}\n`, { mode: 0o600 });
  // The mode above holds for a new file only.
  await chmod(path, 0o600);
}
