import { type Git, GitError } from './git-command.ts';
import { answerBytesMax, linesOf, readFields } from './git-log.ts';
import { readSignatures, type Signed, UNSIGNED } from './git-signatures.ts';
import { resolveCommit } from './git-tree.ts';

/** A change as it came into a branch: one commit, or a merge with all that it brought. */
export interface Change extends Signed {
  /** Object name, hex. */
  readonly commit: string;
  /** ISO 8601, as its committer says. */
  readonly at: string;
  /** First line of the message. */
  readonly subject: string;
  /** Who wrote what it brought, each as `Name <address>`. */
  readonly authors: readonly string[];
  /** Who merged it, or committed what somebody else wrote; null when that was an author, or a forge in their name. */
  readonly mergedBy: string | null;
  /** From the trailers `Approved-by`, `Reviewed-by` and `Acked-by` of all it brought. */
  readonly approvedBy: readonly string[];
  /** Number of the pull or merge request, as the message says; null for none. */
  readonly request: string | null;
  /** Somebody else than its authors approved or merged it. */
  readonly secondPerson: boolean;
}

/** What lies between two commits. */
export interface Changes {
  /** The oldest first. */
  readonly changes: readonly Change[];
  /** The later commit is one from before the earlier one: `changes` holds that one alone. */
  readonly isBack: boolean;
}

export interface ChangesRange {
  /** Any name of a commit; null for nothing before: then only `to` itself is told. */
  readonly from: string | null;
  readonly to: string;
  /** Absolute paths in the working tree: only changes to them count. */
  readonly paths: readonly string[];
}

/** So many commits are looked at, the newest ones. */
const commitsMax = 10_000;

/**
 * The changes to these paths from one commit to another, as a reader of the branch sees them: along first parents.
 * Null when one of the two is not in this repository. Throws `GitError`.
 */
export async function readChanges(git: Git, { from, to, paths }: ChangesRange): Promise<Changes | null> {
  const head = await resolveCommit(git, to);
  const base = from === null ? null : await resolveCommit(git, from);
  if (head === null || (base === null && from !== null)) return null;
  const touched = base === null ? [] : await touching(git, { base, head, paths });
  const isBack = touched.length === 0 && base !== null && base !== head && (await isAncestor(git, head, base));
  const before = touched.length > 0 ? base : await resolveCommit(git, `${head}^1`);
  // Where a shallow clone ends, a merge looks like a commit of whoever merged.
  if (before === null && (await isShallow(git))) return null;
  const commits = await readCommits(git, before, head);
  const work = await ofOwnWork(git, [...commits.values()], paths);
  const brought = broughtBy(commits, head);
  const told = touched.length > 0 ? touched : [head];
  const signatures = await readSignatures(git, told);
  return {
    isBack,
    changes: told.flatMap((id) => describe(brought.get(id) ?? [], work, signatures.get(id) ?? UNSIGNED)),
  };
}

async function isShallow(git: Git): Promise<boolean> {
  return linesOf(await git({ args: ['rev-parse', '--is-shallow-repository'], bytesMax: answerBytesMax }))[0] === 'true';
}

interface Range {
  readonly base: string;
  readonly head: string;
  readonly paths: readonly string[];
}

/** First parents that changed the paths, the oldest first. */
async function touching(git: Git, { base, head, paths }: Range): Promise<readonly string[]> {
  const bounds = ['--first-parent', '--reverse', `--max-count=${commitsMax}`];
  return linesOf(
    await git({ args: ['rev-list', ...bounds, head, `^${base}`, '--', ...paths], bytesMax: answerBytesMax }),
  );
}

async function isAncestor(git: Git, one: string, of: string): Promise<boolean> {
  return (await git({ args: ['merge-base', '--is-ancestor', one, of], bytesMax: answerBytesMax })) !== null;
}

interface Commit {
  readonly id: string;
  readonly parents: readonly string[];
  readonly author: string;
  readonly committer: string;
  readonly at: string;
  readonly message: string;
  readonly approvedBy: readonly string[];
}

const TRAILERS = '%(trailers:key=Approved-by,key=Reviewed-by,key=Acked-by,valueonly,unfold,separator=%x1f)';
const FIELDS = ['%H', '%P', '%an <%ae>', '%cn <%ce>', '%cI', '%B', TRAILERS];

/** By object name: those that lead to `head` and not to `base`; `head` alone without one. */
async function readCommits(git: Git, base: string | null, head: string): Promise<ReadonlyMap<string, Commit>> {
  const bounds = base === null ? ['--max-count=1', head] : [`--max-count=${commitsMax}`, head, `^${base}`];
  const rows = await readFields(git, { args: [...bounds, '--'], fields: FIELDS });
  return new Map(
    rows.map(([id = '', parents = '', author = '', committer = '', at = '', message = '', trailers = '']) => {
      const approvedBy = trailers.split('\x1f').filter((name) => name.trim() !== '');
      return [id, { id, parents: parents.split(' '), author, committer, at, message, approvedBy }];
    }),
  );
}

