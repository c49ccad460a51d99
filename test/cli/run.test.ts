import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createIo } from '../../src/cli/output.ts';
import { run } from '../../src/cli/run.ts';

test('a mistake is told within the width of a terminal', async () => {
  let told = '';
  const err = (text: string) => {
    told += text;
  };
  const io = { ...createIo(process), err, isTty: true, columns: 60 };
  assert.equal(await run(['explain', 'user:ana', 'github/search_code', '--gruops', 'staff'], io, '0.0.0'), 2);
  assert.match(told, /^gatehouse explain: Unknown option '--gruops'/);
  assert(told.split('\n').every((line) => line.length <= 60));
});
