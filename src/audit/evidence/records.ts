import { eachRow, type Row } from '../answer/answer.ts';
import { gatewayOf } from '../files/log-files.ts';
import type { RecordName } from '../integrity/find-record.ts';
import { type Basis, type Question, query } from '../query/query.ts';
import type { Sandbox } from '../query/sandbox.ts';
import { policyInForce } from '../report/policy.ts';
import type { Period } from './slice.ts';

/** Asks the log about a period. */
export interface Asking {
  readonly sandbox: Sandbox;
  readonly dirs: readonly string[];
  readonly period: Period;
  readonly signal: AbortSignal;
}

/** How much of the period one writer wrote. */
export interface PeriodOfWriter {
  readonly writer: string;
  /** `seq` of its first and last record in the period. */
  readonly first: number;
  readonly last: number;
  readonly records: number;
}

/** Refused calls of destructive tools that are proven, at most. */
const REFUSED_MAX = 200;

/** What was in force, and since when; `record` is empty for what was when the period began. */
export interface PolicyChange {
  readonly gateway: string;
  /** ISO 8601 in UTC. */
  readonly since: string;
  /** Hash of the configuration. */
  readonly cfg: string;
  /** Null when its files were no checkout. */
  readonly commit: string | null;
  /** `WRITER:SEQ` of the start or reload. */
  readonly record: string;
}

/** What there is of a period. */
export interface PeriodRecords {
  /** None for a period without records. */
  readonly writers: readonly PeriodOfWriter[];
  /** Finished files hold lines that are no records. */
  readonly unreadable: boolean;
}

/** Throws as `query`. */
export async function recordsOfPeriod(asking: Asking): Promise<PeriodRecords> {
  const sql = 'SELECT writer, min(seq), max(seq), count(*) FROM audit GROUP BY writer ORDER BY writer';
  const { rows, basis } = await ask(asking, sql);
  const writers = rows.map(([writer, first, last, records]) => ({
    ...{ writer: String(writer), first: Number(first), last: Number(last), records: Number(records) },
  }));
  return { writers, unreadable: basis.unreadable.some(({ live }) => !live) };
}

/** The first refused calls of destructive tools in the period, and whether there were more. Throws as `query`. */
export async function refusedDestructive(
  asking: Asking,
): Promise<{ readonly records: readonly RecordName[]; readonly more: boolean }> {
  const { rows } = await ask(
    asking,
    `SELECT writer, seq FROM calls WHERE risk = 'destructive' AND decision = 'deny'
ORDER BY ts, writer, seq LIMIT ${REFUSED_MAX + 1}`,
  );
  const records = rows.slice(0, REFUSED_MAX).map(([writer, seq]) => ({ writer: String(writer), seq: Number(seq) }));
  return { records, more: rows.length > REFUSED_MAX };
}

/** Every policy that was in force in the period, by gateway and time. Throws as `query`. */
export async function policyChanges(asking: Asking): Promise<readonly PolicyChange[]> {
  const { sandbox, dirs, period } = asking;
  const before = new Date(period.from.getTime() - 1);
  const question = { dirs, since: null, until: null, writers: [], strict: false };
  const begun = (await policyInForce(sandbox, question, before)).map((found) => ({ ...found, record: '' }));
  const { rows } = await ask(
    asking,
    `SELECT writer, ts, cfg, git, seq FROM audit
WHERE ev IN ('gateway.start', 'config.reload') AND cfg IS NOT NULL ORDER BY ts, writer, seq`,
  );
  const changed = rows.map(([writer, since, cfg, git, seq]) => ({
    ...{ gateway: gatewayOf(String(writer)), since: String(since), cfg: String(cfg) },
    ...{ commit: git === null ? null : String(git), record: `${String(writer)}:${String(seq)}` },
  }));
  return [...begun, ...changed].sort((a, b) => compare(a.gateway, b.gateway) || compare(a.since, b.since));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

interface Answered {
  readonly rows: readonly Row[];
  readonly basis: Basis;
}

async function ask({ sandbox, dirs, period, signal }: Asking, sql: string): Promise<Answered> {
  const rows: Row[] = [];
  const sink = eachRow((row) => rows.push(row));
  const question: Question = { sql, dirs, since: period.from, until: period.to, writers: [], strict: false };
  return { rows, basis: await query(sandbox, question, { sink, signal }) };
}
