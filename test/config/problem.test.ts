import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

const root = new URL('../../', import.meta.url);

function codesIn(text: string): readonly string[] {
  return text.match(/GH\d{3}/g) ?? [];
}

describe('docs/problems.md', () => {
  const table = readFileSync(new URL('docs/problems.md', root), 'utf8');
  const listed = table.split('\n').filter((line) => line.startsWith('| GH'));

  it('lists every code of the source, and no other', () => {
    const folder = new URL('src/config/', root);
    const source = readdirSync(folder).flatMap((file) => codesIn(readFileSync(new URL(file, folder), 'utf8')));
    const codes = listed.flatMap((line) => codesIn(line).slice(0, 1));
    assert.deepEqual([...codes].sort(), [...new Set(source)].sort());
  });

  it('says what each code means in a sentence', () => {
    for (const line of listed) assert.match(line, /^\| GH\d{3} \| (?:\*Warning\.\* )?[A-Z][^|]{7,}\. \|/, line);
  });
});
