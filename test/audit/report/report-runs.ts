import { join } from 'node:path';
import { after } from 'node:test';
import type { Sandbox } from '../../../src/audit/query/sandbox.ts';
import { BUILT_IN, loadReports } from '../../../src/audit/report/library.ts';
import { valuesFor, withEnd } from '../../../src/audit/report/question.ts';
import { COMMITS, ENTITLEMENTS, REVIEWS, type Report } from '../../../src/audit/report/report.ts';
import { readReviews } from '../../../src/audit/report/reviews.ts';
import { emptyTable, keepTables, type TableOfLog, type TableRows } from '../../../src/audit/report/table.ts';
import { readCommits } from '../../../src/cli/audit/commits.ts';
import { ENTITLEMENT_COLUMNS } from '../../../src/cli/audit/policy.ts';
import { type Answer, createAsk, openSandbox } from '../query/ask.ts';
import { END } from './report-log.ts';

export const reports: ReadonlyMap<string, Report> = await loadReports([BUILT_IN]);

/** Runs a built-in report over a log, as its end says. */
export type RunReport = (name: string, dir: string, given?: Readonly<Record<string, string>>) => Promise<Answer>;

/** With tables that end with the test file: two grants, and one who left. */
export async function createRunReport(): Promise<RunReport> {
  const sandbox = openSandbox();
  const ask = createAsk(sandbox);
  const { tables, remove } = await keepTables([granted, leavers, ...optional()]);
  after(remove);
  return async (name, dir, given = {}) => {
    const report = reports.get(name);
    if (report === undefined) throw new TypeError(`there is no report ${name}`);
    const values = withEnd(report, valuesFor(report, new Map(Object.entries(given))), END);
    const ofLog = [
      ...(report.views.includes(COMMITS) ? [await commitsIn(dir, sandbox)] : []),
      ...(report.views.includes(REVIEWS) ? [await readReviews(sandbox, { ...WHOLE, dirs: [dir] })] : []),
    ];
    const kept = await keepTables(ofLog.map(({ table }) => table));
    const brought = { values, tables: [...tables, ...kept.tables] };
    return ask(dir, report.sql, { brought }).finally(kept.remove);
  };
}

const grant = {
  ...{ claims: [], members: [], role: 'analyst', server: 'warehouse', tool: 'drop', class: 'destructive' },
  ...{ starts: null, until: null, left_by_guardrails: 'all', guardrails: '', why: 'on call', ticket: 'OPS-1' },
  ...{ granted_in: 'g.yaml:3', allowed_in: 'a.yaml:3' },
};

/** Used: ana's through her group, and the robot's. Not: ben's, who was refused, and what begins later. */
const granted: TableRows = {
  name: ENTITLEMENTS,
  columns: ENTITLEMENT_COLUMNS,
  rows: [
    { ...grant, subject: 'group:dba', kind: 'group', name: 'dba', claims: ['dba'] },
    { ...grant, subject: 'user:ben@acme.co', kind: 'user', name: 'ben@acme.co' },
    { ...grant, subject: 'robot:nightly', kind: 'robot', name: 'nightly', server: 'github', tool: 'search' },
    { ...grant, subject: 'user:*', kind: 'users', name: '', tool: 'later', starts: '2027-01-01T00:00:00' },
  ],
};

const WHOLE = { since: null, until: END, writers: [], strict: false };

/** As the log alone tells: there is no repository. */
function commitsIn(dir: string, sandbox: Sandbox): Promise<TableOfLog> {
  const question = { ...WHOLE, dirs: [dir] };
  return readCommits({ config: join(dir, 'gateway.config.yaml'), sandbox, question, environment: {} });
}

function optional(): readonly TableRows[] {
  return [...reports.values()].flatMap(({ table }) => (table === null || table.required ? [] : [emptyTable(table)]));
}

const leavers: TableRows = {
  name: 'leavers',
  columns: [
    ['actor', 'VARCHAR'],
    ['ended', 'DATE'],
  ],
  rows: [{ actor: 'Ben@acme.co', ended: '2026-11-10' }],
};
