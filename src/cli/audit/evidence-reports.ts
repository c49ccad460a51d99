import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import type { AnswerColumn, Row } from '../../audit/answer/answer.ts';
import { csv } from '../../audit/answer/csv.ts';
import type { PackedReport, PackReports } from '../../audit/evidence/assembly.ts';
import type { Pack } from '../../audit/evidence/pack.ts';
import type { Asking } from '../../audit/evidence/records.ts';
import type { Trust } from '../../audit/integrity/trust.ts';
import { type Basis, type Question, query } from '../../audit/query/query.ts';
import type { BoundValue, BroughtTable } from '../../audit/query/sandbox-messages.ts';
import { completenessOf, type LogLook, type Ran } from '../../audit/report/completeness.ts';
import { missingViews, valuesFor, withEnd } from '../../audit/report/question.ts';
import { COMMITS, ENTITLEMENTS, REVIEWS, type Report } from '../../audit/report/report.ts';
import { readReviews } from '../../audit/report/reviews.ts';
import { emptyTable, keepTables, type TableOfLog, type TableRows } from '../../audit/report/table.ts';
import { reportText } from '../../audit/report/text.ts';
import { UsageError } from '../command.ts';
import type { PolicyTable } from './policy.ts';

export interface ReportsParts extends Asking {
  readonly reports: readonly Report[];
  readonly trust: Trust;
  readonly ran: Ran;
  /** What was granted when the period ended; throws `UsageError` when that cannot be had. */
  policy(): Promise<PolicyTable>;
  /** Which commits came into force in the period. */
  commits(): Promise<TableOfLog>;
  /** Told how much is done, from 0 to 1. */
  progress(done: number): void;
}

/** A page of more rows is of no use to a reader; the rows themselves are all there. */
const PAGE_ROWS_MAX = 10_000;

/** Reports that `controls` name: their section, or framework and section. Throws `UsageError` for one without any. */
export function reportsFor(reports: Iterable<Report>, controls: readonly string[]): readonly Report[] {
  const all = [...reports];
  for (const control of controls) {
    if (all.some((report) => isFor(report, control))) continue;
    throw new UsageError(`no report is evidence for ${control}; gatehouse audit reports NAME tells what one is for`);
  }
  return controls.length === 0 ? all : all.filter((report) => controls.some((control) => isFor(report, control)));
}

function isFor({ controls }: Report, wanted: string): boolean {
  const text = wanted.toLowerCase().replace(/:/g, '');
  return controls.some(({ framework, sections }) =>
    sections
      .toLowerCase()
      .split(/, */)
      .some((section) => text === section || text === `${framework.toLowerCase()} ${section}`),
  );
}

/** Runs each report over the period: rows as CSV, a page, and what they rest on. */
export function createPackReports(parts: ReportsParts): PackReports {
  return async (pack, look) => {
    const packed: PackedReport[] = [];
    const leftOut: string[] = [];
    const { reports } = parts;
    const granted = await offer(ENTITLEMENTS, reports, parts.policy);
    const commits = await offer(COMMITS, reports, parts.commits);
    const reviews = await offer(REVIEWS, reports, () => readReviews(parts.sandbox, questionOf(parts), parts.signal));
    const offered = [granted, commits, reviews].flatMap(({ value }) => value?.table ?? []);
    const { tables, remove } = await keepTables([...offered, ...emptyTables(parts)]);
    try {
      for (const [index, report] of reports.entries()) {
        const why = whyNot(report, tables, [granted, commits, reviews]);
        if (why === null)
          packed.push(await packReport({ pack, look, report, tables, granted, ofLog: [commits, reviews] }, parts));
        else leftOut.push(`the report ${report.name}: ${why}`);
        parts.progress((index + 1) / reports.length);
      }
    } finally {
      await remove();
    }
    return { reports: packed, leftOut };
  };
}

/** The question of the period, but for its statement. */
export function questionOf({ dirs, period }: Pick<Asking, 'dirs' | 'period'>): Omit<Question, 'sql'> {
  return { dirs, since: period.from, until: period.to, writers: [], strict: false };
}

/** Those that reports can do without. */
function emptyTables({ reports }: ReportsParts): readonly TableRows[] {
  return reports.flatMap(({ table }) => (table === null || table.required ? [] : [emptyTable(table)]));
}

