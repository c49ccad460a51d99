import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { patchOf } from '../../../src/cli/format/patch.ts';
import { spliced } from '../../../src/config/cut-lines.ts';
import { random } from '../../access/random-policy.ts';
import { emptyRepository } from '../plan/repository.ts';

const paths = [
  'plain.yaml',
  'policies/a b/weiß ☂.yaml',
  'policies/"quoted" \\back.yaml',
  'policies/line\nbreak\ttab.yaml',
  "policies/-dash $(x) `y` 'z'.yaml",
];

for (const seed of [20270101, randomInt(2 ** 31)]) {
  test('git applies what is written of any changes to files of any name', async (t) => {
    t.diagnostic(`seed ${seed}`);
    const { below, pick } = random(seed);
    const { folder, git } = await emptyRepository(t);
    for (let round = 0; round < 12; round += 1) {
      const files = paths.map((path) => {
        const end = pick(['\n', '\n', '\r\n']);
        const lines = Array.from(
          { length: 1 + below(40) },
          () => `${pick(['a', 'b', '', ' c', '- d', '+ e', '\\ f'])}${end}`,
        );
        const text = `kept${end}${lines.join('')}${pick(['', 'no line break'])}`;
        const splices = [...text.matchAll(/[^\n]*\n|[^\n]+$/g)].flatMap(({ 0: line, index: from }) =>
          below(5) > 0 ? [] : [{ from, to: from + line.length, text: pick(['', '', 'other\n', 'two\nlines\n']) }],
        );
        return { path, text, ...{ after: '', changes: [] }, ...afterOf(spliced(text, splices)) };
      });
      for (const { path, text } of files) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), text);
      }
      const changed = files.filter(({ changes }) => changes.length > 0);
      writeFileSync(join(folder, 'it.patch'), patchOf(changed));
      if (changed.length > 0) git('apply', '--whitespace=nowarn', 'it.patch');
      for (const { path, after } of files) {
        assert.equal(readFileSync(join(folder, path), 'utf8'), after, JSON.stringify({ seed, round, path }));
      }
    }
  });
}

function afterOf({ text, changes }: ReturnType<typeof spliced>) {
  return { after: text, changes };
}

test('a patch is what git writes', async (t) => {
  const { folder, git, commit } = await emptyRepository(t);
  const text = Array.from({ length: 30 }, (_, index) => `line ${index + 1}\n`).join('');
  writeFileSync(join(folder, 'a file.txt'), text);
  commit();
  const places = [3, 9, 20].map((line) => text.indexOf(`line ${line}\n`));
  const edited = spliced(
    text,
    places.map((from) => ({ from, to: text.indexOf('\n', from) + 1, text: from === places[2] ? 'new\n' : '' })),
  );
  writeFileSync(join(folder, 'a file.txt'), edited.text);
  const told = git('diff', '--no-color')
    .split('\n')
    .filter((line) => !line.startsWith('index '));
  const written = patchOf([{ path: 'a file.txt', text, changes: edited.changes }]);
  assert.deepEqual(written.trim().split('\n').map(withoutHeading), told.map(withoutHeading));
});

/** Git says in which function a hunk is. */
function withoutHeading(line: string): string {
  return line.replace(/^(@@ .* @@).*/, '$1');
}
