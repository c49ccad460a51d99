import { dirname, join, relative, sep } from 'node:path';
import { isHidden, purposeOf, tellMisnamed, tellStray } from './file-purpose.ts';
import { createFindings, type Findings } from './findings.ts';
import { type Git, GitError } from './git-command.ts';
import type { ReadFiles } from './load.ts';
import type { ReadFile } from './read.ts';
import { fileBytesMax, lockBytesMax } from './scan.ts';
import { filesMax } from './survey.ts';

/** Of all files together. */
const treeBytesMax = 512 * 1024 * 1024;
/** Of the names below the policy folder. */
const listingBytesMax = 64 * 1024 * 1024;
const lineBytesMax = 4_096;

/** What to read of a repository. */
export interface GitTreeParts {
  readonly git: Git;
  /** Object name of the commit, hex. */
  readonly commit: string;
  /** Absolute path of the working tree, which need not hold the files. */
  readonly root: string;
  /** Absolute path of the configuration file in it. */
  readonly config: string;
  /** Finds the absolute policy folder in the configuration file's bytes. */
  readonly policiesOf: (bytes: Buffer) => string | null;
}

/** The object name (hex) of the commit that a revision means; null when there is none. */
export async function resolveCommit(git: Git, revision: string): Promise<string | null> {
  if (revision.startsWith('-') || revision.includes('\0')) return null;
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`];
  return line(await git({ args, bytesMax: lineBytesMax }));
}

/** The commit from which two have parted; null when their history has no such commit, or a shallow clone lacks it. */
export async function findMergeBase(git: Git, one: string, other: string): Promise<string | null> {
  return line(await git({ args: ['merge-base', one, other], bytesMax: lineBytesMax }));
}

/** The newest commit before a moment in the line of HEAD, as merges to it were made; null when none is that old. */
export async function findCommitBefore(git: Git, moment: Date): Promise<string | null> {
  const args = ['rev-list', '-1', '--first-parent', `--before=${moment.toISOString()}`, 'HEAD', '--'];
  return line(await git({ args, bytesMax: lineBytesMax })) || null;
}

/** Absolute path of the working tree around the folder git was started in. */
export async function findRoot(git: Git): Promise<string | null> {
  return line(await git({ args: ['rev-parse', '--show-toplevel'], bytesMax: lineBytesMax }));
}

function line(answer: Buffer | null): string | null {
  return answer?.toString('utf8').replace(/\n$/, '') ?? null;
}

/**
 * What `readTree` would read were the commit checked out; null when it holds no configuration file. A symbolic link or
 * a submodule where a file is expected is an error: what it leads to is not part of the commit.
 */
export async function readGitTree({ policiesOf, ...reading }: GitTreeParts): Promise<ReadFiles | null> {
  const { config } = reading;
  const findings = createFindings();
  const [entry] = await list(reading, config, []);
  if (entry === undefined) return null;
  const gateway = await readEntries([{ entry, kind: 'gateway' }], { ...reading, findings });
  const policies = gateway[0] === undefined ? null : policiesOf(gateway[0].bytes);
  if (policies === null) return { files: gateway, roots: { config, policies }, problems: findings.problems };
  const chosen = choose(await listFolder(policies, { ...reading, findings }), policies, { ...reading, findings });
  const files = await readEntries(chosen, { ...reading, findings });
  return { files: [...gateway, ...files], roots: { config, policies }, problems: findings.problems };
}

interface Reading extends Omit<GitTreeParts, 'policiesOf'> {
  readonly findings: Findings;
}

interface Entry {
  readonly mode: string;
  readonly object: string;
  /** In bytes; zero for what is no file. */
  readonly size: number;
  /** Absolute, as if checked out. */
  readonly path: string;
}

interface Chosen {
  readonly entry: Entry;
  readonly kind: ReadFile['kind'];
}

async function list(
  { git, commit, root }: Pick<Reading, 'git' | 'commit' | 'root'>,
  path: string,
  options: readonly string[],
): Promise<readonly Entry[]> {
  const inside = relative(root, path).split(sep).join('/');
  const paths = inside === '' ? [] : [inside];
  const args = ['ls-tree', '-l', '-z', '--full-tree', ...options, commit, '--', ...paths];
  const answer = await git({ args, bytesMax: listingBytesMax });
  const lines = answer?.toString('utf8').split('\0') ?? [];
  return lines.flatMap((text) => {
    const [, mode = '', object = '', size = '', name = ''] = /^(\d+) \w+ (\w+) +(\S+)\t(.*)$/s.exec(text) ?? [];
    return name === '' ? [] : [{ mode, object, size: Number(size) || 0, path: join(root, name) }];
  });
}

/** Everything below the policy folder, in the order of a walk through it. */
async function listFolder(policies: string, reading: Reading): Promise<readonly Entry[]> {
  const { root, findings } = reading;
  const name = nameOf(policies, reading);
  const at = { file: name, line: 1, col: 1 } as const;
  const isInside = policies === root || policies.startsWith(`${root}${sep}`);
  if (!isInside) {
    findings.error('GH002', at, 'expected a policy folder inside the repository, found one outside');
    return [];
  }
  const entries = await list(reading, policies, ['-r']);
  const whole = entries.find(({ path }) => path === policies);
  if (entries.length > 0 && whole === undefined) return [...entries].sort(inWalkOrder);
  findings.error('GH002', at, {
    message: `expected a folder of policy files, found ${whole === undefined ? 'nothing' : wordFor(whole)}`,
    hint: 'create it, or name another one in gateway.policies',
  });
  return [];
}

function inWalkOrder({ path: a }: Entry, { path: b }: Entry): number {
  // A folder's files come before those of a folder whose name goes on where its own ends.
  const [one, other] = [a.replaceAll(sep, '\0'), b.replaceAll(sep, '\0')];
  return one === other ? 0 : one < other ? -1 : 1;
}

/** Which of the entries `survey` would read, as what. */
function choose(entries: readonly Entry[], policies: string, reading: Reading): readonly Chosen[] {
  const lock = join(policies, 'lock');
  const told = new Set<string>();
  return entries.flatMap((entry): readonly Chosen[] => {
    const steps = relative(policies, entry.path).split(sep);
    if (steps.some(isHidden)) return [];
    if (!entry.path.startsWith(`${lock}${sep}`)) return choosePolicy(entry, reading);
    const [, name = '', ...below] = steps;
    if (name.endsWith('.json') && below.length === 0) return [{ entry, kind: 'lock' }];
    if (!told.has(name)) tellStray(nameOf(join(lock, name), reading), reading.findings);
    told.add(name);
    return [];
  });
}

function choosePolicy(entry: Entry, reading: Reading): readonly Chosen[] {
  // What is no file may lead to a folder of policies: what that holds must not vanish without a word.
  const purpose = isFile(entry) ? purposeOf(entry.path) : 'policy';
  if (purpose === 'misnamed') tellMisnamed(nameOf(entry.path, reading), reading.findings);
  return purpose === 'policy' ? [{ entry, kind: 'policy' }] : [];
}

function isFile({ mode }: Entry): boolean {
  return mode.startsWith('100');
}

function wordFor({ mode }: Entry): string {
  if (mode === '120000') return 'a symbolic link';
  if (mode === '160000') return 'a submodule';
  return mode.startsWith('100') ? 'a file' : 'a folder';
}

async function readEntries(chosen: readonly Chosen[], reading: Reading): Promise<readonly ReadFile[]> {
  const files = chosen.filter(({ entry }) => isFile(entry));
  for (const { entry } of chosen.filter((one) => !files.includes(one))) {
    const at = { file: nameOf(entry.path, reading), line: 1, col: 1 };
    reading.findings.error('GH003', at, {
      message: `expected a regular file, found ${wordFor(entry)}`,
      hint: 'commit the files themselves: what this leads to is not part of the commit',
    });
  }
  const kept = withinBounds(files, reading);
  const fitting = kept.filter(({ entry, kind }) => entry.size <= bytesMaxOf(kind)).map(({ entry }) => entry);
  const contents = await readObjects(fitting, reading);
  return kept.map(({ entry, kind }) => {
    const bytes = contents.get(entry.object) ?? Buffer.alloc(bytesMaxOf(kind) + 1);
    return { name: nameOf(entry.path, reading), path: entry.path, kind, bytes };
  });
}

function withinBounds(files: readonly Chosen[], reading: Reading): readonly Chosen[] {
  let bytes = 0;
  const over = files.findIndex(({ entry }, index) => {
    bytes += entry.size;
    return index >= filesMax || bytes > treeBytesMax;
  });
  const first = files[over];
  if (first === undefined) return files;
  const message = `expected at most ${filesMax} files of ${treeBytesMax / 1024 / 1024} MiB in all`;
  reading.findings.error('GH007', { file: nameOf(first.entry.path, reading), line: 1, col: 1 }, message);
  return files.slice(0, over);
}

function bytesMaxOf(kind: ReadFile['kind']): number {
  return kind === 'lock' ? lockBytesMax : fileBytesMax;
}

/** The contents by object name, as `git cat-file --batch` answers: `<object> blob <size>`, the bytes, a line break. */
async function readObjects(entries: readonly Entry[], { git }: Reading): Promise<ReadonlyMap<string, Buffer>> {
  if (entries.length === 0) return new Map();
  const objects = [...new Map(entries.map((entry) => [entry.object, entry])).values()];
  const bytesMax = objects.reduce((sum, { size }) => sum + size + lineBytesMax, 0);
  const lines = objects.map(({ object }) => object);
  const answer = (await git({ args: ['cat-file', '--batch'], lines, bytesMax })) ?? Buffer.alloc(0);
  const contents = new Map<string, Buffer>();
  let offset = 0;
  for (const { object, size } of objects) {
    const head = answer.indexOf('\n', offset) + 1;
    if (answer.toString('latin1', offset, head) !== `${object} blob ${size}\n`) {
      throw new GitError('failed', 'a file of the commit has not been fetched, as in a partial clone');
    }
    contents.set(object, answer.subarray(head, head + size));
    offset = head + size + 1;
  }
  return contents;
}

function nameOf(path: string, { config }: Pick<Reading, 'config'>): string {
  return relative(dirname(config), path).split(sep).join('/');
}
