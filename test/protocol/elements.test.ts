import assert from 'node:assert/strict';
import { test } from 'node:test';
import { elementsOf } from '../../src/protocol/elements.ts';
import { scanJson } from '../../src/protocol/scan.ts';

/** The elements of a text that stands somewhere inside other bytes. */
function elements(text: string): readonly string[] {
  const bytes = Buffer.from(`[0,${text},0]`);
  const scan = scanJson(Buffer.from(text), { depthMax: 64, membersDepth: 1, uniqueKeys: false });
  if (!scan.ok) throw new Error(scan.message);
  const value = { ...scan.root, start: scan.root.start + 3, end: scan.root.end + 3 };
  return [...elementsOf(bytes, value)].map((element) => element.toString().trim());
}

test('an array without elements has none, with or without white space', () => {
  for (const text of ['[]', '[ ]', '[\n\t ]']) assert.deepEqual(elements(text), []);
});

test('elements are cut at the commas between them and at no other', () => {
  assert.deepEqual(elements('[1,"a,b",[2,[3,4]],{"x,y":{"z":[5,6]}}]'), [
    '1',
    '"a,b"',
    '[2,[3,4]]',
    '{"x,y":{"z":[5,6]}}',
  ]);
});

test('quotes, brackets and backslashes in strings end nothing', () => {
  const texts = ['"\\""', '"\\\\"', '"\\\\\\","', '"]"', '{"}":"{["}', '"\\u0022,"'];
  assert.deepEqual(elements(`[${texts}]`), texts);
});

test('the bytes are those of the source', () => {
  assert.deepEqual(elements('[ 1e400 , 12345678901234567890,\n"\\u0061é" ]'), [
    '1e400',
    '12345678901234567890',
    '"\\u0061é"',
  ]);
});

test('what is not an array has no elements', () => {
  for (const text of ['{"a":[1]}', '"[1]"', '1', 'null']) assert.deepEqual(elements(text), []);
});

test('a thousand random arrays come out as JSON.parse reads them', () => {
  let state = 7;
  const random = (below: number): number => {
    state = (state * 48_271) % 0x7fffffff;
    return state % below;
  };
  const value = (depth: number): unknown => {
    const kind = random(depth === 0 ? 4 : 6);
    if (kind < 2) return ['', '"', '\\', ',', '[]{}', 'é\u2028', '\\"'][random(7)];
    if (kind < 4) return [0, -1.5e300, true, null][random(4)];
    const inner = Array.from({ length: random(4) }, () => value(depth - 1));
    return kind === 4 ? inner : Object.fromEntries(inner.map((one, index) => [`${index},"]`, one]));
  };
  for (let round = 0; round < 1_000; round += 1) {
    const array = Array.from({ length: random(6) }, () => value(3));
    const text = JSON.stringify(array, null, random(3));
    assert.deepEqual(
      elements(text).map((element) => JSON.parse(element)),
      array,
      text,
    );
  }
});