/** What reports that name `view` need besides the log. */
interface Offered<T> {
  readonly view: string;
  /** Null when nobody needs it, or it could not be had. */
  readonly value: T | null;
  /** Why it could not be had; empty when it could. */
  readonly why: string;
}

async function offer<T>(view: string, reports: readonly Report[], get: () => Promise<T>): Promise<Offered<T>> {
  if (!reports.some(({ views }) => views.includes(view))) return { view, value: null, why: '' };
  try {
    return { view, value: await get(), why: '' };
  } catch (error) {
    if (error instanceof UsageError) return { view, value: null, why: error.message };
    throw error;
  }
}

/** Why a report cannot be run without somebody's help; null when it can. */
function whyNot(report: Report, tables: readonly BroughtTable[], offered: readonly Offered<unknown>[]): string | null {
  const required = report.parameters.find((parameter) => parameter.default === null);
  if (required !== undefined) return `it needs to be told ${required.name}: ${required.meaning}`;
  if (report.table?.required) return `it needs a table of yours: gatehouse audit report ${report.name} --file FILE`;
  const withheld = offered.find(({ view, why }) => report.views.includes(view) && why !== '');
  if (withheld !== undefined) return withheld.why;
  const [missing] = missingViews(report, tables);
  return missing === undefined ? null : `it reads ${missing}, which is no view`;
}

interface ReportTask {
  readonly pack: Pack;
  readonly look: LogLook;
  readonly report: Report;
  readonly tables: readonly BroughtTable[];
  readonly granted: Offered<PolicyTable>;
  readonly ofLog: readonly Offered<TableOfLog>[];
}

async function packReport(task: ReportTask, parts: ReportsParts): Promise<PackedReport> {
  const { pack, look, report } = task;
  const isRead = ({ view }: Offered<unknown>): boolean => report.views.includes(view);
  const policy = isRead(task.granted) ? (task.granted.value?.basis ?? null) : null;
  const besides = task.ofLog.filter(isRead).flatMap(({ value }) => value?.basis ?? []);
  const { dirs, period, ran, trust } = parts;
  const values = valuesFor(report, new Map());
  const { basis, columns, rows } = await packRows(task, values, parts);
  const completeness = await completenessOf({
    ...{ report, values, dirs, since: period.from, until: period.to, ran, policy, basis, besides, trust, look },
  });
  const path = `reports/${report.name}`;
  const files = [`${path}.csv`, `${path}.completeness.json`];
  await pack.add(`${path}.completeness.json`, `${JSON.stringify(completeness, null, 2)}\n`);
  if (rows !== null) {
    await pack.add(`${path}.html`, reportText('html', { report, columns, rows, completeness }, null));
    files.push(`${path}.html`);
  }
  return { name: report.name, title: report.title, rows: basis.rows, files };
}

interface Rows {
  readonly basis: Basis;
  readonly columns: readonly AnswerColumn[];
  /** Null when there are too many for a page. */
  readonly rows: readonly Row[] | null;
}

async function packRows(
  { pack, report, tables }: ReportTask,
  values: readonly BoundValue[],
  parts: ReportsParts,
): Promise<Rows> {
  const rendering = csv({ width: null });
  const text = new PassThrough();
  const rows: Row[] = [];
  let columns: readonly AnswerColumn[] = [];
  const sink = {
    progress: () => undefined,
    columns: (told: readonly AnswerColumn[]) => {
      columns = told;
      text.write(rendering.begin(told));
    },
    rows: async (some: readonly Row[]) => {
      if (rows.length <= PAGE_ROWS_MAX) rows.push(...some);
      if (!text.write(rendering.rows(some))) await once(text, 'drain');
      return true;
    },
  };
  const question = {
    ...{ ...questionOf(parts), sql: report.sql },
    brought: { values: withEnd(report, values, parts.period.to), tables },
  };
  const adding = pack.add(`reports/${report.name}.csv`, text).catch((error: unknown) => {
    // Whoever waits for the stream to drain is told.
    text.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  });
  const [basis] = await Promise.all([
    query(parts.sandbox, question, { sink, signal: parts.signal }).then((found) => {
      text.end();
      return found;
    }),
    adding,
  ]).catch((error: unknown) => {
    text.destroy();
    throw error;
  });
  return { basis, columns, rows: rows.length > PAGE_ROWS_MAX ? null : rows };
}
