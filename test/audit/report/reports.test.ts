import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { AnswerColumn, Row } from '../../../src/audit/answer/answer.ts';
import { csv } from '../../../src/audit/answer/csv.ts';
import { VIEWS } from '../../../src/audit/query/views.ts';
import type { Completeness } from '../../../src/audit/report/completeness.ts';
import { reportText, WHOLE_FORMATS } from '../../../src/audit/report/text.ts';
import { call, folder, openLog } from '../log.ts';
import { documentText, writtenDocument } from './report-document.ts';
import { signOff, writeReportLog } from './report-log.ts';
import { createRunReport, reports } from './report-runs.ts';

const run = await createRunReport();

/** After a change that is meant: `node --import tsx test/audit/report/reports.test.ts --write`. */
const GOLDEN = join(import.meta.dirname, 'golden-reports');

function csvOf({
  columns,
  rows,
}: {
  readonly columns: readonly AnswerColumn[];
  readonly rows: readonly Row[];
}): string {
  const rendering = csv({ width: null });
  const text = rendering.begin(columns) + rendering.rows(rows) + rendering.end(rows.length);
  return text.replaceAll('\r\n', '\n').replaceAll(/acme-[0-9a-f]{8}/g, 'acme-00000000');
}

test('every report says of five known weeks what it always said', async (t) => {
  const dir = folder(t);
  await writeReportLog(t, dir);
  await signOff(dir);
  for (const name of reports.keys()) {
    const path = join(GOLDEN, `${name}.csv`);
    const text = csvOf(await run(name, dir));
    if (process.argv.includes('--write')) writeFileSync(path, text);
    assert.equal(text, readFileSync(path, 'utf8'), name);
  }
});

test('parameters change what a report says', async (t) => {
  const dir = folder(t);
  await writeReportLog(t, dir);
  const count = async (name: string, given: Readonly<Record<string, string>>) =>
    (await run(name, dir, given)).rows.length;
  assert.equal(await count('access-review', { group: 'dba' }), 2);
  assert.equal(await count('dormant', { days: '5' }), 2);
  assert.equal(await count('who-can-call', { tool: 'git*/sea?ch' }), 1);
  assert.equal(await count('privileged', { class: 'write' }), 40);
  assert.equal(await count('after-hours', { from: '0', to: '24', zone: 'Asia/Tokyo' }), 1);
});

test('dormant says first of every row when the log is younger than the days asked about', async (t) => {
  const dir = folder(t);
  await writeReportLog(t, dir);
  // The log begins 35 days before the end. Who was there a while ago has not been there for five days, whatever its age.
  const findings = async (days: string) => (await run('dormant', dir, { days })).rows.map(([finding]) => finding);
  assert.deepEqual(await findings('5'), ['not used in 5 days', 'not used in 5 days']);
  assert.deepEqual(await findings('35'), ['not used in 35 days']);
  assert.deepEqual(await findings('36'), ['not known yet: only 35 of 36 days are in the log']);
});

test('a value is a value, whatever it looks like', async (t) => {
  const dir = folder(t);
  await writeReportLog(t, dir);
  assert.deepEqual((await run('access-review', dir, { group: "' OR true OR '" })).rows, []);
});

test('every report runs on a log without calls, and on records of the first version', async (t) => {
  const dirs = [folder(t), folder(t)];
  const [empty = '', old = ''] = dirs;
  await (await openLog(t, empty)).record({ ev: 'gateway.start' });
  mkdirSync(join(old, 'dt=2026-01-05'));
  const line = { v: 1, seq: 1, ts: '2026-01-05T10:00:00.000000Z', ev: 'tool.call', writer: 'acme-00000000' };
  writeFileSync(
    join(old, 'dt=2026-01-05/acme-00000000-000001.jsonl'),
    `${JSON.stringify({ ...line, actor: 'ana', tool: 'x', new_field: 1 })}\n`,
  );
  for (const name of reports.keys()) {
    for (const dir of dirs) assert((await run(name, dir)).columns.length > 1, name);
  }
});

const hostile = [
  '\u001b[2J\u202e<script>alert(1)</script>',
  '=HYPERLINK("http://evil","x")',
  '| [a](http://evil) |\n# b',
  '</td></svg><img src=x onerror=alert(1)>&"\'',
];

test('names that are markup, formulas or escape codes are text in every report and format', async (t) => {
  const dir = folder(t);
  const log = await openLog(t, dir);
  for (const name of hostile) {
    const names = { actor: name, server: name, rule: name, why: name, groups: [name], cred: name, tok: name, ip: name };
    await log.record(call(name, { ...names, risk: 'destructive', decision: 'allow', actor_type: 'human', dur_ms: 1 }));
    await log.record({ ...call(name, names), actor_type: 'robot', decision: 'deny', outcome: 'denied' });
    await log.record({
      ev: 'tool.drift',
      server: name,
      tool: name,
      detail: { kind: name, grade: name, differences: [name] },
    });
    await log.record({ ev: 'audit.read', actor: name, detail: { host: name, command: name } });
  }
  await log.close();
  for (const [name, report] of reports) {
    const answer = await run(name, dir);
    assert.doesNotMatch(csvOf(answer), /(?:^|,)"?[=+@]/m, name);
    for (const format of WHOLE_FORMATS) {
      const text = reportText(format, { report, ...answer, completeness: { ...nothing, sql: report.sql } }, 80);
      assert.doesNotMatch(text.replaceAll(/\r?\n/g, ''), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u, `${name} ${format}`);
      if (format === 'html') assert.doesNotMatch(text, /<script|<img/, name);
    }
  }
});

const nothing: Completeness = {
  ...{ report: 'x', title: 'x', version: '0', sql: '', parameters: {}, since: null, until: null },
  ...{ ran: { at: '', by: hostile[0] ?? '', host: '', program: '' }, policy: null, rows: 0 },
  ...{ files: [{ path: hostile[3] ?? '', bytes: 1, sha256: '', lines: 1 }], unreadable: [], gaps: [], heads: [] },
  ...{ archives: [], unarchived: [], gateways: [] },
  verified: {
    ok: true,
    files: 1,
    records: 1,
    signed: 0,
    keys: [],
    notes: [],
    heldAgainst: [],
    problemCount: 0,
    problems: [],
  },
};

test('every built-in report has its words, its controls and views that are there', () => {
  for (const { name, reading, controls, views, parameters } of reports.values()) {
    assert(reading.length > 40 && controls.length > 0, name);
    assert(
      parameters.every(({ meaning }) => meaning.length > 10),
      name,
    );
    const unknown = views.filter(
      (view) => !Object.hasOwn(VIEWS, view) && !['entitlements', 'commits', 'reviews'].includes(view),
    );
    assert.deepEqual(unknown, [], name);
  }
});

test('audit/reports.md tells of every report', () => {
  assert.equal(writtenDocument(), documentText(), 'run: node --import tsx test/audit/report-document.ts --write');
});
