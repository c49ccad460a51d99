import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gatehouse } from '../../cli/console.ts';
import { until } from '../../fixtures/until.ts';
import { call, filesIn, folder, openLog, recordsIn, writeChain } from '../log.ts';
import { isOfGateway, startExport } from './follower.ts';

/** What a run prints of gateways, and not of runs before it, as `WRITER:SEQ`, and what it tells. */
async function run(
  args: string,
  cwd: string,
): Promise<{ readonly ids: readonly string[]; readonly err: string; readonly code: number }> {
  const { out, err, code } = await gatehouse(`audit export --as ecs ${args}`, cwd);
  return {
    err,
    code,
    ids: out
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line).event.id)
      .filter(isOfGateway),
  };
}

test('each run prints what is new, whatever was rotated and sealed since, into a file of its owner', async (t) => {
  const [dir, home] = [folder(t), folder(t)];
  const now = () => new Date('2026-11-20T10:00:00Z');
  const log = await openLog(t, dir, { now, settings: { rotateBytes: 2000 } });
  const printed: string[] = [];
  for (let round = 0; round < 4; round += 1) {
    for (let n = 0; n < 10; n += 1) await log.record(call('create'));
    const { ids, err, code } = await run(`--dir ${dir} --cursor siem.cursor`, home);
    assert.deepEqual([code, err, ids.length >= 10], [0, '', true]);
    printed.push(...ids);
  }
  const { writer } = Object(recordsIn(dir)[0]);
  await log.close();
  await gatehouse(`audit seal --write --dir ${dir}`, dir);
  printed.push(...(await run(`--dir ${dir} --cursor siem.cursor --writer acme`, home)).ids);
  assert.deepEqual(
    printed,
    printed.map((_, index) => `${writer}:${index + 1}`),
  );
  const cursor = join(home, 'siem.cursor');
  const { ino } = statSync(cursor);
  assert.deepEqual((await run(`--dir ${dir} --cursor siem.cursor --writer acme`, home)).ids, []);
  assert.equal(statSync(cursor).ino, ino, 'nothing new is not written anew');
  assert.deepEqual([statSync(cursor).mode & 0o777, readdirSync(home)], [0o600, ['siem.cursor']]);
  assert.equal(JSON.parse(readFileSync(cursor, 'utf8')).writers[writer].seq, printed.length);
});

test('a line without end is for the next run, and one that is no record is told once', async (t) => {
  const dir = folder(t);
  await writeChain(t, dir);
  const [file = ''] = filesIn(dir);
  const whole = readFileSync(file, 'utf8');
  chmodSync(file, 0o640);
  writeFileSync(file, `garbage\n${whole.slice(0, -30)}`);
  const first = await run(`--dir ${dir} --cursor c`, dir);
  assert.deepEqual([first.code, first.ids.length], [0, 10]);
  assert.match(first.err, /^gatehouse audit export: left out 1 line of [^\n]*\n$/);
  writeFileSync(file, `garbage\n${whole}`);
  const second = await run(`--dir ${dir} --cursor c`, dir);
  assert.deepEqual([second.code, second.err, second.ids.length], [0, '', 1]);
});

test('days that were removed before they were handed out are told; of a writer that is gone nothing is kept', async (t) => {
  const dir = folder(t);
  let now = new Date('2026-11-20T10:00:00Z');
  await writeChain(t, dir, { now: () => new Date('2026-11-19T10:00:00Z'), gatewayName: 'gone' });
  const log = await openLog(t, dir, { now: () => now });
  await log.record(call('create'));
  await run(`--dir ${dir} --cursor c`, dir);
  const kept = () =>
    Object.keys(JSON.parse(readFileSync(join(dir, 'c'), 'utf8')).writers)
      .filter(isOfGateway)
      .map((name) => name.slice(0, -9));
  assert.deepEqual(kept(), ['acme', 'gone']);
  for (now of ['2026-11-20T11:00:00Z', '2026-11-21T10:00:00Z', '2026-11-22T10:00:00Z'].map((day) => new Date(day)))
    for (let n = 0; n < 10; n += 1) await log.record(call('create'));
  for (const day of ['19', '20', '21']) rmSync(join(dir, `dt=2026-11-${day}`), { recursive: true });
  const { ids, err, code } = await run(`--dir ${dir} --cursor c`, dir);
  assert.equal(code, 0);
  assert.match(err, /^gatehouse audit export: acme-\w{8} lacks the records between 1 and 23, before or in [^\n]*\n$/);
  assert.deepEqual(
    ids.map((id) => Number(id.split(':')[1])),
    Array.from({ length: 11 }, (_, n) => 23 + n),
  );
  assert.deepEqual(kept(), ['acme']);
});

