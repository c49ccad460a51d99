import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchesGlob } from '../../src/config/glob.ts';

const cases: readonly (readonly [glob: string, text: string, matches: boolean])[] = [
  ['search', 'search', true],
  ['search', 'Search', false],
  ['search', 'search_all', false],
  ['*', '', true],
  ['*', 'anything', true],
  ['search_*', 'search_', true],
  ['search_*', 'research_x', false],
  ['*_page', 'create_page', true],
  ['*_page', 'create_pages', false],
  ['a*b*c', 'a-b-b-c', true],
  ['a*b*c', 'a-c-b', false],
  ['get_?', 'get_x', true],
  ['get_?', 'get_', false],
  ['?*?', 'x', false],
  ['a.c', 'abc', false],
  ['(a|b)', 'a', false],
  ['', '', true],
  ['', 'a', false],
  ['**', 'a', true],
];

test('a glob matches the whole text, with * and ? as the only wildcards', () => {
  for (const [glob, text, matches] of cases) {
    assert.equal(matchesGlob(glob, text), matches, `${glob} against ${text}`);
  }
});

// An exponential matcher would not end here.
test('a glob made to backtrack is answered', () => {
  assert.equal(matchesGlob(`${'*a'.repeat(60)}b`, 'a'.repeat(5000)), false);
});
