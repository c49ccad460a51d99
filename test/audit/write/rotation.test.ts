import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { basename, relative } from 'node:path';
import { test } from 'node:test';
import { verify } from '../../../src/audit/integrity/verify.ts';
import { call, filesIn, folder, linesOf, openLog, recordsIn } from '../log.ts';
import { createDisk } from './disk.ts';

test('a new file begins at midnight UTC, in the folder of its day', async (t) => {
  const dir = folder(t);
  const clock = { now: new Date('2026-11-22T23:59:59.999Z') };
  const log = await openLog(t, dir, { now: () => clock.now });
  await log.record(call('late'));
  clock.now = new Date('2026-11-23T00:00:00.000Z');
  await log.record(call('early'));
  const names = filesIn(dir).map((path) => relative(dir, path).replace(/-[0-9a-f]{8}-/, '-BOOT-'));
  assert.deepEqual(names, ['dt=2026-11-22/acme-BOOT-000001.jsonl', 'dt=2026-11-23/acme-BOOT-000002.jsonl']);
  assert.deepEqual(
    recordsIn(dir).map(({ seq, ev, tool }) => [seq, ev, tool]),
    [
      [1, 'tool.call', 'late'],
      [2, 'audit.rotate', undefined],
      [3, 'tool.call', 'early'],
    ],
  );
  assert((await verify([dir])).ok);
});

test('a new file begins when one is full, and the chain goes on', async (t) => {
  const dir = folder(t);
  const log = await openLog(t, dir, { settings: { rotateBytes: 500 } });
  for (let n = 0; n < 12; n += 1) await log.record(call(`tool_${n}`));
  const counts = filesIn(dir).map((path) => linesOf(path).length);
  assert(counts.length >= 4 && counts.every((count) => count >= 1 && count <= 3), counts.join());
  const records = recordsIn(dir);
  assert.deepEqual(
    records.map((record) => record['seq']),
    records.map((_, index) => index + 1),
  );
  const finished = filesIn(dir).slice(0, -1);
  assert.deepEqual(
    records.flatMap((record) => (record['ev'] === 'audit.rotate' ? [record['detail']] : [])),
    finished.map((path) => ({ file: basename(path), bytes: statSync(path).size })),
  );
  assert((await verify([dir])).ok);
});

test('an open file is 0640 and a finished one 0440', async (t) => {
  const dir = folder(t);
  const log = await openLog(t, dir, { settings: { rotateBytes: 1 } });
  await log.record(call('a'));
  await log.record(call('b'));
  const modes = () => filesIn(dir).map((path) => (statSync(path).mode & 0o777).toString(8));
  assert.deepEqual(modes(), ['440', '640']);
  await log.close();
  assert.deepEqual(modes(), ['440', '440']);
});

test('the folders are synced before the first record of a file', async (t) => {
  const dir = folder(t);
  const disk = createDisk();
  const log = await openLog(t, dir, { openFile: disk.openFile, now: () => new Date('2026-11-22T12:00:00Z') });
  await log.record(call('a'));
  const steps = disk.steps.map((step) => step.split(' ')[0]);
  assert(disk.steps.includes('sync dt=2026-11-22'));
  assert.equal(steps.filter((step) => step === 'sync').length, 2);
  assert(steps.lastIndexOf('sync') < steps.indexOf('write'));
});