/**
 * Commits that changed something themselves: all but merges, and of merges those with passages that none of their
 * parents has, which are their author's. One that takes a passage from one parent, against the other, is not seen. All
 * of them when git cannot tell, as in a clone without contents: rather one author too many.
 */
async function ofOwnWork(git: Git, commits: readonly Commit[], paths: readonly string[]): Promise<ReadonlySet<string>> {
  const [merges, own] = [commits.filter(isMerge), commits.filter((commit) => !isMerge(commit))];
  const found = new Set(own.map(({ id }) => id));
  if (merges.length === 0) return found;
  const plain = ['--no-ext-diff', '--no-textconv', '--no-color'];
  const args = ['diff-tree', '--stdin', '-r', '--cc', '--unified=0', ...plain, '--', ...paths];
  const lines = merges.map(({ id }) => id);
  try {
    let merge = '';
    for (const line of linesOf(await git({ args, lines, bytesMax: answerBytesMax }))) {
      if (OBJECT.test(line)) merge = line;
      else if (line.startsWith('diff --')) found.add(merge);
    }
    return found;
  } catch (error) {
    if (error instanceof GitError) return new Set(commits.map(({ id }) => id));
    throw error;
  }
}

/** Lines of a difference begin with another sign. */
const OBJECT = /^[0-9a-f]{40,64}$/;

function isMerge({ parents }: Commit): boolean {
  return parents.length > 1;
}

/** By each commit of the first-parent line: itself, and then what it brought that was not there before. */
function broughtBy(commits: ReadonlyMap<string, Commit>, head: string): ReadonlyMap<string, readonly Commit[]> {
  const line: Commit[] = [];
  for (let commit = commits.get(head); commit !== undefined; commit = commits.get(commit.parents[0] ?? ''))
    line.unshift(commit);
  const seen = new Set<string>();
  return new Map(line.map((commit) => [commit.id, reach(commit, commits, seen)]));
}

/** A commit and its ancestors that are not yet `seen`, which then are. */
function reach(from: Commit, commits: ReadonlyMap<string, Commit>, seen: Set<string>): readonly Commit[] {
  const found: Commit[] = [];
  const waiting = [from];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (seen.has(next.id)) continue;
    seen.add(next.id);
    found.push(next);
    waiting.push(...next.parents.flatMap((id) => commits.get(id) ?? []));
  }
  return found;
}

/** Forges commit in their own name what somebody merged there. */
const FORGE = /<noreply@(?:github|gitlab)\.com>$/;
/** As GitHub, GitLab, Bitbucket and Azure DevOps write messages of merges, and of squashed commits. */
const REQUESTS = [
  /^Merge pull request #(\d+) /,
  /^Merged in .* \(pull request #(\d+)\)/,
  /^Merged PR (\d+):/,
  /^[^\n]*\(#(\d+)\)$/m,
  /^See merge request \S*!(\d+)$/m,
];

/** None for a commit beyond the bound of what is read. */
function describe(brought: readonly Commit[], work: ReadonlySet<string>, signed: Signed): readonly Change[] {
  const [commit] = brought;
  if (commit === undefined) return [];
  const written = brought.filter(({ id }) => work.has(id));
  // A merge that brings nothing of others is its own author's work.
  const authors = distinct((written.length > 0 ? written : [commit]).map(({ author }) => author));
  const merger = isMerge(commit) ? commit.author : commit.committer;
  const mergedBy = FORGE.test(merger) || (!isMerge(commit) && merger === commit.author) ? null : merger;
  const approvedBy = distinct(brought.flatMap((each) => each.approvedBy));
  const known = new Set(authors.flatMap((name) => [addressOf(name), nameOf(name)]));
  const second = [...approvedBy, ...(mergedBy === null ? [] : [mergedBy])];
  const change = {
    ...{ commit: commit.id, at: commit.at, subject: commit.message.split('\n', 1)[0] ?? '' },
    ...{ authors, mergedBy, approvedBy, ...signed },
    request: REQUESTS.flatMap((form) => form.exec(commit.message)?.[1] ?? [])[0] ?? null,
    secondPerson: second.some((name) => !known.has(addressOf(name)) && !known.has(nameOf(name))),
  };
  return [change];
}

/** Forges merge under an address of their own, and names are written in many ways: either tells that it is the same. */
function addressOf(name: string): string {
  return (/<([^<>]*)>\s*$/.exec(name)?.[1] ?? name).trim().toLowerCase();
}

function nameOf(name: string): string {
  return name
    .replace(/<[^<>]*>\s*$/, '')
    .trim()
    .toLowerCase();
}

function distinct(names: readonly string[]): readonly string[] {
  return [...new Set(names)];
}
