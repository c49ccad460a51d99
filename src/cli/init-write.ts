import { appendFile, mkdir, readFile, rmdir, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { StarterFile } from './init-files.ts';

export interface Destination {
  /** Absolute. */
  readonly folder: string;
  /** A line for .gitignore. */
  readonly ignored: string;
}

/**
 * All of them or none: what was written before one failed is taken away again, with the folders made for it. A file
 * that exists is a failure. Resolves to what was written, as a person reads it; rejects with the file system's error.
 */
export async function writeAll(files: readonly StarterFile[], destination: Destination): Promise<readonly string[]> {
  const made: (() => Promise<void>)[] = [];
  try {
    for (const { path, text } of files) {
      const whole = join(destination.folder, path);
      for (const parent of await missing(dirname(whole))) {
        await mkdir(parent);
        made.push(() => rmdir(parent));
      }
      await writeFile(whole, text, { flag: 'wx' });
      made.push(() => unlink(whole));
    }
    return [...files.map(({ path }) => path), ...(await ignore(destination))];
  } catch (error) {
    for (const undo of made.reverse()) await undo();
    throw error;
  }
}

/** The folders on the way that do not exist, the outermost first. */
async function missing(folder: string): Promise<readonly string[]> {
  if (await exists(folder)) return [];
  return [...(await missing(dirname(folder))), folder];
}

/** Adds the line to .gitignore unless it is there. */
async function ignore({ folder, ignored }: Destination): Promise<readonly string[]> {
  const path = join(folder, '.gitignore');
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  if (text.split(/\r?\n/).includes(ignored)) return [];
  await appendFile(path, `${text === '' || text.endsWith('\n') ? '' : '\n'}${ignored}\n`);
  return [`.gitignore (${ignored})`];
}

/** Whether something is there; what cannot be looked at is. */
export function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT' && error.code !== 'ENOTDIR',
  );
}
