import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commands } from '../../src/cli/commands.ts';
import { gatehouse } from './gateway-process.ts';

const groups = [...new Set(commands.filter(({ words }) => words.length > 1).map(({ words: [group = ''] }) => group))];

for (const words of [[], ...groups.map((group) => [group]), ...commands.map((command) => command.words)]) {
  test(`"${['gatehouse', ...words, '--help'].join(' ')}" fits a terminal and tells how to go on`, async () => {
    const { code, out, err } = await gatehouse([...words, '--help']);
    assert.deepEqual([code, err], [0, '']);
    assert(out.includes(`Usage: ${['gatehouse', ...words].join(' ')}`));
    assert.deepEqual(
      out.split('\n').filter((line) => line.length > 80),
      [],
    );
    const isCommand = commands.some((command) => command.words.join() === words.join());
    for (const part of isCommand ? ['Options:', 'Examples:', 'Exit codes:'] : ['Every command has --help'])
      assert(out.includes(part), `${part} is missing`);
  });
}

for (const words of [
  ['nonsense'],
  ['audit', 'nonsense'],
  ['check', 'nonsense'],
  ['serve', 'nonsense'],
  ['serve', '--nonsense'],
]) {
  test(`"gatehouse ${words.join(' ')}" says what it does not know and exits with 2`, async () => {
    const { code, out, err } = await gatehouse(words);
    assert.deepEqual([code, out], [2, '']);
    assert.match(err, /nonsense/);
    assert.match(err, /--help/);
  });
}

test('--version says name and version', async () => {
  const { code, out } = await gatehouse(['--version']);
  assert.equal(code, 0);
  assert.match(out, /^gatehouse \d+\.\d+\.\d+\n$/);
});
