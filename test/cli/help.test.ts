import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commands } from '../../src/cli/commands.ts';
import { run } from '../../src/cli/run.ts';

async function helpOf(...words: readonly string[]): Promise<string> {
  const out: string[] = [];
  const io = {
    ...{ cwd: '/', isTty: false, columns: 80, color: false, environment: {} },
    out: (text: string) => void out.push(text),
    err: (text: string) => assert.fail(text),
  };
  assert.equal(await run([...words, '--help'], io, '0.0.0'), 0);
  return out.join('');
}

test('the audit commands stand under what they are for', async () => {
  const parts = (await helpOf('audit')).split('\n\n').slice(1, -1);
  assert.deepEqual(
    parts.map((part) => part.split('\n')[0]),
    ['Ask the log:', 'Prove it:', 'Keep it and hand it over:'],
  );
  const listed = parts.flatMap((part) => part.split('\n').slice(1));
  const all = commands.filter(({ words }) => words[0] === 'audit');
  assert.equal(listed.length, all.length);
});

test('the list of all commands has no headings', async () => {
  assert.doesNotMatch(await helpOf(), /Ask the log:/);
});
