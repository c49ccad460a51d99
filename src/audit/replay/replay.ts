import { eachRow } from '../answer/answer.ts';
import type { Cell } from '../answer/cell.ts';
import { query } from '../query/query.ts';
import { createSandbox, type SandboxLimits } from '../query/sandbox.ts';
import type { UnreadableLines } from '../query/sandbox-messages.ts';

/** Which recorded decisions to read. */
export interface ReplaySource {
  readonly dirs: readonly string[];
  /** Null for no bound. */
  readonly since: Date | null;
  readonly until: Date | null;
}

/** Who called what, and what came of it. */
export interface CallKey {
  readonly actor: string;
  readonly actorType: 'human' | 'robot';
  readonly email: string;
  readonly groups: readonly string[];
  readonly server: string;
  readonly tool: string;
  readonly risk: 'read' | 'write' | 'destructive';
  readonly decision: 'allow' | 'deny';
}

/** Equal calls, counted. */
export interface CallGroup extends CallKey {
  readonly calls: number;
  /** Of the last, epoch milliseconds. */
  readonly last: number;
}

/** Calls that are equal in their arguments too. */
export interface ArgumentGroup extends CallGroup {
  readonly why: string;
  readonly err: string;
  /** JSON text; null when none was kept. */
  readonly args: string | null;
  /** Number of arguments given; null when the call had none. */
  readonly argsGiven: number | null;
}

/** What was read of the log. */
export interface Replayed<Group> {
  readonly groups: readonly Group[];
  /** There are more groups than are read. */
  readonly isCut: boolean;
  /** Lines that are no records are not counted in. */
  readonly unreadable: readonly UnreadableLines[];
}

/** Months of a busy gateway are read in seconds; what takes longer is asked in parts, with `--since` and `--until`. */
const reading: SandboxLimits = { timeoutMs: 300_000, memoryBytes: 2 * 1024 * 1024 * 1024 };

/** Of either kind of group, at most. */
export const groupsMax: number = 200_000;

const keys = 'actor, actor_type, email, groups, server, tool, risk, decision';
const decided = `actor_type IN ('human', 'robot') AND actor IS NOT NULL AND server IS NOT NULL AND tool IS NOT NULL
  AND risk IS NOT NULL AND decision IS NOT NULL`;

/** Counts the decisions about tools by who, what and how; most frequent first. `groupOf` reads its rows. */
export const CALLS_SQL: string = `SELECT ${keys}, count(*) AS n, max(ts) AS latest FROM calls WHERE ${decided}
    GROUP BY ALL ORDER BY n DESC, latest LIMIT ${groupsMax + 1}`;

/** The decisions about tools. Throws as `query`. */
export async function readCalls(source: ReplaySource): Promise<Replayed<CallGroup>> {
  return ask(source, CALLS_SQL, groupOf);
}

export interface ArgumentParts {
  /** The tools asked about, `server/tool`. */
  readonly tools: readonly string[];
  /** Each moment by itself; else calls are equal whenever they were. */
  readonly byTime: boolean;
}

/** The same with arguments; those that occur most, or with `byTime` the latest, first. Throws as `query`. */
export async function readArguments(
  source: ReplaySource,
  { tools, byTime }: ArgumentParts,
): Promise<Replayed<ArgumentGroup>> {
  const [moment, order] = byTime ? ['ts', 'latest DESC'] : ['max(ts)', 'n DESC, latest'];
  const sql = `SELECT ${keys}, count(*) AS n, ${moment} AS latest, why,
      CASE WHEN why = 'condition' THEN err END AS detail, args::VARCHAR AS args, args_n FROM calls
    WHERE ${decided} AND server || '/' || tool IN (${tools.map(literal).join(', ')})
    GROUP BY ALL ORDER BY ${order} LIMIT ${groupsMax + 1}`;
  return ask(source, sql, argumentGroupOf);
}

async function ask<Group>(
  source: ReplaySource,
  sql: string,
  read: (row: readonly Cell[]) => Group,
): Promise<Replayed<Group>> {
  const groups: Group[] = [];
  const sink = eachRow((row) => groups.push(read(row)));
  const sandbox = createSandbox(reading);
  try {
    const { unreadable } = await query(sandbox, { ...source, sql, writers: [], strict: false }, { sink });
    return { groups: groups.slice(0, groupsMax), isCut: groups.length > groupsMax, unreadable };
  } finally {
    await sandbox.close();
  }
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export function groupOf(row: readonly Cell[]): CallGroup {
  const [actor, type, email, groups, server, tool, risk, decision, calls, last] = row;
  return {
    actor: textOf(actor),
    actorType: type === 'robot' ? 'robot' : 'human',
    email: textOf(email),
    groups: Array.isArray(groups) ? groups.map(String) : [],
    server: textOf(server),
    tool: textOf(tool),
    risk: risk === 'read' || risk === 'write' ? risk : 'destructive',
    decision: decision === 'allow' ? 'allow' : 'deny',
    calls: Number(calls),
    last: Date.parse(textOf(last)),
  };
}

function argumentGroupOf(row: readonly Cell[]): ArgumentGroup {
  const [why, err, args, given] = row.slice(10);
  return {
    ...groupOf(row),
    why: textOf(why),
    err: textOf(err),
    args: typeof args === 'string' ? args : null,
    argsGiven: typeof given === 'number' ? given : null,
  };
}

function textOf(cell: Cell | undefined): string {
  return typeof cell === 'string' ? cell : '';
}
