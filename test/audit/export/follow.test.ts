import assert from 'node:assert/strict';
import { appendFileSync, chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { writerOf } from '../../../src/audit/files/log-files.ts';
import type { AuditLog } from '../../../src/audit/record/event.ts';
import { gatehouse } from '../../cli/console.ts';
import { until } from '../../fixtures/until.ts';
import { call, filesIn, folder, openLog, recordsIn } from '../log.ts';
import { type Exporter, isOfGateway, startExport } from './follower.ts';

/** Longer than the pause between two looks. */
const LOOK_MS = 1500;

async function recordCalls(log: AuditLog, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) await log.record(call('create', { args: Buffer.from('{"text":"grüße"}') }));
}

/** `WRITER:SEQ` of all that gateways wrote into these folders, sorted. */
const idsIn = (...dirs: readonly string[]) =>
  dirs
    .flatMap(recordsIn)
    .map(({ writer, seq }) => `${writer}:${seq}`)
    .filter(isOfGateway)
    .sort();

async function stop({ child, ended }: Exporter): Promise<void> {
  child.kill('SIGTERM');
  assert.equal(await ended(), 0);
}

/** A file of a day and writer of its own, not finished. */
function handWritten(t: TestContext): {
  readonly dir: string;
  readonly file: string;
  readonly line: (seq: number) => string;
} {
  const dir = folder(t);
  mkdirSync(join(dir, 'dt=2026-11-22'));
  const file = join(dir, 'dt=2026-11-22', 'acme-1a2b3c4d-000001.jsonl');
  const line = (seq: number) =>
    `{"v":1,"seq":${seq},"ts":"2026-11-22T10:00:00.000000Z","ev":"tool.call","writer":"acme-1a2b3c4d"}\n`;
  return { dir, file, line };
}

test('what is there, what is appended, other files, days and writers come once each, in order', async (t) => {
  const [dir, other] = [folder(t), folder(t)];
  let now = new Date('2026-11-20T23:00:00Z');
  const first = await openLog(t, dir, { now: () => now, settings: { rotateBytes: 2000 } });
  await recordCalls(first, 20);
  const exporter = startExport(t, `--follow --dir ${dir} --dir ${other}`);
  await exporter.has(20);
  await recordCalls(first, 20);
  const second = await openLog(t, other, { gatewayName: 'beta' });
  await recordCalls(second, 5);
  await exporter.has(idsIn(dir, other).length);
  now = new Date('2026-11-22T01:00:00Z');
  await recordCalls(first, 5);
  await first.close();
  await second.close();
  await exporter.has(idsIn(dir, other).length);
  const files = filesIn(dir).filter((path) => isOfGateway(writerOf(basename(path))));
  assert(files.length > 4 && new Set(files.map(dirname)).size === 2);
  await sleep(LOOK_MS);
  assert.deepEqual([...exporter.ids()].sort(), idsIn(dir, other));
  const seqs = exporter
    .ids()
    .filter((id) => id.startsWith('acme'))
    .map((id) => Number(id.split(':')[1]));
  assert.deepEqual(
    seqs,
    seqs.toSorted((a, b) => a - b),
  );
  assert.equal(exporter.err(), '');
  await stop(exporter);
});

test('a file that is sealed meanwhile is neither repeated nor lost, wherever reading was', async (t) => {
  const dir = folder(t);
  const now = () => new Date('2026-11-20T10:00:00Z');
  const log = await openLog(t, dir, { now, settings: { rotateBytes: 2000 } });
  await recordCalls(log, 20);
  const exporter = startExport(t, `--follow --dir ${dir} --writer acme`);
  await exporter.has(20);
  await recordCalls(log, 3);
  const ids = idsIn(dir);
  await log.close();
  assert.match((await gatehouse(`audit seal --write --dir ${dir}`, dir)).out, /^Sealed [4-9] files/);
  await exporter.has(ids.length);
  await sleep(LOOK_MS);
  assert.deepEqual([...exporter.ids()].sort(), ids);
  await stop(exporter);
});

test('a line comes when it is whole, and lines that are no records are told once', async (t) => {
  const { dir, file, line } = handWritten(t);
  writeFileSync(file, `${line(1)}garbage\n${line(2)}${line(3).slice(0, 40)}`);
  const exporter = startExport(t, `--follow --dir ${dir}`);
  await exporter.has(2);
  await sleep(LOOK_MS);
  appendFileSync(file, line(3).slice(40, 60));
  await sleep(LOOK_MS);
  assert.equal(exporter.ids().length, 2);
  appendFileSync(file, `${line(3).slice(60)}${line(6)}`);
  await exporter.has(4);
  await sleep(LOOK_MS);
  assert.deepEqual(
    exporter.ids().map((id) => id.split(':')[1]),
    ['1', '2', '3', '6'],
  );
  const told = exporter.err().trim().split('\n');
  assert.equal(told.length, 2, exporter.err());
  assert.match(told[0] ?? '', /left out 1 line of .*-000001\.jsonl: unreadable/);
  assert.match(told[1] ?? '', /acme-1a2b3c4d lacks the records between 3 and 6/);
  await stop(exporter);
});

test('the end of a file that was torn off is told when the file is finished', async (t) => {
  const { dir, file, line } = handWritten(t);
  writeFileSync(file, `${line(1)}${line(2).slice(0, 40)}`);
  const exporter = startExport(t, `--follow --dir ${dir}`);
  await exporter.has(1);
  assert.equal(exporter.err(), '');
  chmodSync(file, 0o440);
  await until(() => /left out 1 line/.test(exporter.err()), 'the torn line');
  await sleep(LOOK_MS);
  assert.equal(exporter.err().trim().split('\n').length, 1);
  await stop(exporter);
});

test('it ends when nobody reads on, and by Ctrl-C', async (t) => {
  const { dir, file, line } = handWritten(t);
  writeFileSync(file, line(1));
  const [left, interrupted] = [startExport(t, `--follow --dir ${dir}`), startExport(t, `--follow --dir ${dir}`)];
  await Promise.all([left.has(1), interrupted.has(1)]);
  interrupted.child.kill('SIGINT');
  left.child.stdout?.destroy();
  appendFileSync(file, line(2));
  assert.deepEqual(await Promise.all([left.ended(), interrupted.ended()]), [0, 0]);
});

test('following has no end, needs a log and says so', async (t) => {
  const dir = folder(t);
  const until = await gatehouse(`audit export --as ecs --follow --until 1h --dir ${dir}`, dir);
  assert.deepEqual([until.code, /--until ends what --follow/.test(until.err)], [2, true]);
  const none = await gatehouse(`audit export --as ecs --follow --dir ${dir}`, dir);
  assert.deepEqual([none.code, /there is no audit log in/.test(none.err)], [2, true]);
});
