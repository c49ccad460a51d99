import assert from 'node:assert/strict';
import { chmodSync, openSync, readdirSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename } from 'node:path';
import { test } from 'node:test';
import { makeLog } from '../../../bench/audit-log.ts';
import { fileHash } from '../../../src/audit/files/file-hash.ts';
import { readManifest } from '../../../src/audit/files/manifest.ts';
import { verify } from '../../../src/audit/integrity/verify.ts';
import { gatehouse } from '../../cli/console.ts';
import { filesIn, folder, scratchFolder } from '../log.ts';
import { createAsk } from './ask.ts';

const MIB = 1024 * 1024;

/** Puts so many MiB that are no record at the end of a file. */
function garble(path: string, { mebibytes, end }: { readonly mebibytes: number; readonly end: string }): void {
  chmodSync(path, 0o640);
  const file = openSync(path, 'a');
  for (let n = 0; n < mebibytes; n += 1) writeSync(file, Buffer.alloc(MIB, 'x'));
  writeSync(file, end);
}

test('lines too long for DuckDB are left out and told, and everything else is read', async (t) => {
  scratchFolder(t);
  const ask = createAsk();
  const dir = folder(t);
  makeLog(dir, { records: 40, days: 2, writers: 2, seed: 1 });
  const [first = '', , , last = ''] = filesIn(dir);
  garble(first, { mebibytes: 40, end: '\n{"v":1,"seq":99,"ts":"2026-11-22T00:00:00.000000Z"}\n' });
  garble(last, { mebibytes: 20, end: '' });
  const { rows, unreadable } = await ask(dir, 'SELECT count(*), max(seq) FROM audit');
  assert.deepEqual(rows, [[41, 99]]);
  assert.deepEqual(unreadable, [
    { file: last, lines: 1, live: true },
    { file: first, lines: 1, live: false },
  ]);
  await assert.rejects(ask(dir, 'FROM audit', { strict: true }), (error: Error) => error.message.includes(first));
  const left = readdirSync(tmpdir(), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.jsonl'));
  assert.deepEqual(
    left.filter((name) => name.startsWith('gatehouse-query-')),
    [],
  );
});

test('verify and export tell where such a line stands, and read on', async (t) => {
  const dir = folder(t);
  makeLog(dir, { records: 20, days: 1, writers: 1, seed: 1 });
  const [file = ''] = filesIn(dir);
  garble(file, { mebibytes: 5, end: '\n' });
  chmodSync(file, 0o440);
  const { problems, records } = await verify([dir]);
  assert.deepEqual([records, problems.map(({ kind, line }) => [kind, line])], [20, [['unreadable', 21]]]);
  const { code, out, err } = await gatehouse(`audit export --as ecs --dir ${dir}`, dir);
  assert.deepEqual([code, out.split('\n').length], [3, 21]);
  assert.match(err, /left out 1 line of/);
});

test('a file with such a line is sealed as it is, and archived without it', async (t) => {
  const dir = folder(t);
  makeLog(dir, { records: 20, days: 1, writers: 1, seed: 1 });
  const [file = ''] = filesIn(dir);
  garble(file, { mebibytes: 40, end: '\n' });
  chmodSync(file, 0o440);
  const hash = await fileHash(file);
  const sealed = await gatehouse(`audit seal --write --dir ${dir}`, dir);
  assert.equal(sealed.code, 0, sealed.err);
  assert.equal((await readManifest(dir)).files.get(basename(file))?.sha256, hash);
  const archived = await gatehouse(`audit archive --write --dir ${dir}`, dir);
  assert.equal(archived.code, 0, archived.err);
  const { rows } = await createAsk()(dir, "SELECT count(*) FROM audit WHERE writer LIKE 'gw%'", { from: 'parquet' });
  assert.deepEqual(rows, [[20]]);
});
