import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link, open, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** What to write once. */
export interface NewFile {
  readonly path: string;
  readonly text: string;
  /** Permission bits. */
  readonly mode: number;
}

/** Mounts without hard links say one of these. */
const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/**
 * Makes a file that is complete and on disk from the moment it has its name. One that is there already is left as it
 * is, and the answer is `there`: of two who make it at once, both go on with the first.
 */
export async function createFile({ path, text, mode }: NewFile): Promise<'made' | 'there'> {
  const draft = join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}`);
  const file = await open(draft, 'wx', mode);
  try {
    await file.writeFile(text);
    await file.sync();
    const made = await name(draft, path);
    const folder = await open(dirname(path));
    await folder.sync().finally(() => folder.close());
    return made;
  } finally {
    await file.close();
    await unlink(draft);
  }
}

async function name(draft: string, path: string): Promise<'made' | 'there'> {
  try {
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (!NO_LINKS.has(error.code ?? '')) throw error;
      return copyFile(draft, path, constants.COPYFILE_EXCL);
    });
    return 'made';
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return 'there';
    throw error;
  }
}
