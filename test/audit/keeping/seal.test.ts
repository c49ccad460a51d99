import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { readLines } from '../../../src/audit/files/line-reader.ts';
import { logSize, readTail } from '../../../src/audit/files/log-bytes.ts';
import { readManifest } from '../../../src/audit/files/manifest.ts';
import { newestHeads } from '../../../src/audit/integrity/heads.ts';
import { prove } from '../../../src/audit/integrity/prove.ts';
import { verify } from '../../../src/audit/integrity/verify.ts';
import { gatehouse } from '../../cli/console.ts';
import { copyOf, random, writeTwoChains } from '../integrity/tampering.ts';
import { call, filesIn, folder, openLog, recordsIn, writeChain } from '../log.ts';
import { createAsk } from '../query/ask.ts';

const ask = createAsk();
const YESTERDAY = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
const program = join(import.meta.dirname, '../../../src/main.ts');

async function seal(dir: string, ...more: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  return gatehouse(['audit', 'seal', '--older-than', '0d', '--dir', dir, ...more].join(' '), dir);
}

/** A log that was closed yesterday. */
async function yesterday(t: TestContext): Promise<string> {
  const dir = folder(t);
  await writeChain(t, dir, {
    now: () => new Date(Date.now() - 86_400_000),
    settings: { rotateBytes: 900 },
  });
  return dir;
}

function sealedIn(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.jsonl.gz'));
}

test('seal says what it would do and does nothing, until it is told to', async (t) => {
  const dir = await yesterday(t);
  const before = filesIn(dir);
  const { code, out } = await seal(dir);
  assert.match(out, /^Would seal \d+ files of [\d.]+ kB in .*; say --write to do it\.\n$/);
  assert.deepEqual([code, filesIn(dir), existsSync(join(dir, '_manifest.jsonl'))], [0, before, false]);
});

test('sealed files hold the same bytes, are listed with what they are, and that is recorded', async (t) => {
  const dir = await yesterday(t);
  const originals = new Map(filesIn(dir).map((path) => [path, readFileSync(path)]));
  const { code, out, err } = await seal(dir, '--write');
  assert.deepEqual([code, err], [0, '']);
  assert.match(out, /^Sealed \d+ files in .*: [\d.]+ kB, now [\d.]+ kB\.\n$/);
  const { files } = await readManifest(dir);
  assert.equal(files.size, originals.size);
  for (const [path, bytes] of originals) {
    assert(!existsSync(path), path);
    assert.deepEqual(gunzipSync(readFileSync(`${path}.gz`)), bytes);
    assert.equal(statSync(`${path}.gz`).mode & 0o777, 0o440);
    const { sha256, gz_bytes, first, last, ...entry } = files.get(basename(path)) ?? assert.fail(path);
    assert.equal(sha256, createHash('sha256').update(bytes).digest('base64url'));
    assert.deepEqual([entry.bytes, entry.lines, entry.records], [bytes.length, linesIn(bytes), linesIn(bytes)]);
    assert.equal(gz_bytes, statSync(`${path}.gz`).size);
    const records = bytes
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual([first?.seq, first?.ts], [records[0].seq, records[0].ts]);
    assert.deepEqual([last?.seq, last?.ts], [records.at(-1).seq, records.at(-1).ts]);
  }
  const [record] = recordsIn(dir).filter(({ ev }) => ev === 'audit.seal');
  assert.deepEqual([record?.['outcome'], Object(record?.['detail']).files], ['ok', originals.size]);
});

function linesIn(bytes: Buffer): number {
  return bytes.toString().split('\n').length - 1;
}

test('verify, query, head and prove answer the same before and after', async (t) => {
  const dir = await yesterday(t);
  const [head] = await newestHeads([dir]);
  const name = { writer: head?.writer ?? '', seq: 5 };
  const answers = async () => ({
    verified: await verify([dir]),
    heads: await newestHeads([dir]),
    proof: await prove([dir], name),
    rows: (await ask(dir, "SELECT * FROM audit WHERE ev <> 'audit.seal' ORDER BY writer, seq")).rows,
  });
  const before = await answers();
  await seal(dir, '--write');
  const after = await answers();
  assert(before.rows.length > 11);
  assert.deepEqual(after.rows, before.rows);
  assert.deepEqual([after.heads, after.proof], [before.heads, before.proof]);
  const { files: _files, records: _records, ...rest } = after.verified;
  assert.deepEqual([rest.ok, rest.signed, rest.problems], [true, before.verified.signed, []]);
});

test('the file of a running gateway is left alone, and so is one ended by force until a day has passed', async (t) => {
  const dir = folder(t);
  const log = await openLog(t, dir, { now: () => new Date(Date.now() - 86_400_000) });
  await log.record(call('one'));
  const [live = ''] = filesIn(dir);
  const { code, err } = await seal(dir, '--write');
  assert.equal(code, 0);
  assert.match(err, /may be being written: left as it is/);
  assert(existsSync(live));
  const long = new Date(Date.now() - 2 * 86_400_000);
  for (const name of [live, join(dir, '_ckpt', `${basename(live).slice(0, -13)}.ckpt`)]) utimesSync(name, long, long);
  await seal(dir, '--write');
  assert(existsSync(`${live}.gz`) && !existsSync(live));
});

