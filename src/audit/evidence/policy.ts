import { posix } from 'node:path';
import { csv } from '../answer/csv.ts';
import type { Pack } from './pack.ts';
import type { PolicyChange } from './records.ts';

/** A file of the policy as a commit holds it: configuration, policies, locks. */
export interface PolicyFile {
  /** Within the repository, with `/`. */
  readonly path: string;
  readonly bytes: Buffer;
}

/** The files of a commit, read without checking it out; null when the repository has no such commit. */
export type PolicyAt = (commit: string) => Promise<readonly PolicyFile[] | null>;

/** Commits whose files are packed, at most. */
const COMMITS_MAX = 200;
const PRIVATE_KEY = /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----/;
const COLUMNS = ['gateway', 'since', 'configuration', 'commit', 'record'];

/**
 * Adds what was in force when, and, with `policyAt`, the files of each commit. Resolves to what is left out, in
 * sentences. Throws what `policyAt` throws.
 */
export async function packPolicy(
  pack: Pack,
  changes: readonly PolicyChange[],
  policyAt: PolicyAt | null,
): Promise<readonly string[]> {
  await pack.add('policy/in-force.csv', changesCsv(changes));
  const commits = [...new Set(changes.map(({ commit }) => commit))];
  const named = commits.filter((commit) => commit !== null);
  const leftOut: string[] = [];
  if (named.length < commits.length)
    leftOut.push('policy files of some time in the period: the log names no commit for it');
  if (policyAt === null) {
    if (named.length > 0) leftOut.push('policy files: no repository was named with --repo');
    return leftOut;
  }
  if (named.length > COMMITS_MAX)
    leftOut.push(`policy files of ${named.length - COMMITS_MAX} commits over ${COMMITS_MAX}`);
  for (const commit of named.slice(0, COMMITS_MAX)) leftOut.push(...(await packCommit(pack, commit, policyAt)));
  return leftOut;
}

async function packCommit(pack: Pack, commit: string, policyAt: PolicyAt): Promise<readonly string[]> {
  const files = await policyAt(commit);
  if (files === null) return [`policy files of commit ${commit}: the repository does not have it`];
  const leftOut: string[] = [];
  for (const { path, bytes } of files) {
    const inside = posix.normalize(path);
    if (inside.startsWith('..') || posix.isAbsolute(inside)) leftOut.push(`${path} of commit ${commit}: it is outside`);
    else if (PRIVATE_KEY.test(bytes.toString('latin1')))
      leftOut.push(`${path} of commit ${commit}: it is a private key`);
    else await pack.add(`policy/${commit}/${inside}`, bytes);
  }
  return leftOut;
}

function changesCsv(changes: readonly PolicyChange[]): string {
  const rendering = csv({ width: null });
  const columns = COLUMNS.map((name) => ({ name, kind: 'text', type: 'VARCHAR' }) as const);
  const rows = changes.map(({ gateway, since, cfg, commit, record }) => [gateway, since, cfg, commit, record]);
  return rendering.begin(columns) + rendering.rows(rows) + rendering.end(rows.length);
}
