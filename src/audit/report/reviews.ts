import { eachRow } from '../answer/answer.ts';
import { gatewayOf, listLogFiles } from '../files/log-files.ts';
import { type Question, query } from '../query/query.ts';
import type { Sandbox } from '../query/sandbox.ts';
import { isOfCommands } from '../write/access-record.ts';
import { REVIEWS } from './report.ts';
import type { TableOfLog, TableRows } from './table.ts';

const SQL = `SELECT ts, writer, seq, actor,
  try_cast(detail->>'since' AS TIMESTAMP), try_cast(detail->>'until' AS TIMESTAMP),
  to_json(try_cast(detail->'reports' AS VARCHAR[])), nullif(detail->>'note', '')
FROM audit
WHERE ev = 'audit.review'`;

/**
 * Sign-offs that were made since the period began, those after its end as well: nobody reviews a day before it is over.
 * Only what commands recorded is read. Throws as `query` does.
 */
export async function readReviews(
  sandbox: Sandbox,
  question: Omit<Question, 'sql'>,
  signal?: AbortSignal,
): Promise<TableOfLog> {
  const ofCommands = (await listLogFiles(question.dirs)).map(({ writer }) => writer).filter(isOfCommands);
  // By their gateways, of which there are few: every record of a command is a file.
  const writers = [...new Set(ofCommands.map(gatewayOf))];
  const rows: Readonly<Record<string, unknown>>[] = [];
  const sink = eachRow(([ts, writer, seq, actor, since, until, reports, note]) => {
    const looked = { since, until, reports: typeof reports === 'string' ? JSON.parse(reports) : null, note };
    rows.push({ ts, writer, seq: Number(seq), actor, ...looked });
  });
  const outlet = signal === undefined ? { sink } : { sink, signal };
  const basis =
    writers.length === 0 ? null : await query(sandbox, { ...question, sql: SQL, until: null, writers }, outlet);
  return { table: { name: REVIEWS, columns: REVIEW_COLUMNS, rows }, basis };
}

/** The view `reviews`; `audit/reports.md` describes it. */
export const REVIEW_COLUMNS: TableRows['columns'] = [
  ['ts', 'TIMESTAMP'],
  ['writer', 'VARCHAR'],
  ['seq', 'BIGINT'],
  ['actor', 'VARCHAR'],
  ['since', 'TIMESTAMP'],
  ['until', 'TIMESTAMP'],
  ['reports', 'VARCHAR[]'],
  ['note', 'VARCHAR'],
];