test('days that are not over for so long are left', async (t) => {
  const dir = await yesterday(t);
  await writeChain(t, dir);
  const { out } = await gatehouse(`audit seal --older-than 26h --dir ${dir} --write`, dir);
  assert.match(out, /Sealed 0 files/);
  await seal(dir, '--write');
  assert(filesIn(dir).length > 0 && sealedIn(dir).length > 0);
  assert(filesIn(dir).every((path) => basename(dirname(path)) === `dt=${new Date().toISOString().slice(0, 10)}`));
});

test('a sealed file with other content beside its original is told, and neither is removed', async (t) => {
  const dir = await yesterday(t);
  const [path = ''] = filesIn(dir);
  writeFileSync(`${path}.gz`, gzipSync('something else\n'));
  const { code, err } = await seal(dir, '--write');
  assert.equal(code, 1);
  assert.match(err, /holds something else than the file beside it: neither is removed/);
  assert(existsSync(path) && existsSync(`${path}.gz`));
});

test('killed at any moment and begun again, it ends with every record there', async (t) => {
  const template = await writeTwoChains(t, () => new Date(`${YESTERDAY}T12:00:00Z`));
  const expected = (await ask(template, 'SELECT writer, seq, tool FROM audit ORDER BY ALL')).rows;
  const pick = random(7);
  const { dir } = copyOf(t, template);
  for (const path of filesIn(dir)) chmodSync(path, 0o440);
  const args = ['--import', 'tsx', program, 'audit', 'seal', '--older-than', '0h', '--write', '--dir', dir];
  for (let round = 0; round < 6; round += 1) {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env } });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const begun = Date.now();
    while (sealedIn(dir).length <= round * 2 && Date.now() - begun < 120_000 && child.exitCode === null)
      await new Promise((resolve) => setTimeout(resolve, 1 + pick(5)));
    child.kill('SIGKILL');
    await ended;
    assert.deepEqual((await verify([dir])).problems, []);
  }
  await seal(dir, '--write');
  assert.deepEqual((await verify([dir])).problems, []);
  const rows = (await ask(dir, "SELECT writer, seq, tool FROM audit WHERE ev <> 'audit.seal' ORDER BY ALL")).rows;
  assert.deepEqual(rows, expected);
});

test('every state that an end by force leaves is taken up where it was', async (t) => {
  const dir = await yesterday(t);
  const originals = filesIn(dir).map((path) => ({ path, bytes: readFileSync(path) }));
  await seal(dir, '--write');
  const [noManifest, bothThere, cutManifest] = originals;
  const manifest = join(dir, '_manifest.jsonl');
  const lines = readFileSync(manifest, 'utf8').trim().split('\n');
  assert(noManifest !== undefined && bothThere !== undefined && cutManifest !== undefined);
  writeFileSync(manifest, `${lines[1]}\n${lines[2]?.slice(0, 40)}`);
  for (const { path, bytes } of [noManifest, bothThere]) writeFileSync(path, bytes, { mode: 0o440 });
  writeFileSync(join(dir, '_drafts/old.gz'), 'half');
  utimesSync(join(dir, '_drafts/old.gz'), new Date(0), new Date(0));
  assert.deepEqual((await verify([dir])).problems, []);
  await seal(dir, '--write');
  assert.deepEqual(readdirSync(join(dir, '_drafts')), []);
  assert.equal((await readManifest(dir)).files.size, originals.length);
  for (const { path, bytes } of originals) assert.deepEqual(gunzipSync(readFileSync(`${path}.gz`)), bytes);
  assert(originals.every(({ path }) => !existsSync(path)));
});

test('a damaged sealed file is found and located, and does not stop the rest', async (t) => {
  const dir = await yesterday(t);
  await seal(dir, '--write');
  const path = join(dir, sealedIn(dir).sort()[1] ?? '');
  chmodSync(path, 0o640);
  const bytes = readFileSync(path);
  bytes.writeUInt8((bytes.at(60) ?? 0) ^ 0xff, 60);
  writeFileSync(path, bytes);
  const { ok, problems } = await verify([dir]);
  assert.equal(ok, false);
  const found = problems.find(({ file }) => file === path);
  assert.deepEqual([found?.kind, found?.line, found?.byte], ['unreadable', 1, 0]);
});

test('a file that others compressed is read too, from both ends', (t) => {
  const path = join(folder(t), 'x.jsonl.gz');
  const lines = Array.from({ length: 50_000 }, (_, n) => `line ${n} ${'x'.repeat(n % 100)}`);
  writeFileSync(path, gzipSync(`${lines.join('\n')}\n`));
  assert.deepEqual(
    Array.from(readLines(path), ({ bytes }) => bytes.toString()),
    lines,
  );
  assert.equal(logSize(path), Buffer.byteLength(lines.join('\n')) + 1);
  assert(
    readTail(path, 10)
      .toString()
      .endsWith(`${lines.at(-1)}\n`),
  );
});
