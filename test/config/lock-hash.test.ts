import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { canonicalJson, lockHash } from '../../src/config/lock-hash.ts';

test('canonical JSON is sorted by code units and has no spaces', () => {
  // The sorting example of RFC 8785, section 3.2.3.
  const example =
    '{"\\u20ac":"Euro Sign","\\r":"Carriage Return","\\ufb33":"Hebrew","1":"One","\\ud83d\\ude00":"Emoji","\\u0080":"Control","\\u00f6":"o"}';
  const sorted = ['\r', '1', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33'];
  const keys = [...canonicalJson(JSON.parse(example)).matchAll(/("(?:[^"\\]|\\.)*"):/g)].map(([, key = '']) =>
    JSON.parse(key),
  );
  assert.deepEqual(keys, sorted);
  assert.equal(
    canonicalJson(JSON.parse('{ "b": [1.0, 1e3, null, true], "a": {} }')),
    '{"a":{},"b":[1,1000,null,true]}',
  );
});

test('a member called __proto__ is a member', () => {
  assert.equal(canonicalJson(JSON.parse('{"a":1,"__proto__":{"x":1}}')), '{"__proto__":{"x":1},"a":1}');
});

test('the hash is of a fixed word, a NUL and the canonical text', () => {
  const definition = JSON.parse('{"name":"look","inputSchema":{"type":"object"}}');
  const text = 'gatehouse-tool-v1\0{"inputSchema":{"type":"object"},"name":"look"}';
  assert.equal(lockHash(definition), createHash('sha256').update(text).digest('hex'));
});
