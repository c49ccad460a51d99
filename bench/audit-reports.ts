import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BroughtTable } from '../src/audit/query/sandbox-messages.ts';
import { VIEWS } from '../src/audit/query/views.ts';
import { BUILT_IN, loadReports } from '../src/audit/report/library.ts';
import { valuesFor, withEnd } from '../src/audit/report/question.ts';
import { COMMITS, ENTITLEMENTS, REVIEWS, type Report } from '../src/audit/report/report.ts';
import { REVIEW_COLUMNS } from '../src/audit/report/reviews.ts';
import { emptyTable } from '../src/audit/report/table.ts';
import { COMMIT_COLUMNS } from '../src/cli/audit/commits.ts';
import { ENTITLEMENT_COLUMNS } from '../src/cli/audit/policy.ts';
import { SERVERS, TEAMS, TOOLS } from './audit-log.ts';
import type { BenchQuestion } from './audit-question.ts';

/** A report as a question, but for where it is put and how. */
export type BenchReport = Pick<BenchQuestion, 'sql' | 'brought'> & Pick<Report, 'name'>;

const LEAVERS = 20;

/** The reports that come with the program and read the log, with their defaults; tables they ask for go into `folder`. */
export async function benchReports(folder: string, end: Date): Promise<readonly BenchReport[]> {
  const entitlements = keep(folder, { name: ENTITLEMENTS, columns: ENTITLEMENT_COLUMNS }, entitlementRows());
  const commits = keep(folder, { name: COMMITS, columns: COMMIT_COLUMNS }, []);
  const reviews = keep(folder, { name: REVIEWS, columns: REVIEW_COLUMNS }, []);
  const reports = await loadReports([BUILT_IN]);
  const read = [...reports.values()].filter(({ views }) => views.some((view) => Object.hasOwn(VIEWS, view)));
  return read.map((report) => {
    const { name, sql, table, views } = report;
    const wanted = table === null ? [] : [keep(folder, emptyTable(table), table.required ? leaverRows() : [])];
    const offered = [
      ...(views.includes(ENTITLEMENTS) ? [entitlements] : []),
      ...(views.includes(COMMITS) ? [commits] : []),
      ...(views.includes(REVIEWS) ? [reviews] : []),
    ];
    const tables = [...wanted, ...offered];
    return { name, sql, brought: { tables, values: withEnd(report, valuesFor(report, new Map()), end) } };
  });
}

function keep(folder: string, table: Pick<BroughtTable, 'name' | 'columns'>, rows: readonly object[]): BroughtTable {
  const path = join(folder, `${table.name}.jsonl`);
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return { ...table, path };
}

function leaverRows(): readonly object[] {
  return Array.from({ length: LEAVERS }, (_, n) => ({ actor: `user${n * 7}@acme.co`, ended: '2026-11-01' }));
}

/** Every team may call everything. */
function entitlementRows(): readonly object[] {
  const teams = Array.from({ length: TEAMS }, (_, n) => `team-${n}`);
  return teams.flatMap((name) =>
    SERVERS.flatMap((server) =>
      TOOLS.map((tool) => ({
        ...{ subject: `group:${name}`, kind: 'group', name, claims: [name], members: [], role: 'all', server, tool },
        ...{ class: 'read', granted_in: 'policies/grants.yaml:1', allowed_in: 'policies/roles.yaml:1' },
      })),
    ),
  );
}
