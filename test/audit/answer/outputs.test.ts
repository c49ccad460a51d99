import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { Row } from '../../../src/audit/answer/answer.ts';
import { createRendering, TEXT_FORMATS } from '../../../src/audit/answer/text.ts';
import { gatehouse, type Said } from '../../cli/console.ts';
import { call, folder, openLog, scratchFolder } from '../log.ts';

const hostile = [
  '\u001b[2J\u001b]0;owned\u0007',
  '\u009b31mred',
  '\u202egpj.exe',
  '=HYPERLINK("http://evil","x")',
  '  +1+1',
  '@SUM(A1)',
  '\uff1d1+1',
  '<script>alert(1)</script><img src=x onerror=alert(1)>',
  '| a | b |\n| --- | --- |',
  '[x](http://evil) ![y](http://evil/z.png) www.evil.example `code`',
  "' OR 1=1 --",
  'line\u2028separator\u0085next',
  '"quoted", and; separated\tby\u0000all',
];

function renderAll(format: (typeof TEXT_FORMATS)[number], width: number | null): string {
  const rendering = createRendering(format, { width, sql: 'SELECT \u001b[31m<b>' });
  const rows: readonly Row[] = hostile.map((text, index) => [index, text, JSON.stringify({ text }), [text]]);
  const columns = [
    { name: '#', kind: 'number', type: 'BIGINT' },
    { name: '<b>\u001b[1m|', kind: 'text', type: 'VARCHAR' },
    { name: 'json', kind: 'json', type: 'JSON' },
    { name: 'list', kind: 'nested', type: 'VARCHAR[]' },
  ] as const;
  return rendering.begin(columns) + rendering.rows(rows) + rendering.end(rows.length);
}

