import assert from 'node:assert/strict';
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { writeMember } from '../../../src/audit/files/gzip-members.ts';
import { LINE_BYTES_READ_MAX, type RawLine, readLines } from '../../../src/audit/files/line-reader.ts';
import { folder } from '../log.ts';

const MIB = 1024 * 1024;

/** A file of these pieces; a number stands for so many MiB of one letter. */
function write(t: TestContext, pieces: readonly (string | number)[]): string {
  const path = join(folder(t), 'file.jsonl');
  const file = openSync(path, 'w');
  const letters = Buffer.alloc(MIB, 'x');
  for (const piece of pieces) {
    if (typeof piece === 'string') writeSync(file, piece);
    else for (let n = 0; n < piece; n += 1) writeSync(file, letters);
  }
  closeSync(file);
  return path;
}

const summary = ({ bytes, ...line }: RawLine) => ({ ...line, text: bytes.toString('latin1', 0, 8) });

test('a line too long to be a record has its place and length, and the lines around it are read', (t) => {
  const path = write(t, ['first\n', 3, '\n', 'between\n', 5, '\n', 'last\n', 2]);
  assert.deepEqual(Array.from(readLines(path), summary), [
    { text: 'first', length: 5, byte: 0, number: 1, ended: true },
    { text: '', length: 3 * MIB, byte: 6, number: 2, ended: true },
    { text: 'between', length: 7, byte: 3 * MIB + 7, number: 3, ended: true },
    { text: '', length: 5 * MIB, byte: 3 * MIB + 15, number: 4, ended: true },
    { text: 'last', length: 4, byte: 8 * MIB + 16, number: 5, ended: true },
    { text: '', length: 2 * MIB, byte: 8 * MIB + 21, number: 6, ended: false },
  ]);
});

test('the longest line that is read, and one that is a byte longer', (t) => {
  const longest = 'y'.repeat(LINE_BYTES_READ_MAX);
  const lines = Array.from(readLines(write(t, [longest, '\n', `${longest}z`, '\n', 'end\n'])), summary);
  assert.deepEqual(
    lines.map(({ text, length }) => [text, length]),
    [
      ['yyyyyyyy', LINE_BYTES_READ_MAX],
      ['', LINE_BYTES_READ_MAX + 1],
      ['end', 3],
    ],
  );
});

test('a line of any length takes no more memory than another', (t) => {
  const path = write(t, [256, '\n', 'last\n']);
  const before = process.memoryUsage().external;
  let most = 0;
  let lines = 0;
  for (const { number } of readLines(path)) {
    most = Math.max(most, process.memoryUsage().external);
    lines = number;
  }
  assert.equal(lines, 2);
  assert(most - before < 8 * MIB, `${most - before} bytes`);
});

test('reading goes on from any byte, also of a sealed file', (t) => {
  const text = 'first\nsecond\nthird\n';
  const plain = write(t, [text]);
  const members = join(folder(t), 'members.jsonl.gz');
  writeFileSync(
    members,
    Buffer.concat([text.slice(0, 9), text.slice(9)].map((part) => writeMember(Buffer.from(part)))),
  );
  const foreign = join(folder(t), 'foreign.jsonl.gz');
  writeFileSync(foreign, gzipSync(text));
  for (const path of [plain, members, foreign]) {
    for (const from of [0, 6, 13, 19, 99]) {
      const texts = Array.from(readLines(path, from), ({ bytes, byte }) => `${byte} ${bytes}`);
      const expected = ['0 first', '6 second', '13 third'].filter((one) => Number.parseInt(one, 10) >= from);
      assert.deepEqual(texts, expected, `${path} from ${from}`);
    }
  }
});
