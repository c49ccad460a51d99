import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonValue } from '../../src/protocol/json.ts';
import { joinMembers, member, oneLine, rawMembers, rawOf, textOf } from '../../src/protocol/members.ts';
import { scanJson } from '../../src/protocol/scan.ts';

const bytes = Buffer.from(
  '{ "a" : "\\u00e9\\n" , "big" : 12345678901234567890 , "__proto__" : [ 1 , 2 ] , "é" : "é" }',
);

function root(): JsonValue {
  const scan = scanJson(bytes, { depthMax: 4, membersDepth: 1, uniqueKeys: true });
  assert.ok(scan.ok);
  return scan.root;
}

test('finds members by their decoded key', () => {
  assert.equal(member(root(), 'big')?.kind, 'number');
  assert.equal(member(root(), 'é')?.kind, 'string');
  assert.equal(member(root(), 'toString'), null);
  assert.equal(member(null, 'a'), null);
});

test('reads the text of a string and the raw bytes of anything', () => {
  const [text, number] = [member(root(), 'a'), member(root(), 'big')];
  assert.ok(text && number);
  assert.equal(textOf(bytes, text), 'é\n');
  assert.equal(rawOf(bytes, number).toString(), '12345678901234567890');
});

test('joins members to an object without touching their values', () => {
  const joined = joinMembers(rawMembers(bytes, root().members ?? []));
  assert.equal(joined.toString(), '{"a":"\\u00e9\\n","big":12345678901234567890,"__proto__":[ 1 , 2 ],"é":"é"}');
  assert.equal(joinMembers([]).toString(), '{}');
  assert.equal(joinMembers([{ key: 'q"\n', value: Buffer.from('1') }]).toString(), '{"q\\"\\n":1}');
});

test('puts JSON on one line, so that no part of it can pass for a message of its own', () => {
  const hostile = Buffer.from('{"a":\r\n{"jsonrpc":"2.0","id":1}\n,"b":"\\n\u2028"}');
  assert.equal(oneLine(hostile).toString(), '{"a":  {"jsonrpc":"2.0","id":1} ,"b":"\\n\u2028"}');
  assert.equal(oneLine(bytes), bytes);
});
