import { basename, dirname, resolve } from 'node:path';
import type { FileKind } from './complaint.ts';
import type { Configuration } from './configuration.ts';
import { createFindings } from './findings.ts';
import { freeze } from './freeze.ts';
import { readCommit } from './git.ts';
import { type Linked, type LinkParts, link } from './link.ts';
import { defaultPolicies, type Overrides } from './link-settings.ts';
import { parse, type Source } from './parse.ts';
import { type ParsedFile, parseFile } from './parsed-file.ts';
import type { Problem } from './problem.ts';
import { type ReadFile, readTree, type Tree } from './read.ts';
import type { Shaped } from './shape.ts';
import type { Roots, WatchPlan } from './survey.ts';

export interface LoadOptions extends Overrides {
  /** The clock, for warnings about what has expired. Default: the system's. */
  readonly now?: () => Date;
}

/** What the files say, or why they say nothing. */
export interface Loaded {
  /** Null when any problem is an error. Frozen. */
  readonly configuration: Configuration | null;
  /** All problems of all files, ordered by place. */
  readonly problems: readonly Problem[];
  /** Equal when no file was added, removed, replaced or written in between. */
  readonly fingerprint: string;
  /** As `Configuration.hash`, known even when the files are wrong. */
  readonly hash: string;
  /** What was looked at, and what to watch to hear of the next change. */
  readonly roots: Roots;
  readonly watch: WatchPlan;
  /** Reads all files once more, and parses those that have changed. */
  readonly again: () => Promise<Loaded>;
}

/** Reads, parses, checks and links the configuration file at `path` and its policy folder. Never throws for a file. */
export async function load(path: string, options: LoadOptions = {}): Promise<Loaded> {
  const config = resolve(path);
  const base = dirname(config);
  let known: ReadonlyMap<string, KnownFile> = new Map();
  return again();

  async function again(): Promise<Loaded> {
    const parsed = new Map(known);
    const tree = await readTree(config, {
      take: (file, digest) => {
        const before = parsed.get(file.name);
        if (before?.digest === digest && before.kind === file.kind) return before;
        const now = { ...parseFile(file), digest };
        parsed.set(file.name, now);
        return now;
      },
      policiesOf: ({ content }) => policiesIn(sourceOf(content), base),
    });
    known = new Map(tree.files.map((file) => [file.name, file]));
    const { linked, problems } = linkTree(tree, options);
    const { fingerprint, roots, watch } = tree;
    const seen = { fingerprint, hash: tree.hash.slice(0, 16), roots, watch, again };
    if (linked === null) return { configuration: null, problems, ...seen };
    const git = (await readCommit(roots.policies ?? base)) ?? (await readCommit(base));
    return { configuration: freeze({ hash: seen.hash, git, ...linked }), problems, ...seen };
  }
}

interface KnownFile extends ParsedFile {
  /** SHA-256 of its bytes, hex. */
  readonly digest: string;
}

/** All that files say, wherever they were read from. */
export interface ReadFiles extends Omit<ParsedFiles, 'files'> {
  readonly files: readonly ReadFile[];
}

type ParsedFiles = Pick<Tree<ParsedFile>, 'files' | 'roots' | 'problems'>;

export interface LoadedTree {
  /** Null when any problem is an error. */
  readonly linked: Linked | null;
  /** All problems of all files, ordered by place. */
  readonly problems: readonly Problem[];
  /** The configuration file, with the place of every word; null when it could not be parsed. */
  readonly source: Source | null;
}

export interface TreeOptions extends Pick<LoadOptions, 'now'> {
  /** May remember. Default: `parseFile`. */
  readonly parseOne?: typeof parseFile;
}

/** Parses, checks and links files that have been read. Never throws for a file. */
export function loadTree(tree: ReadFiles, { parseOne = parseFile, ...options }: TreeOptions = {}): LoadedTree {
  return linkTree({ ...tree, files: tree.files.map(parseOne) }, options);
}

function linkTree(tree: ParsedFiles, options: LoadOptions): LoadedTree {
  const findings = createFindings();
  for (const { code, severity, at, ...words } of tree.files.flatMap(({ complaints }) => complaints)) {
    findings[severity](code, at, words);
  }
  const { gateway, ...rest } = sortOut(tree);
  const now = (options.now?.() ?? new Date()).getTime();
  const base = dirname(tree.roots.config);
  const linked = gateway && link({ gateway, ...rest, base, overrides: options, now, findings });
  const syntax = tree.files.flatMap((file) => file.syntax);
  const problems = [...tree.problems, ...syntax, ...findings.problems].sort(byPlace);
  const isSound = problems.every(({ severity }) => severity === 'warning');
  return { linked: isSound ? linked : null, problems, source: gateway?.source ?? null };
}

/** The absolute policy folder that a configuration file names; null when that cannot be told. */
export function policiesIn(source: Source | null, base: string): string | null {
  if (source === null) return null;
  const written = source.value as { readonly gateway?: { readonly policies?: unknown } | null } | null;
  const folder = written?.gateway?.policies ?? defaultPolicies;
  return typeof folder === 'string' ? resolve(base, folder) : null;
}

/** Finds the absolute policy folder in the bytes of the configuration file at this path. */
export function policiesFrom(config: string): (bytes: Buffer) => string | null {
  return (bytes) => policiesIn(parse(basename(config), bytes).source, dirname(config));
}

function sourceOf(content: ParsedFile['content']): Source | null {
  return content !== null && 'source' in content ? content.source : null;
}

type SortedOut = Pick<LinkParts, 'policies' | 'locks' | 'isComplete'> & { readonly gateway: Shaped | null };

function sortOut({ files, problems }: ParsedFiles): SortedOut {
  const contents = (kind: FileKind) => files.flatMap((file) => (file.kind === kind ? (file.content ?? []) : []));
  const shaped = (kind: FileKind) => contents(kind).flatMap((content) => ('source' in content ? content : []));
  const isBroken = files.some(({ kind, content }) => kind === 'policy' && content === null);
  return {
    gateway: shaped('gateway')[0] ?? null,
    policies: shaped('policy'),
    locks: contents('lock'),
    isComplete: !isBroken && problems.every(({ severity }) => severity === 'warning'),
  };
}

function byPlace(a: Problem, b: Problem): number {
  return a.at.file.localeCompare(b.at.file) || a.at.line - b.at.line || a.at.col - b.at.col;
}
