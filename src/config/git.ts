import { lstat, readFile, realpath } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/** The commit checked out around a folder (40 or 64 hex digits), read from git's files without running git; else null. */
export async function readCommit(folder: string): Promise<string | null> {
  const git = await findGit(await realpath(folder).catch(() => folder));
  if (git === null) return null;
  const shared = await text(join(git, 'commondir'));
  const common = shared === null ? git : resolve(git, shared);
  let name = 'HEAD';
  for (let hop = 0; hop < 5; hop += 1) {
    const value = (await text(join(git, name))) ?? (await text(join(common, name))) ?? (await packed(common, name));
    if (value === null || !value.startsWith('ref: ')) return isCommit(value) ? value : null;
    name = value.slice('ref: '.length);
    if (name.split('/').includes('..')) return null;
  }
  return null;
}

/** Whether git is writing the working tree around a folder just now. */
export async function isGitBusy(folder: string): Promise<boolean> {
  const git = await findGit(await realpath(folder).catch(() => folder));
  if (git === null) return false;
  return (await lstat(join(git, 'index.lock')).catch(() => null)) !== null;
}

/** The git directory of the nearest working tree upwards; in linked worktrees and submodules `.git` is a file naming it. */
async function findGit(folder: string): Promise<string | null> {
  const candidate = join(folder, '.git');
  const info = await lstat(candidate).catch(() => null);
  if (info?.isDirectory()) return candidate;
  if (info?.isFile()) {
    const pointer = await text(candidate);
    return pointer?.startsWith('gitdir: ') ? resolve(folder, pointer.slice('gitdir: '.length)) : null;
  }
  const parent = dirname(folder);
  return parent === folder ? null : findGit(parent);
}

async function packed(common: string, name: string): Promise<string | null> {
  const refs = (await text(join(common, 'packed-refs')))?.split('\n') ?? [];
  return refs.find((line) => line.endsWith(` ${name}`))?.split(' ')[0] ?? null;
}

function isCommit(value: string | null): boolean {
  return value !== null && /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(value);
}

/** A small file's trimmed text, or null when it cannot be read: git's layout varies, and a commit is only information. */
async function text(path: string): Promise<string | null> {
  return readFile(path, 'utf8').then(
    (content) => content.trim(),
    () => null,
  );
}
