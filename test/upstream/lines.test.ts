import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLines } from '../../src/upstream/lines.ts';

function read(chunks: readonly Buffer[], lineBytesMax = 1000) {
  const lines: string[] = [];
  const overlong: [string, string][] = [];
  const reader = createLines({
    lineBytesMax,
    ends: 'lf',
    line: (bytes) => lines.push(bytes.toString()),
    overlong: (head, tail) => overlong.push([head.toString(), tail.toString()]),
  });
  for (const chunk of chunks) reader.push(chunk);
  return { lines, overlong };
}

test('lines: may be cut anywhere and end in LF or CRLF, while CR alone is part of a line', () => {
  const bytes = Buffer.from('one\r\ntwo €\n\nfour\rstill\n');
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    assert.deepEqual(read([bytes.subarray(0, cut), bytes.subarray(cut)]).lines, ['one', 'two €', '', 'four\rstill']);
  }
});

test('lines: one over the limit is passed over, and its ends are told', () => {
  const long = `${'a'.repeat(300)}${'b'.repeat(300)}`;
  const chunks = [Buffer.from(`x\n${long.slice(0, 350)}`), Buffer.from(long.slice(350)), Buffer.from('\ny\n')];
  const { lines, overlong } = read(chunks, 100);
  assert.deepEqual(lines, ['x', 'y']);
  assert.deepEqual(overlong, [['a'.repeat(256), 'b'.repeat(256)]]);
});
