import assert from 'node:assert/strict';
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { asyncBufferFromFile, parquetMetadata, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { readManifest } from '../../../src/audit/files/manifest.ts';
import { verify } from '../../../src/audit/integrity/verify.ts';
import { COLUMNS } from '../../../src/audit/record/columns.ts';
import { gatehouse, type Said } from '../../cli/console.ts';
import { call, filesIn, folder, linesOf, openLog } from '../log.ts';
import { createAsk } from '../query/ask.ts';

const ask = createAsk();
const DAY_MS = 86_400_000;

function dayAgo(days: number): string {
  return new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);
}

/** Three days of two gateways; the newest is today. */
async function threeDays(t: TestContext): Promise<string> {
  const dir = folder(t);
  for (const days of [2, 1, 0]) {
    for (const gatewayName of ['acme', 'beta']) {
      const now = () => new Date(Date.now() - days * DAY_MS);
      const log = await openLog(t, dir, { gatewayName, now, settings: { rotateBytes: 4000 } });
      await log.record({ ev: 'gateway.start', detail: { version: '0.1.0' } });
      for (let n = 1; n <= 20; n += 1) await log.record(event(n));
      await log.close();
    }
  }
  return dir;
}

function event(n: number): ReturnType<typeof call> {
  const args = Buffer.from(JSON.stringify({ n, text: 'ä "quoted" \u0007', list: [1, { a: null }] }));
  return call(`tool_${n}`, {
    ...{ args, groups: n % 2 === 0 ? ['staff', 'a,b'] : [], dur_ms: n / 8, http: 200 },
    ...(n % 5 === 0 && { outcome: 'denied' as const, decision: 'deny' as const, why: 'no_grant' }),
  });
}

async function run(command: string, dir: string, ...more: readonly string[]): Promise<Said> {
  return gatehouse(['audit', command, '--older-than', '0d', '--dir', dir, ...more].join(' '), dir);
}

async function archived(t: TestContext): Promise<string> {
  const dir = await threeDays(t);
  assert.equal((await run('seal', dir, '--write')).code, 0);
  const { code, err } = await run('archive', dir, '--write');
  assert.deepEqual([code, err], [0, '']);
  return dir;
}

function parquetOf(dir: string, day: string): string {
  return join(dir, 'parquet', `dt=${day}`, 'part-0.parquet');
}

const QUESTIONS = [
  "SELECT * FROM audit WHERE ev NOT LIKE 'audit.%' ORDER BY writer, seq",
  "SELECT ts, groups, args, args->>'$.text' AS text, typeof(args) AS a, typeof(groups) AS g FROM calls ORDER BY ALL",
  "SELECT date_trunc('day', ts) AS day, writer, count(*), avg(dur_ms), min(ts), max(seq) FROM calls GROUP BY ALL ORDER BY ALL",
  "SELECT detail->>'version' AS version, count(*) FROM audit WHERE ev = 'gateway.start' GROUP BY ALL",
  'SELECT * FROM denied ORDER BY writer, seq',
];

test('the same questions have the same answers and types, however the days are stored', async (t) => {
  const dir = await threeDays(t);
  const answers = async (more: Parameters<typeof ask>[2] = {}) => {
    const all = [];
    for (const sql of QUESTIONS) {
      const { columns, rows, gaps, unreadable } = await ask(dir, sql, more);
      all.push({ columns, rows, gaps, unreadable });
    }
    return all;
  };
  const raw = await answers();
  assert.equal(raw[0]?.rows.length, 126);
  await run('seal', dir, '--write');
  assert.deepEqual(await answers(), raw);
  await run('archive', dir, '--write');
  assert.equal((await ask(dir, 'FROM audit')).archives.length, 2);
  assert.deepEqual(await answers(), raw);
  assert.deepEqual(await answers({ from: 'jsonl' }), raw);
  for (const bounds of [{ since: new Date(Date.now() - 1.5 * DAY_MS) }, { writers: ['beta'] }])
    assert.deepEqual(await answers(bounds), await answers({ ...bounds, from: 'jsonl' }));
});

