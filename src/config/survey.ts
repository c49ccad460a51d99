import type { BigIntStats } from 'node:fs';
import { lstat, readdir, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, parse, relative, sep } from 'node:path';
import { isHidden, purposeOf, tellMisnamed, tellStray } from './file-purpose.ts';
import { createFindings, type Findings } from './findings.ts';
import type { Problem } from './problem.ts';

/** More files than a policy needs are refused. */
export const filesMax: number = 10_000;
const linksMax = 40;
/** Entries of a folder looked at at a time. */
const looksMax = 32;

/** A file to read. */
export interface SurveyedFile {
  /** Relative to the folder of the configuration file, with `/`: what problems and audit records show. */
  readonly name: string;
  readonly path: string;
  readonly kind: 'gateway' | 'policy' | 'lock';
}

/** What a watcher must look at to see every change of the surveyed files. */
export interface WatchPlan {
  /** Real folders all of whose visible entries matter, each with its inode. */
  readonly folders: ReadonlyMap<string, string>;
  /** Single entries that matter in folders that otherwise do not: the roots, their folders, every symbolic link on the way. */
  readonly entries: ReadonlySet<string>;
}

/** The state of a tree without its contents. */
export interface Survey {
  /** Equal fingerprints mean that no file was added, removed, replaced or written in between. */
  readonly fingerprint: string;
  readonly files: readonly SurveyedFile[];
  readonly watch: WatchPlan;
  readonly problems: readonly Problem[];
}

/** The configuration file and, unless it cannot be known yet, the policy folder; both absolute. */
export interface Roots {
  readonly config: string;
  readonly policies: string | null;
}

/** Looks at every file through its links: real path, inode, size, times. */
export async function survey(roots: Roots): Promise<Survey> {
  const walk: Walk = {
    base: dirname(roots.config),
    lock: join(roots.policies ?? '', 'lock'),
    stamps: [],
    files: [],
    folders: new Map(),
    entries: new Set(),
    findings: createFindings(),
  };
  await trace(roots.config, walk);
  visit({ path: roots.config, ...(await lookThrough(roots.config)) }, 'gateway', walk);
  if (roots.policies !== null) {
    await trace(roots.policies, walk);
    await visitRoot(roots.policies, walk);
  }
  const { stamps, files, folders, entries, findings } = walk;
  return { fingerprint: stamps.join('\n'), files, watch: { folders, entries }, problems: findings.problems };
}

interface Walk {
  readonly base: string;
  readonly lock: string;
  readonly stamps: string[];
  readonly files: SurveyedFile[];
  readonly folders: Map<string, string>;
  readonly entries: Set<string>;
  readonly findings: Findings;
}

async function visitRoot(path: string, walk: Walk): Promise<void> {
  const info = await look(path);
  if (info?.isDirectory()) return visitFolder(path, walk);
  walk.stamps.push(`${path} ${info === null ? 'absent' : 'no folder'}`);
  walk.findings.error('GH002', start(nameOf(path, walk)), {
    message: `expected a folder of policy files, found ${info === null ? 'nothing' : 'something else'}`,
    hint: 'create it, or name another one in gateway.policies',
  });
}

async function visitFolder(path: string, walk: Walk): Promise<void> {
  const real = await realpath(path).catch(() => path);
  if (walk.folders.has(real)) {
    walk.findings.error(
      'GH008',
      start(nameOf(path, walk)),
      'found a link to a folder that is already part of the tree',
    );
    return;
  }
  const inode = await look(path);
  walk.folders.set(real, String(inode?.ino));
  walk.stamps.push(`${path} ${real} ${inode?.ino}`);
  const names = await readdir(path).catch((error: NodeJS.ErrnoException) => {
    walk.findings.error('GH001', start(nameOf(path, walk)), `cannot read the folder (${error.code})`);
    return [];
  });
  const visible = names.filter((name) => !isHidden(name)).sort();
  for (let next = 0; next < visible.length; next += looksMax) {
    const group = visible.slice(next, next + looksMax).map((name) => lookAt(join(path, name), join(real, name)));
    for (const entry of await Promise.all(group)) await visitEntry(entry, walk);
  }
}

/** An entry of a folder as it was when it was looked at. */
interface Entry {
  readonly path: string;
  readonly isLink: boolean;
  /** Of the file, or of what a link leads to; null when there is nothing. */
  readonly info: BigIntStats | null;
  /** Where it is in the end, or `absent`. */
  readonly real: string;
}

/** `here` is the real path unless it is a link. */
async function lookAt(path: string, here: string): Promise<Entry> {
  const info = await lstat(path, { bigint: true }).catch(() => null);
  if (info !== null && !info.isSymbolicLink()) return { path, isLink: false, info, real: here };
  return { path, isLink: info !== null, ...(await lookThrough(path)) };
}

async function lookThrough(path: string): Promise<Pick<Entry, 'info' | 'real'>> {
  return { info: await look(path), real: await realpath(path).catch(() => 'absent') };
}

async function visitEntry(entry: Entry, walk: Walk): Promise<void> {
  const { path, isLink, info } = entry;
  if (isLink) await trace(path, walk);
  if (isLink && info === null) {
    // It may have led to a folder of policies: what it held must not vanish without a word.
    visit(entry, 'policy', walk);
  } else if (dirname(path) === walk.lock) {
    visitLock(entry, walk);
  } else if (info?.isDirectory()) {
    await visitFolder(path, walk);
  } else if (purposeOf(path) === 'misnamed') {
    tellMisnamed(nameOf(path, walk), walk.findings);
  } else if (purposeOf(path) === 'policy') {
    visit(entry, 'policy', walk);
  }
}

function visitLock(entry: Entry, walk: Walk): void {
  if (entry.path.endsWith('.json')) visit(entry, 'lock', walk);
  else tellStray(nameOf(entry.path, walk), walk.findings);
}

function visit({ path, info, real }: Omit<Entry, 'isLink'>, kind: SurveyedFile['kind'], walk: Walk): void {
  const name = nameOf(path, walk);
  walk.stamps.push(`${path} ${info === null ? 'absent' : stamp(real, info)}`);
  if (info === null) {
    walk.findings.error('GH001', start(name), 'expected a file, found nothing or a link that leads nowhere');
  } else if (!info.isFile()) {
    walk.findings.error('GH003', start(name), 'expected a regular file, found something else');
  } else if (walk.files.length >= filesMax) {
    walk.findings.error('GH007', start(name), `expected at most ${filesMax} files`);
  } else {
    walk.files.push({ name, path, kind });
  }
}

function stamp(real: string, { ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${real} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
}

/** Notes every symbolic link on the way to a path, and where the way ends. */
async function trace(path: string, walk: Walk): Promise<void> {
  let at = parse(path).root;
  let links = 0;
  const rest = path.slice(at.length).split(sep);
  for (let step = rest.shift(); step !== undefined && links <= linksMax; step = rest.shift()) {
    const next = join(at, step);
    const target = await readlink(next).catch(() => null);
    if (target === null) {
      at = next;
      continue;
    }
    links += 1;
    walk.entries.add(next);
    if (isAbsolute(target)) at = parse(target).root;
    rest.unshift(...target.split(sep).filter((part) => part !== ''));
  }
  walk.entries.add(at).add(dirname(at));
}

function look(path: string): Promise<BigIntStats | null> {
  return stat(path, { bigint: true }).catch(() => null);
}

function nameOf(path: string, walk: Walk): string {
  return relative(walk.base, path).split(sep).join('/');
}

function start(file: string): { file: string; line: 1; col: 1 } {
  return { file, line: 1, col: 1 };
}
