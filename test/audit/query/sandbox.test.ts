import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeLog } from '../../../bench/audit-log.ts';
import type { Row } from '../../../src/audit/answer/answer.ts';
import { NoLog } from '../../../src/audit/files/log-files.ts';
import { verify } from '../../../src/audit/integrity/verify.ts';
import { query } from '../../../src/audit/query/query.ts';
import type { QueryFailed } from '../../../src/audit/query/sandbox.ts';
import { filesIn, folder, linesOf } from '../log.ts';
import { createAsk, openSandbox } from './ask.ts';

const sandbox = openSandbox();
const ask = createAsk(sandbox);

/** 24 000 records of two writers over three days: more than a message holds. */
function largeLog(t: Parameters<typeof folder>[0]): string {
  const dir = folder(t);
  makeLog(dir, { records: 24_000, days: 3, writers: 2, seed: 7 });
  return dir;
}

function append(file: string, text: string): void {
  chmodSync(file, 0o640);
  appendFileSync(file, text);
  chmodSync(file, 0o440);
}

function codeOf(asked: Promise<unknown>): Promise<string> {
  return asked.then(
    () => 'answered',
    (error: QueryFailed) => error.code,
  );
}

/** Counts rows, and stops asking for more when `wanted` says so. */
function counting(wanted: (seen: number) => boolean): {
  readonly sink: Parameters<typeof query>[2]['sink'];
  readonly seen: () => number;
} {
  let seen = 0;
  const rows = (some: readonly Row[]) => {
    seen += some.length;
    return wanted(seen);
  };
  return { sink: { columns: () => undefined, rows, progress: () => undefined }, seen: () => seen };
}

function questionFor(dir: string, sql: string): Parameters<typeof query>[1] {
  return { sql, dirs: [dir], since: null, until: null, writers: [], strict: false };
}

test('the generated log is a valid one, and the same for the same seed', async (t) => {
  const [one, two] = [folder(t), folder(t)];
  for (const dir of [one, two]) makeLog(dir, { records: 500, days: 2, writers: 2, seed: 3 });
  assert.deepEqual([(await verify([one])).records, (await verify([one])).problems], [500, []]);
  assert.deepEqual(filesIn(one).map(linesOf), filesIn(two).map(linesOf));
});

test('a large answer comes whole and in order', async (t) => {
  const { rows } = await ask(largeLog(t), 'SELECT writer, seq FROM audit');
  assert.equal(rows.length, 24_000);
  const bySeq = new Map<unknown, number>();
  for (const [writer, seq] of rows) {
    assert.equal(seq, (bySeq.get(writer) ?? 0) + 1);
    bySeq.set(writer, Number(seq));
  }
});

test('a damaged line far behind the first rows is left out of a large answer, and counted', async (t) => {
  const dir = largeLog(t);
  const last = filesIn(dir).at(-1) ?? '';
  append(last, 'garbage\n');
  const { rows, unreadable } = await ask(dir, 'SELECT * FROM audit');
  assert.equal(rows.length, 24_000);
  assert.deepEqual(unreadable, [{ file: last, lines: 1, live: false }]);
});

test('an answer that fails on its way is never taken for a whole one', async (t) => {
  const dir = largeLog(t);
  const sql = "SELECT CASE WHEN range = 9000000 THEN 'x'::INT ELSE 1 END FROM range(10000000)";
  const { sink } = counting((seen) => seen < 1);
  await assert.rejects(
    query(sandbox, questionFor(dir, sql), { sink }),
    /Conversion Error: Could not convert string 'x'/,
  );
});

test('a field of the wrong type is told of, though its line is a record', async (t) => {
  const dir = folder(t);
  makeLog(dir, { records: 10, days: 1, writers: 1, seed: 1 });
  const [file = ''] = filesIn(dir);
  append(file, '{"v":1,"seq":11,"ts":"2026-11-22T00:00:00.000000Z","dur_ms":"long"}\n');
  const { rows, unreadable } = await ask(dir, 'SELECT count(*), count(dur_ms) FROM audit');
  assert.deepEqual([rows[0]?.[0], unreadable], [11, [{ file, lines: 0, live: false }]]);
});

test('strict refuses an answer without the damaged lines', async (t) => {
  const dir = folder(t);
  makeLog(dir, { records: 10, days: 2, writers: 1, seed: 1 });
  append(filesIn(dir)[0] ?? '', 'garbage\n');
  assert.equal(await codeOf(ask(dir, 'FROM audit', { strict: true })), 'damaged');
  assert.equal(await codeOf(ask(dir, 'FROM audit')), 'answered');
});

test('when no more rows are wanted the rest is counted', async (t) => {
  const dir = largeLog(t);
  const { sink, seen } = counting((count) => count < 1_000);
  const { rows } = await query(sandbox, questionFor(dir, 'SELECT seq FROM audit'), { sink });
  assert.deepEqual([rows, seen()], [24_000, 1_024]);
});

test('writers choose files by gateway or by start', async (t) => {
  const dir = largeLog(t);
  const [[writer] = []] = (await ask(dir, 'SELECT min(writer) FROM audit')).rows;
  for (const name of [String(writer), String(writer).slice(0, -9)]) {
    const { rows, files } = await ask(dir, 'SELECT count(*) FROM audit', { writers: [name] });
    assert.deepEqual([rows, files], [[[12_000]], 3], name);
  }
});

