import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decodeHeaderValue,
  encodeHeaderValue,
  headersOf,
  mismatch,
  readHeaderParams,
} from '../../src/protocol/header-params.ts';

function paramsOf(schema: unknown): Extract<ReturnType<typeof readHeaderParams>, { ok: true }>['params'] {
  const read = readHeaderParams(schema);
  assert.ok(read.ok, read.ok ? '' : read.reason);
  return read.params;
}

const schema = {
  type: 'object',
  properties: {
    region: { type: 'string', 'x-mcp-header': 'Region' },
    where: { type: 'object', properties: { zone: { type: 'integer', 'x-mcp-header': 'Zone-Id' } } },
    dry: { type: 'boolean', 'x-mcp-header': 'dry' },
    plain: { type: 'string', default: { 'x-mcp-header': 'data, not an annotation' } },
    properties: { type: 'string' },
  },
};

test('reads annotations at any depth of properties', () => {
  assert.deepEqual(paramsOf(schema), [
    { header: 'mcp-param-region', path: ['region'], type: 'string' },
    { header: 'mcp-param-zone-id', path: ['where', 'zone'], type: 'integer' },
    { header: 'mcp-param-dry', path: ['dry'], type: 'boolean' },
  ]);
  assert.deepEqual(paramsOf({ type: 'object' }), []);
});

test('a property may be called x-mcp-header or properties without being an annotation', () => {
  const odd = {
    properties: { 'x-mcp-header': { type: 'string' }, properties: { type: 'string', 'x-mcp-header': 'p' } },
  };
  assert.deepEqual(paramsOf(odd), [{ header: 'mcp-param-p', path: ['properties'], type: 'string' }]);
});

test('refuses annotations that are no header name, of no primitive type, repeated, or out of reach', () => {
  const at = (property: unknown): unknown => ({ properties: { p: property } });
  const wrong: unknown[] = [
    at({ type: 'string', 'x-mcp-header': '' }),
    at({ type: 'string', 'x-mcp-header': 'a b' }),
    at({ type: 'string', 'x-mcp-header': 'a\r\nb' }),
    at({ type: 'string', 'x-mcp-header': 7 }),
    at({ type: 'number', 'x-mcp-header': 'a' }),
    at({ type: 'object', 'x-mcp-header': 'a' }),
    at({ type: ['string', 'null'], 'x-mcp-header': 'a' }),
    at({ 'x-mcp-header': 'a' }),
    at({ type: 'array', items: { type: 'string', 'x-mcp-header': 'a' } }),
    at({ anyOf: [{ type: 'string', 'x-mcp-header': 'a' }] }),
    { $defs: { d: { type: 'string', 'x-mcp-header': 'a' } } },
    { allOf: [{ properties: { p: { type: 'string', 'x-mcp-header': 'a' } } }] },
    { type: 'object', 'x-mcp-header': 'a' },
    { properties: { p: { type: 'string', 'x-mcp-header': 'A' }, q: { type: 'string', 'x-mcp-header': 'a' } } },
  ];
  for (const candidate of wrong) assert.equal(readHeaderParams(candidate).ok, false, JSON.stringify(candidate));
});

test('values that a header cannot hold plainly travel as base64, and come back', () => {
  assert.equal(encodeHeaderValue('eu-west 1'), 'eu-west 1');
  assert.equal(encodeHeaderValue('é'), '=?base64?w6k=?=');
  for (const text of ['', ' a', 'a ', 'é😀', 'a\nb', '=?base64?YQ==?=', '\u007f', 'plain', 'a b']) {
    assert.match(encodeHeaderValue(text), /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/);
    assert.equal(decodeHeaderValue(encodeHeaderValue(text)), text);
  }
});

test('decodes only the exact form, and nothing but canonical base64 of UTF-8', () => {
  assert.equal(decodeHeaderValue('=?BASE64?YQ==?='), '=?BASE64?YQ==?=');
  assert.equal(decodeHeaderValue('=?base64?='), '=?base64?=');
  for (const wrong of ['=?base64?YQ?=', '=?base64?Y Q==?=', '=?base64?/w==?=', '=?base64?YR==?=', '=?base64?-_8=?=']) {
    assert.equal(decodeHeaderValue(wrong), null, wrong);
  }
});

test('mirrors present arguments only', () => {
  const args = Buffer.from('{"region":"é","where":{"zone":42.0},"dry":null}');
  assert.deepEqual(headersOf(paramsOf(schema), args), { 'mcp-param-region': 'é', 'mcp-param-zone-id': '42' });
  assert.deepEqual(headersOf(paramsOf(schema), null), {});
  assert.deepEqual(headersOf(paramsOf(schema), Buffer.from('{"where":7,"region":["x"]}')), {});
});

test('says what disagrees between headers and arguments', () => {
  const args = Buffer.from('{"region":"é","where":{"zone":42},"dry":true}');
  const good = { 'mcp-param-region': '=?base64?w6k=?=', 'mcp-param-zone-id': '42.0', 'mcp-param-dry': 'true' };
  const verdict = (headers: Readonly<Record<string, string>>): string | null =>
    mismatch(paramsOf(schema), args, (name) => headers[name] ?? null);
  assert.equal(verdict(good), null);
  assert.match(verdict({ ...good, 'mcp-param-region': 'e' }) ?? '', /^mcp-param-region differs/);
  assert.match(verdict({ ...good, 'mcp-param-region': '=?base64?!?=' }) ?? '', /^mcp-param-region is not valid/);
  assert.match(verdict({ ...good, 'mcp-param-zone-id': '0x2a' }) ?? '', /^mcp-param-zone-id differs/);
  assert.match(verdict({ ...good, 'mcp-param-dry': 'TRUE' }) ?? '', /^mcp-param-dry differs/);
  const { 'mcp-param-dry': _, ...less } = good;
  assert.match(verdict(less) ?? '', /^mcp-param-dry is missing/);
});

test('a header for an argument that is absent or null is ignored', () => {
  assert.equal(
    mismatch(paramsOf(schema), Buffer.from('{"dry":null}'), () => 'x'),
    null,
  );
  assert.equal(
    mismatch(paramsOf(schema), null, () => 'x'),
    null,
  );
});
