import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pino } from 'pino';
import { lineDigest } from '../../../src/audit/integrity/chain.ts';
import { checkpointFile, newestNote, readCheckpoint, readList } from '../../../src/audit/integrity/checkpoint.ts';
import { createTree } from '../../../src/audit/integrity/merkle.ts';
import { readNote } from '../../../src/audit/integrity/note.ts';
import { type Checkpoints, createCheckpoints } from '../../../src/audit/write/checkpoints.ts';
import { until } from '../../fixtures/until.ts';
import { filesIn, folder, keys, linesOf, writeChain } from '../log.ts';

const writer = 'acme-1a2b3c4d';

interface Stage {
  readonly dir: string;
  readonly checkpoints: Checkpoints;
  readonly warned: string[];
  clock: number;
  keep(records: number, file?: string): void;
  sizes(): readonly number[];
}

function stage(t: TestContext): Stage {
  const dir = folder(t);
  const warned: string[] = [];
  t.mock.timers.enable({ apis: ['setInterval'] });
  const made: Omit<Stage, 'checkpoints'> = { dir, warned, clock: Date.UTC(2026, 10, 22), keep, sizes };
  const log = pino({ level: 'info' }, { write: (line: string) => void warned.push(JSON.parse(line).msg) });
  const checkpoints = createCheckpoints({ dir, writer, key: keys.signing, now: () => new Date(made.clock), log });
  return Object.assign(made, { checkpoints });

  function keep(records: number, file = 'a'): void {
    checkpoints.kept({ hashes: Array.from({ length: records }, (_, n) => lineDigest(Buffer.from(`${n}`))), file });
  }

  function sizes(): readonly number[] {
    const { notes } = readList(readFileSync(checkpointFile(dir, writer), 'utf8'));
    return notes.map(({ note }) => readCheckpoint(readNote(note)?.text ?? '')?.size ?? 0);
  }
}

test('the checkpoint of a log is that of its lines', async (t) => {
  const dir = folder(t);
  await writeChain(t, dir);
  const lines = filesIn(dir).flatMap(linesOf);
  const tree = createTree();
  for (const line of lines) tree.append(lineDigest(Buffer.from(line)));
  const name = JSON.parse(lines[0] ?? '').writer;
  const found = newestNote(readList(readFileSync(checkpointFile(dir, name), 'utf8')))?.checkpoint;
  assert.deepEqual(
    [found?.size, found?.root, found?.head],
    [lines.length, tree.root().toString('base64'), lineDigest(Buffer.from(lines.at(-1) ?? '')).toString('base64url')],
  );
});

test('one is made with the first record, with a new file, every 1000 records and every ten seconds with a new one', async (t) => {
  const { checkpoints, keep, sizes } = stage(t);
  const signed = (size: number): Promise<void> =>
    until(() => checkpoints.signed() === size, `${size} records are signed`);
  keep(2);
  await signed(2);
  keep(998);
  keep(1, 'b');
  await signed(1001);
  keep(999, 'b');
  t.mock.timers.tick(9_999);
  assert.equal(checkpoints.signed(), 1001);
  keep(1, 'b');
  await signed(2001);
  keep(1, 'b');
  t.mock.timers.tick(1);
  await signed(2002);
  t.mock.timers.tick(60_000);
  keep(3, 'b');
  await checkpoints.close();
  assert.deepEqual(sizes(), [2, 1001, 2001, 2002, 2005]);
});

test('without a new record one is made once an hour', async (t) => {
  const made = stage(t);
  made.keep(1);
  await until(() => made.checkpoints.signed() === 1, 'it is signed');
  made.clock += 3_599_999;
  t.mock.timers.tick(10_000);
  assert.deepEqual(made.sizes(), [1]);
  made.clock += 1;
  t.mock.timers.tick(10_000);
  await until(() => made.sizes().length === 2, 'it is signed again');
  assert.deepEqual(made.sizes(), [1, 1]);
  await made.checkpoints.close();
});

test('one that cannot be written is told once, tried again, and leaves the log alone', async (t) => {
  const { dir, checkpoints, keep, sizes, warned } = stage(t);
  mkdirSync(checkpointFile(dir, writer), { recursive: true });
  keep(1);
  await until(() => warned.length === 1, 'it fails');
  keep(5000, 'b');
  t.mock.timers.tick(10_000);
  await checkpoints.flush();
  assert.equal(checkpoints.signed(), 0);
  rmdirSync(checkpointFile(dir, writer));
  keep(1, 'b');
  t.mock.timers.tick(10_000);
  await until(() => warned.length === 2, 'it works');
  assert.deepEqual([sizes(), checkpoints.signed()], [[5002], 5002]);
  assert.deepEqual(warned, [
    'a checkpoint of the audit log cannot be written',
    'checkpoints of the audit log can be written again',
  ]);
  await checkpoints.close();
});

test('a list that was there before is never begun anew', async (t) => {
  const { dir, checkpoints, keep } = stage(t);
  mkdirSync(join(dir, '_ckpt'));
  writeFileSync(checkpointFile(dir, writer), 'kept\n\n');
  keep(1);
  await checkpoints.close();
  assert(readFileSync(checkpointFile(dir, writer), 'utf8').startsWith('kept\n\ngatehouse/'));
});
