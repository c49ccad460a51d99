import type { Row } from '../../audit/answer/answer.ts';
import { verify } from '../../audit/integrity/verify.ts';
import type { Question } from '../../audit/query/query.ts';
import type { Sandbox } from '../../audit/query/sandbox.ts';
import { CALLS_SQL, type CallGroup, groupOf, groupsMax } from '../../audit/replay/replay.ts';
import { BUILT_IN, loadReports } from '../../audit/report/library.ts';
import { valuesFor, withEnd } from '../../audit/report/question.ts';
import { keepTables, type TableRows } from '../../audit/report/table.ts';
import { type Io, UsageError } from '../command.ts';
import { type Asked, exitCodeOf, putQuestion } from './answer.ts';
import { recordQuestion } from './record.ts';
import { pairOf } from './trim-age.ts';

export interface UsageParts {
  readonly sandbox: Sandbox;
  readonly question: Omit<Question, 'sql'>;
  /** What is granted, for the report. */
  readonly entitlements: TableRows;
  /** Unused for so many days. */
  readonly days: number;
  /** When these begin and end. */
  readonly from: Date;
  readonly to: Date;
  readonly io: Io;
}

/** What the log says of what is granted. */
export type Usage =
  | {
      readonly kind: 'told';
      /** By subject and tool, what the report `dormant` lists: the last use, epoch milliseconds; null is never. */
      readonly dormant: ReadonlyMap<string, number | null>;
      /** For how long there has been a log; null when nothing is dormant. */
      readonly observedDays: number | null;
      /** All decisions of the days asked about. */
      readonly calls: readonly CallGroup[];
      /** Whether nothing of the log is missing, changed or unreadable. */
      readonly isIntact: boolean;
    }
  | { readonly kind: 'untold'; readonly code: number };

/** Asks the report `dormant` what nobody used, so that it is that and nothing else, and then who called what. */
export async function readUsage(parts: UsageParts): Promise<Usage> {
  const { question, entitlements, days, from, to } = parts;
  const report = (await loadReports([BUILT_IN])).get('dormant');
  if (report === undefined) throw new TypeError('dormant is a report that comes with the program');
  const kept = await keepTables([entitlements]);
  try {
    const values = withEnd(report, valuesFor(report, new Map([['days', String(days)]])), to);
    const idle = await ask({ ...question, sql: report.sql, brought: { values, tables: kept.tables } }, parts);
    if (idle.asked.kind !== 'answered') return { kind: 'untold', code: exitCodeOf(idle.asked) };
    const since = question.since !== null && question.since > from ? question.since : from;
    const called = await ask({ ...question, since, sql: CALLS_SQL }, parts);
    if (called.asked.kind !== 'answered') return { kind: 'untold', code: exitCodeOf(called.asked) };
    if (called.rows.length > groupsMax) throw new UsageError('too many kinds of calls: ask about fewer --days');
    const { gaps, unarchived } = idle.asked.basis;
    const isWhole = exitCodeOf(idle.asked) === 0 && gaps.length + unarchived.length === 0;
    const isIntact = isWhole && (await verify(question.dirs)).ok;
    return { kind: 'told', ...dormantIn(idle.rows), calls: called.rows.map(groupOf), isIntact };
  } finally {
    await kept.remove();
  }
}

function dormantIn(rows: readonly Row[]) {
  const dormant = new Map<string, number | null>();
  let observedDays: number | null = null;
  for (const [_finding, subject, _role, server, tool, _class, last, _idle, _calls, observed] of rows) {
    const pair = pairOf(String(subject), { server: String(server), tool: String(tool) });
    dormant.set(pair, last === null ? null : Date.parse(String(last)));
    observedDays = Number(observed);
  }
  return { dormant, observedDays };
}

/** Puts one question and records that it was put. */
async function ask(question: Question, { sandbox, io }: UsageParts): Promise<{ rows: readonly Row[]; asked: Asked }> {
  const rows: Row[] = [];
  const outlet = {
    columns: () => undefined,
    rows: async (some: readonly Row[]) => {
      rows.push(...some);
      return true;
    },
    finish: async () => undefined,
    discard: async () => undefined,
  };
  const command = 'audit trim';
  const asked = await putQuestion({
    sandbox,
    question,
    outlet,
    io,
    command: `gatehouse ${command}`,
    interrupts: process,
  });
  await recordQuestion({ question, asked, command }, io);
  return { rows, asked };
}
