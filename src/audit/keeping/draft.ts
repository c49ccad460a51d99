import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** What was begun so long ago was left behind by a command that was ended by force. */
const LEFT_BEHIND_MS = 3_600_000;

/** Where a file is made until it is whole; the underscore keeps table engines, and the log's readers, out. */
function draftsFolder(dir: string): string {
  return join(dir, '_drafts');
}

/**
 * Has `make` write a file, and gives it its name when that succeeds: whole, read-only and on disk. When it fails nothing
 * is left. A file that is there already is replaced.
 */
export async function publish<T>(dir: string, path: string, make: (draft: string) => Promise<T>): Promise<T> {
  await mkdir(draftsFolder(dir), { recursive: true, mode: 0o750 });
  await mkdir(dirname(path), { recursive: true, mode: 0o750 });
  const draft = join(draftsFolder(dir), `${randomBytes(6).toString('hex')}${/\.[a-z]+$/.exec(path)?.[0] ?? ''}`);
  try {
    const made = await make(draft);
    const file = await open(draft, 'r');
    await file
      .chmod(0o440)
      .then(() => file.sync())
      .finally(() => file.close());
    await rename(draft, path);
    await syncFolder(dirname(path));
    return made;
  } finally {
    await rm(draft, { force: true });
  }
}

export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  await folder.sync().finally(() => folder.close());
}

/** Removes what commands that were ended by force have left of their drafts. */
export async function removeOldDrafts(dir: string, now: Date): Promise<void> {
  const folder = draftsFolder(dir);
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  for (const path of names.map((name) => join(folder, name))) {
    if (now.getTime() - (await stat(path)).mtimeMs > LEFT_BEHIND_MS) await rm(path, { force: true });
  }
}