for (const format of TEXT_FORMATS) {
  test(`${format}: no text of an argument can steer a terminal`, () => {
    assert.doesNotMatch(renderAll(format, 200).replaceAll(/\r?\n/g, ''), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  });
}

test('html: no text of an argument becomes markup', () => {
  const text = renderAll('html', null);
  assert.doesNotMatch(text, /<script|<img|<b>|onerror="/);
  assert.match(text, /&lt;script&gt;alert\(1\)&lt;\/script&gt;/);
  assert.match(text, /Content-Security-Policy" content="default-src 'none'/);
  assert.match(text, /^<!doctype html>[\s\S]*<\/html>\n$/);
});

test('markdown: no text of an argument becomes markup, a link or a row', () => {
  const lines = renderAll('markdown', null).trimEnd().split('\n');
  assert.equal(lines.length, hostile.length + 2);
  const cells = lines.map((line) => line.split(/(?<!\\)\|/).length);
  assert.deepEqual(new Set(cells), new Set([6]));
  assert.doesNotMatch(lines.join('\n'), /<script|http:\/\/|www\.|(?<!\\)\[x/);
});

test('csv: no text of an argument is a formula, in a file as on a terminal', () => {
  for (const width of [null, 80]) {
    const text = renderAll('csv', width);
    assert.doesNotMatch(text, /(?:^|,)"?\s*[=+@\uff1d]/m);
    assert.match(text, /,"'=HYPERLINK\(""http:/);
  }
});

test('json: every text comes back exactly', () => {
  const texts = JSON.parse(renderAll('json', null)).map((row: Record<string, unknown>) => row['<b>\u001b[1m|']);
  assert.deepEqual(texts, hostile);
  const lines = renderAll('jsonl', null)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    lines.map((row) => [row.json.text, row.list[0]]),
    hostile.map((text) => [text, text]),
  );
});

test('a terminal is shown the first rows of a long table and told how many there are', () => {
  const rows: Row[] = Array.from({ length: 2_500 }, (_, n) => [n]);
  const long = (width: number | null): string[] => {
    const rendering = createRendering('table', { width, sql: '' });
    const head = rendering.begin([{ name: 'n', kind: 'number', type: 'BIGINT' }]);
    return (head + rendering.rows(rows.slice(0, 1_200)) + rendering.rows(rows.slice(1_200)) + rendering.end(2_500))
      .trimEnd()
      .split('\n');
  };
  assert.equal(long(80).length, 1_003);
  assert.equal(long(80).at(-1), '(the first 1000 of 2500 rows; a file or pipe gets all)');
  assert.equal(long(null).length, 2_503);
  assert.equal(long(null).at(-1), '(2500 rows)');
});

async function logOf(t: TestContext): Promise<string> {
  const cwd = folder(t);
  const at = new Date('2026-11-22T14:40:00.120Z');
  const log = await openLog(t, join(cwd, 'var/audit'), { now: () => at });
  for (const text of hostile) await log.record(call(text, { at, groups: ['a'], dur_ms: 1.5, err_code: 7 }));
  await log.close();
  return cwd;
}

function query(cwd: string, ...args: string[]): Promise<Said> {
  return gatehouse(['audit', 'query', ...args], cwd);
}

test('a parquet file is read back by another reader, value by value', async (t) => {
  const cwd = await logOf(t);
  const scratch = scratchFolder(t);
  const sql = `SELECT seq, ts, tool, groups, dur_ms, sum(err_code) OVER () AS total, ts::DATE AS day, true AS yes,
    NULL AS none, 9007199254740993 AS big, 1.25::DECIMAL(5,2) AS price, {'a': 1} AS pair, seq AS seq FROM calls ORDER BY seq`;
  assert.deepEqual(await query(cwd, '--out', 'x.parquet', sql), { code: 0, out: '', err: '' });
  const rows = await parquetReadObjects({ file: await asyncBufferFromFile(join(cwd, 'x.parquet')), compressors });
  assert.deepEqual(
    rows.map(({ tool }) => tool),
    hostile,
  );
  const { ts, groups, dur_ms, total, day, yes, none, big, price, pair, seq_1 } = rows[0] ?? {};
  assert.deepEqual(
    { ts, groups, dur_ms, total, day, yes, none, big, price, pair, seq_1 },
    {
      ...{ ts: new Date('2026-11-22T14:40:00.120Z'), groups: '["a"]', dur_ms: 1.5, total: 7 * hostile.length },
      ...{ day: new Date('2026-11-22'), yes: true, none: null, big: 9007199254740993n, price: 1.25, pair: '{"a":1}' },
      seq_1: 1n,
    },
  );
  assert.deepEqual(readdirSync(scratch), []);
});

test('--out makes a new file, in the format of its name, and never replaces one', async (t) => {
  const cwd = await logOf(t);
  const sql = 'SELECT count(*) AS n FROM calls';
  for (const [name, text] of [
    ['a.csv', `n\r\n${hostile.length}\r\n`],
    ['a.jsonl', `{"n":${hostile.length}}\n`],
    ['a.txt', ` n\n--\n${hostile.length}\n(1 row)\n`],
  ] as const) {
    assert.deepEqual(await query(cwd, '--out', name, sql), { code: 0, out: '', err: '' });
    assert.equal(readFileSync(join(cwd, name), 'utf8'), text);
  }
  writeFileSync(join(cwd, 'mine.csv'), 'mine');
  const { code, err } = await query(cwd, '--out', 'mine.csv', sql);
  assert.equal(code, 2);
  assert.match(err, /mine\.csv is there already: name a new file/);
  assert.equal(readFileSync(join(cwd, 'mine.csv'), 'utf8'), 'mine');
});

test('a statement that fails leaves no file', async (t) => {
  const cwd = await logOf(t);
  for (const name of ['b.csv', 'b.parquet']) {
    assert.equal((await query(cwd, '--out', name, 'SELECT nope')).code, 2);
    assert(!readdirSync(cwd).includes(name));
  }
});

test('each reading is recorded in a chain of its own, which verifies', async (t) => {
  const cwd = await logOf(t);
  const sql = 'SELECT actor, outcome, detail FROM audit';
  await query(cwd, sql);
  await query(cwd, '--format', 'json', `${sql} WHERE tool = 'x'`);
  await query(cwd, 'SELECT * FROM nothing');
  const asked = `${sql} WHERE ev = 'audit.read' ORDER BY seq`;
  const [first, second, ...more] = JSON.parse((await query(cwd, '--format', 'json', asked)).out);
  assert.deepEqual(more, []);
  assert.deepEqual([first.outcome, first.detail.command, first.detail.rows], ['ok', 'audit query', hostile.length]);
  assert.deepEqual([second.detail.rows, second.detail.files], [0, 2]);
  const verified = await gatehouse('audit verify --format json', cwd);
  const { ok, records, problems } = JSON.parse(verified.out);
  assert.deepEqual({ ok, records, problems }, { ok: true, records: hostile.length + 3, problems: [] });
});
