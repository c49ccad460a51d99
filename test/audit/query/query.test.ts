import assert from 'node:assert/strict';
import { appendFileSync, chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { NoLog } from '../../../src/audit/files/log-files.ts';
import { call, filesIn, folder, openLog, recordsIn, writeChain } from '../log.ts';
import { createAsk } from './ask.ts';

const ask = createAsk();

/** One call at noon of each of these days of November 2026. */
async function writeDays(t: TestContext, days: readonly number[]): Promise<string> {
  const dir = folder(t);
  const clock = { now: new Date(Date.UTC(2026, 10, days[0])) };
  const log = await openLog(t, dir, { now: () => clock.now });
  for (const day of days) {
    clock.now = new Date(Date.UTC(2026, 10, day, 12));
    await log.record(call(`day_${day}`));
  }
  await log.close();
  return dir;
}

test('each view holds its records', async (t) => {
  const dir = folder(t);
  const log = await openLog(t, dir);
  await log.record({ ev: 'gateway.start' });
  await log.record(call('echo'));
  await log.record(call('drop', { decision: 'deny', outcome: 'denied', why: 'no_grant' }));
  await log.record({ ev: 'auth.fail', why: 'expired' });
  await log.record({ ev: 'config.reload', cfg: 'abc' });
  await log.record({ ev: 'config.reject' });
  for (const [view, count] of Object.entries({ audit: 6, calls: 2, attempts: 0, denied: 2, config_changes: 2 })) {
    assert.deepEqual((await ask(dir, `SELECT count(*) FROM ${view}`)).rows, [[count]], view);
  }
});

test('values come as plain data: big numbers exact, moments in ISO 8601, arguments reachable by name', async (t) => {
  const dir = folder(t);
  const log = await openLog(t, dir);
  const at = new Date('2026-11-22T14:40:00.120Z');
  await log.record(call('echo', { at, groups: ['a', 'b'], args: Buffer.from('{"channel":"#ops"}'), dur_ms: 1.25 }));
  const { columns, rows } = await ask(
    dir,
    `SELECT seq, ts, groups, args, args->>'channel' AS channel, dur_ms, NULL AS none, 9007199254740993 AS big,
       ts::DATE AS day, [ts] AS list, {'a': 1} AS pair, MAP {'k': 2} AS map, 1.50 AS price, true AS yes FROM calls`,
  );
  assert.deepEqual(rows, [
    [
      ...[1, '2026-11-22T14:40:00.12Z', ['a', 'b'], '{"channel":"#ops"}', '#ops', 1.25, null, '9007199254740993'],
      ...['2026-11-22', ['2026-11-22T14:40:00.12Z'], { a: 1 }, { k: 2 }, 1.5, true],
    ],
  ]);
  assert.deepEqual(
    columns.filter(({ kind }) => kind === 'number' || kind === 'json').map(({ name, kind }) => `${name} ${kind}`),
    ['seq number', 'args json', 'dur_ms number', 'none number', 'big number', 'price number'],
  );
});

test('since and until bound the moments and choose the files', async (t) => {
  const dir = await writeDays(t, [10, 11, 12, 13, 14]);
  const bounds = { since: new Date('2026-11-11T12:00:00Z'), until: new Date('2026-11-13T12:00:00Z') };
  const { rows, files } = await ask(dir, 'SELECT tool FROM calls ORDER BY ts', bounds);
  assert.deepEqual(rows, [['day_11'], ['day_12']]);
  assert.equal(files, 4);
});

test('bounds that leave no file leave no rows', async (t) => {
  const dir = await writeDays(t, [10]);
  const { rows, files } = await ask(dir, 'SELECT count(*) FROM calls', { since: new Date('2026-12-01') });
  assert.deepEqual([rows, files], [[[0]], 0]);
});

test('several folders are one log', async (t) => {
  const dirs = [await writeDays(t, [10]), await writeDays(t, [11])];
  assert.deepEqual((await ask(dirs, 'SELECT count(DISTINCT writer) FROM audit')).rows, [[2]]);
});

test('a line that is being written is left out and counted', async (t) => {
  const dir = folder(t);
  await writeChain(t, dir);
  const [file = ''] = filesIn(dir);
  chmodSync(file, 0o640);
  appendFileSync(file, '{"v":1,"seq":12,"ts":"2026-');
  const { rows, unreadable } = await ask(dir, 'SELECT count(*) FROM audit');
  assert.deepEqual([rows, unreadable], [[[11]], [{ file, lines: 1, live: true }]]);
});

test('unreadable lines of a finished file are left out, counted and told apart', async (t) => {
  const dir = folder(t);
  await writeChain(t, dir, { settings: { rotateBytes: 900 } });
  const [file = ''] = filesIn(dir);
  const whole = recordsIn(dir).length;
  chmodSync(file, 0o640);
  const lines = readFileSync(file, 'utf8').split('\n');
  writeFileSync(
    file,
    [lines[0], 'garbage', '{"v":1,"seq":"x","ts":"2026-11-22T00:00:00Z"}', ...lines.slice(1)].join('\n'),
  );
  const { rows, unreadable } = await ask(dir, 'SELECT count(*) FROM audit');
  assert.deepEqual([rows, unreadable], [[[whole]], [{ file, lines: 2, live: false }]]);
});

test('a finished file is one also when its later ones are out of bounds', async (t) => {
  const dir = await writeDays(t, [10, 12]);
  const [file = ''] = filesIn(dir);
  chmodSync(file, 0o640);
  appendFileSync(file, 'garbage\n');
  const { unreadable } = await ask(dir, 'FROM audit', { until: new Date('2026-11-10') });
  assert.deepEqual(unreadable, [{ file, lines: 1, live: false }]);
});

test('an empty folder is no log', async (t) => {
  await assert.rejects(ask(join(folder(t), 'none'), 'SELECT 1'), NoLog);
});

test('an unknown column is told with names that are near', async (t) => {
  const dir = await writeDays(t, [10]);
  await assert.rejects(ask(dir, 'SELECT tol FROM calls'), /Binder Error: .*"tol" not found[\s\S]*"tool"/);
});

test('a folder whose name holds a quote can be read', async (t) => {
  const dir = join(folder(t), "it's");
  await writeChain(t, dir);
  assert.deepEqual((await ask(dir, 'SELECT count(*) FROM audit')).rows, [[11]]);
});
