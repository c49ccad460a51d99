import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { createSpool } from '../../../src/audit/query/spool.ts';
import { folder } from '../log.ts';

const rows = [
  ['a', 1, null, true, ['x', { y: 2.5 }]],
  ['\ud83d\ude00\n', Number.MAX_SAFE_INTEGER, -0, false, {}],
] as const;

test('a spool gives its rows back as they were, in their order, and leaves no file', (t) => {
  const dir = folder(t);
  const spool = createSpool(dir);
  assert.deepEqual([...spool.batches()], []);
  assert.deepEqual(readdirSync(dir), []);
  assert(spool.add(rows) && spool.add([]) && spool.add(rows.toReversed()));
  assert.deepEqual([...spool.batches()], [rows, [], rows.toReversed()]);
  spool.close();
  assert.deepEqual(readdirSync(dir), []);
});

test('a spool takes what it has room for, and keeps that when it has no more', (t) => {
  const spool = createSpool(folder(t), 300);
  assert.equal(spool.add(rows), true);
  assert.equal(spool.add([['x'.repeat(300)]]), false);
  assert.deepEqual([...spool.batches()], [rows]);
  spool.close();
});