test('from parquet reads archived days alone and says which others there are', async (t) => {
  const dir = await archived(t);
  const { rows, unarchived } = await ask(dir, 'SELECT count(*) FROM calls', { from: 'parquet' });
  assert.deepEqual([rows, unarchived], [[[80]], [dayAgo(0)]]);
});

test('an archive that is not of the files that are there is not read, until it is made again', async (t) => {
  const dir = await archived(t);
  const count = async () => (await ask(dir, 'SELECT count(*) FROM calls')).rows;
  const archives = async () => (await ask(dir, 'FROM audit')).archives.length;
  const log = await openLog(t, dir, { gatewayName: 'late', now: () => new Date(Date.now() - DAY_MS) });
  await log.record(call('late'));
  await log.close();
  assert.deepEqual([await archives(), await count()], [1, [[121]]]);
  await run('seal', dir, '--write');
  assert.deepEqual([await archives(), await count()], [1, [[121]]]);
  await run('archive', dir, '--write');
  assert.deepEqual([await archives(), await count()], [2, [[121]]]);
  const parquet = parquetOf(dir, dayAgo(1));
  chmodSync(parquet, 0o640);
  writeFileSync(parquet, readFileSync(parquet).subarray(0, -1));
  assert.deepEqual([await archives(), await count()], [1, [[121]]]);
});

test('verify finds an archive that is not the one that was made', async (t) => {
  const dir = await archived(t);
  assert.deepEqual((await verify([dir])).problems, []);
  const parquet = parquetOf(dir, dayAgo(1));
  chmodSync(parquet, 0o640);
  const bytes = readFileSync(parquet);
  bytes.writeUInt8((bytes.at(100) ?? 0) ^ 1, 100);
  writeFileSync(parquet, bytes);
  const { problems } = await verify([dir]);
  assert.deepEqual(
    problems.map(({ file, kind }) => [file, kind]),
    [[parquet, 'edited']],
  );
});

test('a day that does not hold what the manifest counts is refused, and nothing of it is left', async (t) => {
  const dir = await threeDays(t);
  await run('seal', dir, '--write');
  const manifest = join(dir, '_manifest.jsonl');
  chmodSync(manifest, 0o640);
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(/"records":(\d+)/, '"records":1'));
  const { code, err, out } = await run('archive', dir, '--write');
  assert.equal(code, 1);
  assert.match(err, /has \d+ records by the manifest, but \d+ can be read/);
  assert.match(out, /^Archived 1 day /);
  assert.equal(readdirSync(join(dir, '_drafts')).length, 0);
  assert.equal((await readManifest(dir)).days.size, 1);
});

test('a sealed file that was changed is not archived', async (t) => {
  const dir = await threeDays(t);
  await run('seal', dir, '--write');
  const day = join(dir, `dt=${dayAgo(2)}`);
  const path = join(day, readdirSync(day).sort()[0] ?? '');
  chmodSync(path, 0o640);
  writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.from('\0')]));
  const { code, err } = await run('archive', dir, '--write');
  assert.equal(code, 1);
  assert.match(err, /is not what the manifest says: run gatehouse audit verify/);
  assert(!existsSync(parquetOf(dir, dayAgo(2))));
});

test('archive waits for the seal, does nothing unless told to, and is recorded', async (t) => {
  const dir = await threeDays(t);
  const early = await run('archive', dir, '--write');
  assert.match(early.err, /is not sealed as a whole: run gatehouse audit seal/);
  assert.match(early.out, /^Archived 0 days/);
  await run('seal', dir, '--write');
  assert.match((await run('archive', dir)).out, /^Would archive 2 days in .*; say --write to do it\.\n$/);
  assert(!existsSync(join(dir, 'parquet')));
  await run('archive', dir, '--write');
  assert.match((await run('archive', dir, '--write')).out, /^Archived 0 days/);
  const { rows } = await ask(dir, "SELECT detail->>'days', detail->>'records' FROM audit WHERE ev = 'audit.archive'");
  assert.equal(rows.length, 1);
  assert.equal(rows[0]?.[0], '2');
});

