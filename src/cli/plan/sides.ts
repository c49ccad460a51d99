import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { WrittenSide } from '../../access/difference-facts.ts';
import { worldOf } from '../../access/explain-world.ts';
import { printable } from '../../audit/answer/printable.ts';
import type { Configuration } from '../../config/configuration.ts';
import { createGit, type Git, GitError } from '../../config/git-command.ts';
import { findMergeBase, findRoot, readGitTree, resolveCommit } from '../../config/git-tree.ts';
import { loadTree, policiesFrom, type ReadFiles, type TreeOptions } from '../../config/load.ts';
import type { Source } from '../../config/parse.ts';
import { type ParsedFile, parseFile } from '../../config/parsed-file.ts';
import type { Problem } from '../../config/problem.ts';
import { readTree } from '../../config/read.ts';
import type { WrittenGateway } from '../../config/written.ts';
import { type Io, UsageError } from '../command.ts';

/** One of the two states that are compared. */
export interface Revision {
  /** `main` or what else the command line says; `the working tree`. */
  readonly name: string;
  /** Object name of the commit, hex; null for the working tree. */
  readonly commit: string | null;
}

/** Both sides read and linked, or the first that is wrong. */
export type Sides =
  | { readonly kind: 'read'; readonly base: ReadSide; readonly head: ReadSide }
  | {
      readonly kind: 'wrong';
      readonly revision: Revision;
      readonly problems: readonly Problem[];
      readonly files: ReadFiles['files'];
    };

export interface ReadSide {
  readonly revision: Revision;
  readonly side: WrittenSide;
}

export interface SidesParts {
  /** `BASE..HEAD`, `BASE...HEAD` or `BASE`. */
  readonly range: string;
  /** Absolute path of the configuration file. */
  readonly config: string;
  /** When what has expired is told; epoch milliseconds. */
  readonly at: number;
  readonly io: Io;
}

/** Reads both sides; a base without a configuration file is one in which nothing was there yet. */
export async function readSides({ range, config, at, io }: SidesParts): Promise<Sides> {
  try {
    const repository = await openRepository(config, io);
    const [base, head] = await revisionsOf(range, repository.git);
    const options = { parseOne: rememberFiles(), now: () => new Date(at) };
    const [before, after] = await Promise.all([base, head].map((each) => read(each, repository, options)));
    if (before === undefined || after === undefined) throw new TypeError('two sides were asked for');
    if (after === null) throw new UsageError(`${shown(head)} holds no ${repository.name}: name another with --config`);
    if (after.kind === 'wrong') return after;
    if (before?.kind === 'wrong') return before;
    const nothing = { kind: 'read', revision: base, side: emptied(after.side) } as const;
    return { kind: 'read', base: before ?? nothing, head: after };
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    throw new UsageError(`cannot read the repository: ${printable(error.message)}`, { cause: error });
  }
}

/** Where a configuration file is kept under version control. */
export interface Repository {
  readonly git: Git;
  readonly root: string;
  readonly config: string;
  /** The configuration file as git names it. */
  readonly name: string;
}

/** The folder of the file need not exist in the working tree: the nearest one that does is where git is asked. */
export async function openRepository(config: string, { environment }: Pick<Io, 'environment'>): Promise<Repository> {
  let folder = dirname(config);
  while (!existsSync(folder)) folder = dirname(folder);
  const cwd = realpathSync(folder);
  const git = createGit({ cwd, environment });
  const root = await findRoot(git);
  if (root === null) throw new UsageError('there is no git repository here');
  const path = join(cwd, relative(folder, config));
  return { git, root: resolve(root), config: path, name: relative(root, path).split(sep).join('/') };
}

/** The same; null when there is none, or no git to ask. */
export async function findRepository(config: string, io: Pick<Io, 'environment'>): Promise<Repository | null> {
  return openRepository(config, io).catch((error: unknown) => {
    if (error instanceof UsageError || error instanceof GitError) return null;
    throw error;
  });
}

/** Three dots compare with where the head has left the base; a side left empty is `HEAD`, as in git. */
async function revisionsOf(range: string, git: Git): Promise<readonly [Revision, Revision]> {
  const [, from = '', dots, to = ''] = /^(.*?)(?:(\.{2,3})(.*))?$/s.exec(range) ?? [];
  if (dots === undefined) return [await find(from, git), { name: 'the working tree', commit: null }];
  const [base, head] = [await find(from || 'HEAD', git), await find(to || 'HEAD', git)];
  if (dots === '..' || base.commit === null || head.commit === null) return [base, head];
  const commit = await findMergeBase(git, base.commit, head.commit);
  if (commit !== null) return [{ name: `${base.name}...`, commit }, head];
  throw new UsageError(`${shown(base)} and ${shown(head)} have no commit in common here: fetch their history`);
}

async function find(name: string, git: Git): Promise<Revision> {
  const commit = await resolveCommit(git, name);
  if (commit !== null) return { name, commit };
  throw new UsageError(
    `there is no commit ${printable(name)} here: expected BASE..HEAD; a shallow clone must fetch it`,
  );
}

function shown({ name }: Revision): string {
  return printable(name);
}

type Read = { readonly kind: 'read' } & ReadSide;

async function read(
  revision: Revision,
  repository: Repository,
  options: TreeOptions,
): Promise<Read | Extract<Sides, { kind: 'wrong' }> | null> {
  const tree = await filesOf(revision, repository);
  if (tree === null) return null;
  const { linked, problems, source } = loadTree(tree, options);
  if (linked === null || source === null) return { kind: 'wrong', revision, problems, files: tree.files };
  return { kind: 'read', revision, side: writtenSide({ hash: '', git: revision.commit, ...linked }, source) };
}

/** What the revision holds; null when it has no configuration file. */
export async function filesOf(
  { commit }: Pick<Revision, 'commit'>,
  { git, root, config }: Repository,
): Promise<ReadFiles | null> {
  if (commit !== null) return readGitTree({ git, commit, root, config, policiesOf: policiesFrom(config) });
  return existsSync(config) ? filesHere(config) : null;
}

/** The files as they are, with their bytes. */
export function filesHere(config: string): Promise<ReadFiles> {
  const policiesOf = policiesFrom(config);
  return readTree(config, { take: (file) => file, policiesOf: ({ bytes }) => policiesOf(bytes) });
}

/** Most files are the same on both sides: they are parsed once. */
export function rememberFiles(): typeof parseFile {
  const known = new Map<string, { readonly bytes: Buffer; readonly parsed: ParsedFile }>();
  return (file) => {
    const name = `${file.kind} ${file.name}`;
    const before = known.get(name);
    if (before?.bytes.equals(file.bytes)) return before.parsed;
    const parsed = parseFile(file);
    known.set(name, { bytes: file.bytes, parsed });
    return parsed;
  };
}

/** A configuration, with what only its file says. */
export function writtenSide(configuration: Configuration, source: Source): WrittenSide {
  const { require } = source.value as WrittenGateway;
  return { world: worldOf(configuration), require: require ?? {}, placeOf: (path) => source.at(path) };
}

/** The same gateway before anything was entered. */
function emptied({ world: { configuration }, placeOf }: WrittenSide): WrittenSide {
  const policy = {
    groups: new Map(),
    roles: new Map(),
    robots: new Map(),
    grants: [],
    guardrails: new Map(),
    revoked: [],
  };
  const identity = { issuers: [], local: null };
  const world = worldOf({ ...configuration, identity, policy, servers: new Map(), locks: new Map() });
  return { world, require: {}, placeOf };
}
