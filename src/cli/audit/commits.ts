import { eachRow } from '../../audit/answer/answer.ts';
import { type Question, query } from '../../audit/query/query.ts';
import type { Sandbox } from '../../audit/query/sandbox.ts';
import { COMMITS } from '../../audit/report/report.ts';
import type { TableOfLog, TableRows } from '../../audit/report/table.ts';
import { GitError } from '../../config/git-command.ts';
import { createPolicyHistory, type PolicyHistory } from '../../config/policy-history.ts';
import { configurationHash } from '../../config/tree-hash.ts';
import { readRecordedCommits, recordedCommit } from '../../recorded-commits.ts';
import { type Io, UsageError } from '../command.ts';
import { filesOf, findRepository, type Repository } from '../plan/sides.ts';

export interface CommitsParts extends Pick<Io, 'environment'> {
  /** Absolute path of the configuration file, in a checkout of the policy. */
  readonly config: string;
  readonly sandbox: Sandbox;
  readonly question: Omit<Question, 'sql'>;
}

/** Git is asked about so many changes of one report; the log may hold more of them. */
const CHANGES_MAX = 2_000;

/** With what was in force before, which for a start is what the gateway had before it ended. */
const SQL = `SELECT writer, seq, cfg, git, before, before_git, detail FROM (
  SELECT writer, seq, ts, cfg, git,
    coalesce(detail->'old'->>'hash', lag(cfg) OVER gateway) AS before,
    CASE ev WHEN 'config.reload' THEN detail->'old'->>'git' ELSE lag(git) OVER gateway END AS before_git,
    json_object('commits', detail->'commits', 'back', detail->'back') AS detail
  FROM audit
  WHERE ev IN ('gateway.start', 'config.reload') AND cfg IS NOT NULL
  WINDOW gateway AS (PARTITION BY left(writer, -9) ORDER BY ts, seq)
) WHERE $since = '' OR ts >= $since::TIMESTAMP
ORDER BY ts DESC
LIMIT ${CHANGES_MAX + 1}`;

/** A start or reload, as its record tells it. */
interface InForce {
  readonly writer: string;
  readonly seq: number;
  readonly cfg: string;
  readonly git: string | null;
  readonly before: string | null;
  readonly beforeGit: string | null;
  /** What the gateway could tell then: `commits` and `back` of its record. */
  readonly recorded: Readonly<Record<string, unknown>>;
}

/**
 * Which commits each start and reload of the period brought, and who had a part in them: as the repository of the
 * configuration tells, else as the gateway recorded. A commit's name covers what it says, so both can be believed alike.
 */
export async function readCommits(parts: CommitsParts): Promise<TableOfLog> {
  const { sandbox, question } = parts;
  const found: InForce[] = [];
  const sink = eachRow(([writer, seq, cfg, git, before, beforeGit, detail]) => {
    const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
    const names = { writer: String(writer), seq: Number(seq), cfg: String(cfg), git: text(git) };
    found.push({ ...names, before: text(before), beforeGit: text(beforeGit), recorded: JSON.parse(String(detail)) });
  });
  const values = [{ name: 'since', value: question.since?.toISOString().slice(0, -1) ?? '' }];
  const basis = await query(sandbox, { ...question, since: null, sql: SQL, brought: { values, tables: [] } }, { sink });
  if (found.length > CHANGES_MAX)
    throw new UsageError(
      `there are more than ${CHANGES_MAX} starts and reloads: ask for less with --since and --until`,
    );
  const repository = await findRepository(parts.config, parts);
  // Gateways of one policy take up the same changes.
  const told: Told = {
    changes: remembering(createPolicyHistory(parts)),
    hash: remembering(async (commit) => (repository === null ? null : hashOf(commit, repository))),
  };
  const rows: Record<string, unknown>[] = [];
  for (const one of found) rows.push(...(await rowsOf(one, told)));
  return { table: { name: COMMITS, columns: COMMIT_COLUMNS, rows }, basis };
}

/** What the repository tells; null where it cannot. */
interface Told {
  readonly changes: PolicyHistory;
  /** Hash of a commit's files, as a configuration has it. */
  readonly hash: (commit: string) => Promise<string | null>;
}

/** At least one row; those of commits have a `place`, from 1. */
async function rowsOf(one: InForce, told: Told): Promise<readonly Record<string, unknown>[]> {
  const { writer, seq, cfg, git, before, beforeGit } = one;
  const change = { writer, seq, before, before_commit: beforeGit };
  if (git === null || before === cfg) return [change];
  const hash = await told.hash(git);
  const asCommitted = { as_committed: hash === null ? null : hash === cfg };
  // Files that were edited under the commit that was in force already: what it says is not said of them.
  if (git === beforeGit) return [{ ...change, ...asCommitted, commit_id: git }];
  const changes = await told.changes(beforeGit, git);
  const back = changes === null ? one.recorded['back'] === true : changes.isBack;
  const more = { ...change, ...asCommitted, back, told_by: changes === null ? 'log' : 'repository' };
  const commits = changes?.changes.map(recordedCommit) ?? readRecordedCommits(one.recorded['commits']);
  if (commits.length === 0) return [{ ...change, ...asCommitted, back, commit_id: git }];
  return commits.map(({ commit, at, ...rest }, index) => {
    return { ...more, ...rest, commit_id: commit, committed: momentOf(at), place: index + 1 };
  });
}

/** For SQL, in UTC; null for what is no moment, as git lets authors write. */
function momentOf(text: string): string | null {
  const moment = new Date(text);
  return Number.isNaN(moment.getTime()) ? null : moment.toISOString().slice(0, -1);
}

function remembering<A extends readonly unknown[], T>(ask: (...about: A) => T): (...about: A) => T {
  const known = new Map<string, T>();
  return (...about) => {
    const name = JSON.stringify(about);
    const answer = known.get(name) ?? ask(...about);
    known.set(name, answer);
    return answer;
  };
}

async function hashOf(commit: string, repository: Repository): Promise<string | null> {
  try {
    const tree = await filesOf({ commit }, repository);
    return tree === null ? null : configurationHash(tree.files);
  } catch (error) {
    if (error instanceof GitError) return null;
    throw error;
  }
}

/** The view `commits`; `audit/reports.md` describes it. */
export const COMMIT_COLUMNS: TableRows['columns'] = [
  ['writer', 'VARCHAR'],
  ['seq', 'BIGINT'],
  ['before', 'VARCHAR'],
  ['before_commit', 'VARCHAR'],
  ['as_committed', 'BOOLEAN'],
  ['back', 'BOOLEAN'],
  ['told_by', 'VARCHAR'],
  ['place', 'BIGINT'],
  ['commit_id', 'VARCHAR'],
  ['committed', 'TIMESTAMP'],
  ['subject', 'VARCHAR'],
  ['authors', 'VARCHAR[]'],
  ['merged_by', 'VARCHAR'],
  ['approved_by', 'VARCHAR[]'],
  ['request', 'VARCHAR'],
  ['signature', 'VARCHAR'],
  ['signed_by', 'VARCHAR'],
  ['second_person', 'BOOLEAN'],
];
