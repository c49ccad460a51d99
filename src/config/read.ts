import { hash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { createFindings } from './findings.ts';
import type { Problem } from './problem.ts';
import { fileBytesMax, lockBytesMax } from './scan.ts';
import { type Roots, type SurveyedFile, survey, type WatchPlan } from './survey.ts';
import { type HashedFile, treeHash } from './tree-hash.ts';

const attemptsMax = 20;
const attemptPauseMs = 50;
/** Files read at a time. */
const readingsMax = 16;

export interface ReadFile extends SurveyedFile {
  /** At most one byte more than a file may have. */
  readonly bytes: Buffer;
}

/** Every file of one moment. The configuration file comes first unless it could not be read. */
export interface Tree<T> {
  /** What was made of each. */
  readonly files: readonly T[];
  readonly roots: Roots;
  readonly fingerprint: string;
  /** SHA-256 over the name and the SHA-256 of the bytes of every file, hex. */
  readonly hash: string;
  readonly watch: WatchPlan;
  readonly problems: readonly Problem[];
}

export interface ReadParts<T> {
  /** Makes of a file what is kept, so that the bytes of all need not be. `digest` is their SHA-256, hex. */
  readonly take: (file: ReadFile, digest: string) => T;
  /** The absolute policy folder that the configuration file names; null when that cannot be told. */
  readonly policiesOf: (config: T) => string | null;
}

/**
 * Reads the whole tree and looks at it before and after; a difference means that somebody is writing, so it reads
 * again.
 */
export async function readTree<T extends { readonly name: string }>(
  config: string,
  parts: ReadParts<T>,
): Promise<Tree<T>> {
  let tree = await readOnce({ config, policies: null }, parts);
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const policies = folderIn(tree, parts);
    const { fingerprint } = await survey(tree.roots);
    if (fingerprint !== tree.fingerprint) await sleep(attemptPauseMs);
    else if (policies === tree.roots.policies) return tree;
    tree = await readOnce({ config, policies }, parts);
  }
  const findings = createFindings();
  findings.error(
    'GH004',
    { file: tree.files[0]?.name ?? config, line: 1, col: 1 },
    'files kept changing while being read',
  );
  return { ...tree, problems: [...tree.problems, ...findings.problems] };
}

function folderIn<T extends { readonly name: string }>(
  { files, problems }: Tree<T>,
  { policiesOf }: ReadParts<T>,
): string | null {
  const first = files[0];
  return first === undefined || problems.some(({ at }) => at.file === first.name) ? null : policiesOf(first);
}

async function readOnce<T>(roots: Roots, { take }: ReadParts<T>): Promise<Tree<T>> {
  const { fingerprint, files: found, watch, problems } = await survey(roots);
  const findings = createFindings();
  const files: T[] = [];
  const hashed: HashedFile[] = [];
  for (let next = 0; next < found.length; next += readingsMax) {
    const group = found.slice(next, next + readingsMax);
    for (const [index, bytes] of (await Promise.all(group.map(readFile))).entries()) {
      const file = group[index];
      if (file === undefined) continue;
      if (!Buffer.isBuffer(bytes)) {
        findings.error('GH001', { file: file.name, line: 1, col: 1 }, `cannot read the file (${bytes.code})`);
        continue;
      }
      const digest = hash('sha256', bytes);
      files.push(take({ ...file, bytes }, digest));
      hashed.push({ name: file.name, digest });
    }
  }
  return { files, roots, fingerprint, hash: treeHash(hashed), watch, problems: [...problems, ...findings.problems] };
}

function readFile({ path, kind }: SurveyedFile): Promise<Buffer | NodeJS.ErrnoException> {
  return readCapped(path, kind === 'lock' ? lockBytesMax : fileBytesMax).catch((error: NodeJS.ErrnoException) => error);
}

/** Never waits: a pipe put in the file's place since it was looked at is opened without blocking and reads as empty. */
async function readCapped(path: string, bytesMax: number): Promise<Buffer> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const buffer = Buffer.alloc(Math.min((await handle.stat()).size, bytesMax) + 1);
    let filled = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled);
      filled += bytesRead;
      if (bytesRead === 0 || filled === buffer.length) return buffer.subarray(0, filled);
    }
  } finally {
    await handle.close();
  }
}
