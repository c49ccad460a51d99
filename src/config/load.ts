import { basename, dirname, resolve } from 'node:path';
import type { FileKind } from './complaint.ts';
import type { Configuration } from './configuration.ts';
import { createFindings, type Findings } from './findings.ts';
import { readCommit } from './git.ts';
import { parseJson } from './json-source.ts';
import { type Linked, type LinkParts, link } from './link.ts';
import { defaultPolicies, type Overrides } from './link-settings.ts';
import { type Parsed, parse, type Source } from './parse.ts';
import { findPastedSecrets } from './pasted-secret.ts';
import type { Problem } from './problem.ts';
import { readTree, type Tree } from './read.ts';
import { createShapeCheck, type Shaped } from './shape.ts';
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
}

const shapeChecks = {
  gateway: createShapeCheck('gateway'),
  policy: createShapeCheck('policy'),
  lock: createShapeCheck('lock'),
} as const;

/** Reads, parses, checks and links the configuration file at `path` and its policy folder. Never throws for a file. */
export async function load(path: string, options: LoadOptions = {}): Promise<Loaded> {
  const config = resolve(path);
  const base = dirname(config);
  const parseOnce = rememberLast();
  const tree = await readTree(config, (bytes) => policiesIn(parseOnce(basename(config), bytes).source, base));
  const { linked, problems } = loadTree(tree, { ...options, parseConfig: parseOnce });
  const seen = { fingerprint: tree.fingerprint, hash: tree.hash.slice(0, 16), roots: tree.roots, watch: tree.watch };
  if (linked === null) return { configuration: null, problems, ...seen };
  const git = (await readCommit(tree.roots.policies ?? base)) ?? (await readCommit(base));
  return { configuration: freeze({ hash: seen.hash, git, ...linked }), problems, ...seen };
}

/** All that files say, wherever they were read from. */
export type ReadFiles = Pick<Tree, 'files' | 'roots' | 'problems'>;

export interface LoadedTree {
  /** Null when any problem is an error. */
  readonly linked: Linked | null;
  /** All problems of all files, ordered by place. */
  readonly problems: readonly Problem[];
  /** The configuration file, with the place of every word; null when it could not be parsed. */
  readonly source: Source | null;
}

/** Parses, checks and links files that have been read. Never throws for a file. */
export function loadTree(
  tree: ReadFiles,
  { parseConfig = parse, ...options }: LoadOptions & { readonly parseConfig?: typeof parse } = {},
): LoadedTree {
  const findings = createFindings();
  const { gateway, problems: syntax, ...shaped } = shape(tree, parseConfig, findings);
  const now = (options.now?.() ?? new Date()).getTime();
  const base = dirname(tree.roots.config);
  const linked = gateway && link({ gateway, ...shaped, base, overrides: options, now, findings });
  const problems = [...tree.problems, ...syntax, ...findings.problems].sort(byPlace);
  const isSound = problems.every(({ severity }) => severity === 'warning');
  return { linked: isSound ? linked : null, problems, source: gateway?.source ?? null };
}

/** The configuration file is parsed for its policy folder after each reading, and mostly has not changed. */
function rememberLast(): typeof parse {
  let last: { readonly bytes: Buffer; readonly parsed: Parsed } | null = null;
  return (file, bytes) => {
    if (last?.bytes.equals(bytes)) return last.parsed;
    last = { bytes, parsed: parse(file, bytes) };
    return last.parsed;
  };
}

/** The absolute policy folder that a configuration file names; null when that cannot be told. */
export function policiesIn(source: Source | null, base: string): string | null {
  if (source === null) return null;
  const written = source.value as { readonly gateway?: { readonly policies?: unknown } | null } | null;
  const folder = written?.gateway?.policies ?? defaultPolicies;
  return typeof folder === 'string' ? resolve(base, folder) : null;
}

type ShapedTree = Pick<LinkParts, 'policies' | 'locks' | 'isComplete'> & {
  readonly gateway: Shaped | null;
  readonly problems: readonly Problem[];
};

function shape(tree: ReadFiles, parseConfig: typeof parse, findings: Findings): ShapedTree {
  const problems: Problem[] = [];
  const shaped = tree.files.map(({ kind, name, bytes }) => {
    const parseFile = { gateway: parseConfig, policy: parse, lock: parseJson }[kind];
    const { source, problems: syntax } = parseFile(name, bytes);
    problems.push(...syntax);
    if (source === null) return { kind, file: null };
    const file = shapeChecks[kind](source, findings);
    findPastedSecrets(source, findings.problems, findings);
    return { kind, file };
  });
  const ofKind = (kind: FileKind) =>
    shaped.flatMap((one) => (one.kind === kind && one.file !== null ? [one.file] : []));
  const isBroken = shaped.some(({ kind, file }) => kind === 'policy' && file === null);
  return {
    gateway: ofKind('gateway')[0] ?? null,
    policies: ofKind('policy'),
    locks: ofKind('lock'),
    isComplete: !isBroken && tree.problems.every(({ severity }) => severity === 'warning'),
    problems,
  };
}

function byPlace(a: Problem, b: Problem): number {
  return a.at.file.localeCompare(b.at.file) || a.at.line - b.at.line || a.at.col - b.at.col;
}

/** Freezes plain data through and through; what maps hold as well. */
function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of value instanceof Map ? value.values() : Object.values(value)) freeze(inner);
  return Object.freeze(value);
}
