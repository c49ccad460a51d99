import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeWhole } from '../../../src/audit/query/write-whole.ts';
import { folder } from '../log.ts';

/** A disk that takes three bytes at a time. */
function sparing(file: number, bytes: Uint8Array, position: number | null): number {
  return writeSync(file, bytes, 0, Math.min(bytes.length, 3), position);
}

test('what one write does not take the next ones do, in its place', (t) => {
  const path = join(folder(t), 'rows');
  const file = openSync(path, 'wx+');
  writeWhole(file, Buffer.from('0123456789'), { write: sparing });
  writeWhole(file, Buffer.from('abcdefg'), { write: sparing });
  writeWhole(file, Buffer.from('ABCDE'), { position: 4, write: sparing });
  closeSync(file);
  assert.equal(readFileSync(path, 'utf8'), '0123ABCDE9abcdefg');
});

test('a disk that takes nothing is not asked for ever', () => {
  assert.throws(() => writeWhole(1, Buffer.from('x'), { write: () => 0 }), /accepts no more bytes/);
});