test('a missing file between two is told with the records it held', async (t) => {
  const dir = folder(t);
  makeLog(dir, { records: 30, days: 3, writers: 1, seed: 1 });
  const [, second = '', third = ''] = filesIn(dir);
  renameSync(second, join(folder(t), 'gone'));
  const { gaps } = await ask(dir, 'FROM audit');
  assert.deepEqual(
    gaps.map(({ after, before, file }) => [after, before, file]),
    [[10, 21, third]],
  );
});

test('records of a later shape are told of', async (t) => {
  const dir = folder(t);
  makeLog(dir, { records: 10, days: 1, writers: 1, seed: 1 });
  const [file = ''] = filesIn(dir);
  append(file, '{"v":2,"seq":11,"ts":"2026-11-22T00:00:00.000000Z","new":1}\n');
  assert.deepEqual(
    (await ask(dir, 'FROM audit')).newer.map(({ path }) => path),
    [file],
  );
});

test('a link out of the folder and what is no file are not read', async (t) => {
  const dir = folder(t);
  makeLog(dir, { records: 10, days: 1, writers: 1, seed: 1 });
  const secret = join(folder(t), 'secret');
  writeFileSync(secret, '{"v":1}\n');
  const named = join(dir, 'dt=2026-11-22', 'gw9-00000000-000001.jsonl');
  symlinkSync(secret, named);
  await assert.rejects(ask(dir, 'FROM audit'), (error) => error instanceof NoLog && /link out of/.test(error.message));
  renameSync(named, join(folder(t), 'gone'));
  execFileSync('mkfifo', [named]);
  await assert.rejects(ask(dir, 'FROM audit'), /is not a file/);
});

test('a folder whose name looks like a pattern is read', async (t) => {
  const dir = join(folder(t), 'a[b]*?');
  mkdirSync(dir);
  makeLog(dir, { records: 10, days: 1, writers: 1, seed: 1 });
  assert.deepEqual((await ask(dir, 'SELECT count(*) FROM audit')).rows, [[10]]);
});

/** Endless, and quick to be interrupted. */
const ENDLESS = 'SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b';

test('a statement that takes too long is stopped, and the next is answered', async (t) => {
  const dir = largeLog(t);
  const hasty = createAsk(openSandbox({ timeoutMs: 4_000 }));
  await assert.rejects(hasty(dir, ENDLESS), /no answer within 4 s: .*--timeout/);
  assert.deepEqual((await hasty(dir, 'SELECT 1')).rows, [[1]]);
});

test('a statement is interrupted from outside', async (t) => {
  const dir = largeLog(t);
  const stop = AbortSignal.timeout(300);
  const { sink } = counting(() => true);
  const asked = query(sandbox, questionFor(dir, ENDLESS), { sink, signal: stop });
  assert.equal(await codeOf(asked), 'interrupted');
});

test('memory has a limit, of DuckDB and of the process', async (t) => {
  const dir = largeLog(t);
  const small = createAsk(openSandbox({ memoryBytes: 64 * 1024 * 1024 }));
  await assert.rejects(small(dir, 'SELECT list(repeat(args::VARCHAR, 200)) FROM audit'), /more than 64 MB of memory/);
  await assert.rejects(small(dir, "SELECT length(repeat('x', 3000000000))"), /more than 64 MB of memory/);
});

test('a process that dies is told in words, and the next statement has a new one', async (t) => {
  const dir = largeLog(t);
  const mortal = createAsk(openSandbox());
  const before = children();
  const asked = assert.rejects(
    mortal(dir, ENDLESS),
    /the process that ran the statement ended \(SIGABRT\).*log is untouched/,
  );
  process.kill(await childSince(before), 'SIGABRT');
  await asked;
  assert.deepEqual((await mortal(dir, 'SELECT 1')).rows, [[1]]);
});

test('the process that runs statements has neither our environment nor our folder', async (t) => {
  const dir = largeLog(t);
  process.env['GATEHOUSE_TEST_SECRET'] = 'hunter2';
  const before = children();
  t.after(() => delete process.env['GATEHOUSE_TEST_SECRET']);
  const asked = createAsk(openSandbox({ timeoutMs: 3_000 }))(dir, ENDLESS).catch(() => undefined);
  const child = await childSince(before);
  const environment = readFileSync(`/proc/${child}/environ`, 'utf8').split('\0').filter(Boolean);
  assert.deepEqual(
    environment
      .map((entry) => entry.split('=')[0])
      .filter((name) => name !== 'NODE_V8_COVERAGE')
      .sort(),
    ['NODE_CHANNEL_FD', 'NODE_CHANNEL_SERIALIZATION_MODE', 'TZ'],
  );
  assert.match(readlinkSync(`/proc/${child}/cwd`), /\/gatehouse-query-\w+$/);
  await asked;
});

function children(): readonly string[] {
  return readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim().split(' ');
}

/** The process begun since `before`, once it is at work: those of other tests live on, and numbers begin anew. */
async function childSince(before: readonly string[]): Promise<number> {
  const begun = Date.now();
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const found = children().find(
      (child) => !before.includes(child) && /gatehouse-query/.test(readlinkSync(`/proc/${child}/cwd`)),
    );
    if (found !== undefined && Date.now() - begun > 300) return Number(found);
    assert(Date.now() - begun < 60_000);
  }
}