test('lines that are no records are left out of the archive and told as before', async (t) => {
  const dir = await threeDays(t);
  const [path = ''] = filesIn(dir).filter((name) => name.includes(dayAgo(2)));
  chmodSync(path, 0o640);
  writeFileSync(path, `${readFileSync(path, 'utf8')}garbage\n{"v":1,"seq":`);
  const before = await ask(dir, 'SELECT count(*) FROM audit');
  await run('seal', dir, '--write');
  assert.equal((await run('archive', dir, '--write')).code, 0);
  const after = await ask(dir, "SELECT count(*) FROM audit WHERE ev NOT IN ('audit.seal', 'audit.archive')");
  assert.equal(after.archives.length, 2);
  assert.deepEqual(after.rows, before.rows);
  assert.deepEqual(
    after.unreadable.map(({ lines, live }) => [lines, live]),
    [[2, false]],
  );
});

test('an independent reader finds every column and value, and where they come from', async (t) => {
  const dir = await threeDays(t);
  const day = dayAgo(2);
  const expected = filesIn(dir)
    .filter((path) => path.includes(day))
    .flatMap(linesOf)
    .map((line) => JSON.parse(line));
  await run('seal', dir, '--write');
  await run('archive', dir, '--write');
  const file = await asyncBufferFromFile(parquetOf(dir, day));
  const rows = await parquetReadObjects({ file, compressors });
  assert.deepEqual(Object.keys(rows[0] ?? {}), Object.keys(COLUMNS));
  const plain = rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).flatMap(([name, value]) => (value == null ? [] : [[name, asWritten(name, value)]])),
    ),
  );
  const key = ({ writer, seq }: Record<string, unknown>) => `${writer} ${String(seq).padStart(6, '0')}`;
  const sorted = (some: Record<string, unknown>[]) => some.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
  assert.deepEqual(sorted(plain), sorted(expected));
  assert.deepEqual(
    rows.map(({ ts }) => Number(ts)),
    rows.map(({ ts }) => Number(ts)).sort((a, b) => a - b),
  );
  const metadata = parquetMetadata(new Uint8Array(readFileSync(parquetOf(dir, day))).buffer);
  const sources = metadata.key_value_metadata?.find(({ key: name }) => name === 'gatehouse_sources')?.value;
  const { files } = await readManifest(dir);
  for (const source of JSON.parse(sources ?? '')) {
    const entry = files.get(source.name);
    assert.deepEqual(source, {
      ...{ name: entry?.name, sha256: entry?.sha256, records: entry?.records },
      ...{ first_seq: entry?.first?.seq, last_seq: entry?.last?.seq, head: entry?.last?.hash },
    });
  }
});

/** As the line of the log holds it. */
function asWritten(name: string, value: unknown): unknown {
  const { kind } = COLUMNS[name as keyof typeof COLUMNS];
  if (kind === 'json') return JSON.parse(String(value));
  if (kind === 'time') return (value as Date).toISOString().replace('Z', '000Z');
  return kind === 'integer' ? Number(value) : value;
}

test('a log whose sealed files were taken elsewhere is still answered from its archive', async (t) => {
  const dir = await archived(t);
  const away = folder(t);
  cpSync(dir, away, { recursive: true });
  renameSync(join(dir, `dt=${dayAgo(2)}`), join(dir, 'elsewhere'));
  assert.deepEqual((await ask(dir, 'SELECT count(*) FROM calls')).rows, [[120]]);
  rmSync(parquetOf(dir, dayAgo(2)), { force: true });
  assert.deepEqual((await ask(dir, 'SELECT count(*) FROM calls')).rows, [[80]]);
});