test('a file that is no cursor is named, with what to do, and left as it is', async (t) => {
  const dir = folder(t);
  await writeChain(t, dir);
  const path = join(dir, 'gateway.config.yaml');
  const entry = { day: '2026-11-22', number: 1, byte: 0, seq: 0 };
  const broken = { number: '1', byte: -1, seq: 1.5, day: 'x' };
  const texts = [
    ...[
      '',
      'audit: {}\n',
      '[]',
      'null',
      '{"version":2,"writers":{}}',
      '{"version":1}',
      '{"version":1,"writers":{"a":null}}',
    ],
    ...Object.entries(broken).map(([name, value]) =>
      JSON.stringify({ version: 1, writers: { a: { ...entry, [name]: value } } }),
    ),
  ];
  for (const text of texts) {
    writeFileSync(path, text);
    const { code, err, ids } = await run(`--dir ${dir} --cursor gateway.config.yaml`, dir);
    assert.deepEqual([code, ids], [2, []], text);
    assert(err.includes(`${path} is not a cursor of gatehouse audit export: name another file, or move it away`), err);
    assert.equal(readFileSync(path, 'utf8'), text);
  }
  for (const [place, told] of [
    ['no/folder', /ENOENT/],
    ['.', /EISDIR/],
  ] as const) {
    const { code, err } = await run(`--dir ${dir} --cursor ${place}`, dir);
    assert.deepEqual([code, told.test(err)], [2, true], err);
  }
  const { code, err } = await run(`--dir ${dir} --cursor c --until 1h`, dir);
  assert.deepEqual([code, /--until ends what --follow and --cursor go on with/.test(err)], [2, true]);
});

test('killed again and again while a gateway writes, it loses nothing and repeats only what it printed last', async (t) => {
  const [dir, home] = [folder(t), folder(t)];
  const writing = spawn(
    process.execPath,
    ['--import', 'tsx', join(import.meta.dirname, '../write/crash-writer.ts'), dir, '0'],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  t.after(() => writing.kill('SIGKILL'));
  await until(() => filesIn(dir).length > 0, 'the first file');
  const seen = new Set<number>();
  const lines = `--follow --dir ${dir} --cursor ${join(home, 'cursor')}`;
  for (let round = 0; round < 5; round += 1) {
    const exporter = startExport(t, lines);
    await exporter.has(1);
    await sleep(300 + round * 400);
    if (round === 3) writing.kill('SIGKILL');
    exporter.child.kill('SIGKILL');
    await exporter.ended();
    take(exporter.ids(), seen);
  }
  const rest = await run(`--dir ${dir} --cursor ${join(home, 'cursor')}`, home);
  take(rest.ids, seen);
  const own = recordsIn(dir).filter(({ writer }) => isOfGateway(String(writer)));
  const written = own.map(({ seq }) => Number(seq));
  assert(written.length > 1000 && filesIn(dir).length > 2, `${written.length} records in ${filesIn(dir).length} files`);
  assert.deepEqual(
    [...seen].sort((a, b) => a - b),
    written,
  );
});

/** One run's records: without a gap, nothing twice, and beginning no later than right after what is known. */
function take(ids: readonly string[], seen: Set<number>): void {
  const seqs = ids.map((id) => Number(id.split(':')[1]));
  assert(seqs.every((seq, index) => index === 0 || seq === (seqs[index - 1] ?? 0) + 1));
  assert((seqs[0] ?? 0) <= seen.size + 1, `began with ${seqs[0]} after ${seen.size}`);
  for (const seq of seqs) seen.add(seq);
}
