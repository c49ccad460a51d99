import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { createFindings } from './findings.ts';
import type { Problem } from './problem.ts';
import { fileBytesMax, lockBytesMax } from './scan.ts';
import { type Roots, type SurveyedFile, survey, type WatchPlan } from './survey.ts';

const attemptsMax = 20;
const attemptPauseMs = 50;

export interface ReadFile extends SurveyedFile {
  /** At most one byte more than a file may have. */
  readonly bytes: Buffer;
}

/** Every file of one moment. The configuration file comes first unless it could not be read. */
export interface Tree {
  readonly files: readonly ReadFile[];
  readonly roots: Roots;
  readonly fingerprint: string;
  /** SHA-256 over the name and bytes of every file, hex. */
  readonly hash: string;
  readonly watch: WatchPlan;
  readonly problems: readonly Problem[];
}

/**
 * Reads the whole tree and looks at it before and after; a difference means that somebody is writing, so it reads
 * again. `policiesOf` finds the absolute policy folder in the configuration file's bytes.
 */
export async function readTree(config: string, policiesOf: (bytes: Buffer) => string | null): Promise<Tree> {
  let tree = await readOnce({ config, policies: null });
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const policies = folderIn(tree, policiesOf);
    const { fingerprint } = await survey(tree.roots);
    if (fingerprint !== tree.fingerprint) await sleep(attemptPauseMs);
    else if (policies === tree.roots.policies) return tree;
    tree = await readOnce({ config, policies });
  }
  const findings = createFindings();
  findings.error(
    'GH004',
    { file: tree.files[0]?.name ?? config, line: 1, col: 1 },
    'files kept changing while being read',
  );
  return { ...tree, problems: [...tree.problems, ...findings.problems] };
}

function folderIn({ files, problems }: Tree, policiesOf: (bytes: Buffer) => string | null): string | null {
  const first = files[0];
  return first === undefined || problems.some(({ at }) => at.file === first.name) ? null : policiesOf(first.bytes);
}

async function readOnce(roots: Roots): Promise<Tree> {
  const { fingerprint, files: found, watch, problems } = await survey(roots);
  const findings = createFindings();
  const files: ReadFile[] = [];
  const hash = createHash('sha256');
  for (const file of found) {
    const bytesMax = file.kind === 'lock' ? lockBytesMax : fileBytesMax;
    const bytes = await readCapped(file.path, bytesMax).catch((error: NodeJS.ErrnoException) => {
      findings.error('GH001', { file: file.name, line: 1, col: 1 }, `cannot read the file (${error.code})`);
      return null;
    });
    if (bytes === null) continue;
    files.push({ ...file, bytes });
    hash.update(`${file.name}\0${bytes.length}\0`).update(bytes);
  }
  return { files, roots, fingerprint, hash: hash.digest('hex'), watch, problems: [...problems, ...findings.problems] };
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
