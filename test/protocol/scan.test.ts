import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { test } from 'node:test';
import type { JsonValue, ScanOptions } from '../../src/protocol/json.ts';
import { scanJson } from '../../src/protocol/scan.ts';

const options: ScanOptions = { depthMax: 64, membersDepth: 2, uniqueKeys: true };

function reasonFor(text: string, more: Partial<ScanOptions> = {}): string {
  const scan = scanJson(Buffer.from(text), { ...options, ...more });
  return scan.ok ? 'ok' : `${scan.reason}@${scan.offset}`;
}

test('accepts and refuses exactly what JSON.parse does, over 60,000 mutated texts', () => {
  const random = seeded(20260728);
  let accepted = 0;
  for (let i = 0; i < 60_000; i++) {
    const bytes = mutate(corpus[random(corpus.length)] ?? '', random);
    const scan = scanJson(bytes, { depthMax: 500, membersDepth: 500, uniqueKeys: false });
    const expected = parse(bytes);
    assert.equal(scan.ok, expected.ok, bytes.toString('latin1'));
    if (!scan.ok || !expected.ok) continue;
    accepted++;
    assert.deepEqual(rebuild(bytes, scan.root), expected.value);
  }
  assert.ok(accepted > 10_000, `only ${accepted} texts were valid`);
});

test('refuses a byte order mark, trailing text and an empty text', () => {
  assert.equal(reasonFor('\ufeff{}'), 'syntax@0');
  assert.equal(reasonFor('{} {}'), 'syntax@3');
  assert.equal(reasonFor(''), 'syntax@0');
  assert.equal(reasonFor('{}\0'), 'syntax@2');
});

test('tells the offending byte of a text that is not UTF-8', () => {
  const scan = scanJson(Buffer.concat([Buffer.from('{"é":"'), Buffer.from([0xc3, 0x22, 0x7d])]), options);
  assert.deepEqual([!scan.ok && scan.reason, !scan.ok && scan.offset], ['encoding', 7]);
});

test('counts objects and arrays alike towards the depth, and no scalar', () => {
  assert.equal(reasonFor('[[[1]]]', { depthMax: 3 }), 'ok');
  assert.equal(reasonFor('[[[[]]]]', { depthMax: 3 }), 'depth@3');
  assert.equal(reasonFor('{"a":{"b":[{}]}}', { depthMax: 3 }), 'depth@11');
  assert.equal(reasonFor('1', { depthMax: 0 }), 'ok');
});

test('stops at the depth limit however deep a hostile text goes', () => {
  assert.equal(reasonFor('['.repeat(1_000_000)), 'depth@64');
  assert.equal(reasonFor('{"a":'.repeat(200_000)), 'depth@320');
});

test('refuses a repeated key at any depth, also when it is spelt with escapes', () => {
  assert.equal(reasonFor('{"a":1,"b":2,"a":3}'), 'duplicate-key@13');
  assert.equal(reasonFor('{"a":1,"\\u0061":2}'), 'duplicate-key@7');
  assert.equal(reasonFor('{"é":1,"\\u00e9":2}'), 'duplicate-key@8');
  assert.equal(reasonFor('[{"x":[{"":1,"":2}]}]'), 'duplicate-key@13');
  assert.equal(reasonFor('{"a":1,"a":2}', { uniqueKeys: false }), 'ok');
});

test('finds a repeated key among many', () => {
  const members = Array.from({ length: 1_000 }, (_, i) => `"key ${i}":${i}`);
  assert.equal(reasonFor(`{${members.join()}}`), 'ok');
  assert.match(reasonFor(`{${members.join()},"key 3":0}`), /^duplicate-key/);
  assert.match(reasonFor(`{${members.join()},"key 999":0}`), /^duplicate-key/);
});

test('tells apart the same key in different objects, and keys that only look alike', () => {
  assert.equal(reasonFor('{"a":{"a":{"a":1}},"b":{"a":1}}'), 'ok');
  assert.equal(reasonFor('{"\\ud800":1,"\\udfff":2,"\\ufffd":3,"A":4,"a":5}'), 'ok');
});

test('records members only as deep as asked, in source order, with places that cut out the raw text', () => {
  const text = ' { "é\\n" : [ 1 ] , "b" : { "c" : 1e400 , "d" : {"e":1} } } ';
  const bytes = Buffer.from(text);
  const scan = scanJson(bytes, options);
  assert.ok(scan.ok);
  const [first, second] = scan.root.members ?? [];
  assert.deepEqual([first?.key, second?.key], ['é\n', 'b']);
  assert.equal(first && bytes.toString('utf8', first.start, first.value.end), '"é\\n" : [ 1 ]');
  const [c, d] = second?.value.members ?? [];
  assert.equal(c && bytes.toString('utf8', c.value.start, c.value.end), '1e400');
  assert.deepEqual([d?.value.kind, d?.value.members], ['object', null]);
});

const corpus = [
  '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"x":[1,2.5e-3,-0]},"_meta":{}}}',
  '[true,false,null,"\\u00e9\\ud83d\\ude00\\n\\"",{"é😀":"ü\u2028"},[],{}]',
  '  { "a" : [ 0 , -1 , 1.0 , 1E+5 , 12345678901234567890 , 1e400 ] ,\r\n\t"b" : "\\\\" }  ',
  '"\\ud800 lone"',
  '-0.0e-0',
  '[[[[[[{"a":{"a":{"a":[]}}}]]]]]]',
  '{"__proto__":1,"constructor":{"a":null},"":""}',
];

const alphabet = Buffer.from('{}[]:,"\\/-+.eE0123456789 \t\r\ntrufalsn\u0000\u001f\u007fbé');

/** Between zero and three changes: replaced, removed, inserted and copied bytes. */
function mutate(text: string, random: (below: number) => number): Buffer {
  let bytes = Buffer.from(text);
  for (let change = random(4); change > 0; change--) {
    const at = random(bytes.length + 1);
    const until = Math.min(bytes.length, at + random(3));
    const from = random(bytes.length + 1);
    const inserted =
      random(3) === 0
        ? bytes.subarray(from, from + random(8))
        : alphabet.subarray(random(alphabet.length)).subarray(0, random(3));
    bytes = Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(until)]);
  }
  return bytes;
}

function parse(bytes: Buffer): { ok: true; value: unknown } | { ok: false } {
  if (!isUtf8(bytes)) return { ok: false };
  try {
    return { ok: true, value: JSON.parse(bytes.toString()) };
  } catch (error) {
    assert.ok(error instanceof SyntaxError);
    return { ok: false };
  }
}

/** The value as the recorded places tell it. */
function rebuild(bytes: Buffer, value: JsonValue): unknown {
  if (value.members === null) return JSON.parse(bytes.toString('utf8', value.start, value.end));
  const entries = value.members.map((member) => [member.key, rebuild(bytes, member.value)] as const);
  return Object.fromEntries(entries);
}

/** Numbers below a bound, the same on every run (mulberry32). */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
