import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metaKeys } from '../../src/protocol/eras.ts';
import { checkModern } from '../../src/protocol/modern-request.ts';
import { readMessage } from '../../src/protocol/read-message.ts';

const version = '2026-07-28';
const envelope = { [metaKeys.protocolVersion]: version, [metaKeys.clientCapabilities]: {} };
const headers = { 'mcp-protocol-version': version, 'mcp-method': 'tools/call', 'mcp-name': 'echo' };
const call = { id: 1, method: 'tools/call', params: { name: 'echo', _meta: envelope } };

function check(message: object, sent: Readonly<Record<string, string>>): string {
  const bytes = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }));
  const read = readMessage(bytes, { depthMax: 16, uniqueKeys: true });
  assert.ok(read.kind !== 'malformed');
  const checked = checkModern(read, (name) => sent[name] ?? null);
  if (checked.kind === 'sound') return 'sound';
  return `${checked.entry.code} ${checked.entry.status} ${checked.message}${checked.data ?? ''}`;
}

function without(key: keyof typeof headers): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== key));
}

test('a request with its envelope and agreeing headers is sound', () => {
  assert.equal(check(call, headers), 'sound');
  assert.equal(
    check({ ...call, method: 'tools/list' }, { ...without('mcp-name'), 'mcp-method': 'tools/list' }),
    'sound',
  );
});

test('an incomplete envelope is -32602 with status 400', () => {
  for (const meta of [
    undefined,
    {},
    { ...envelope, [metaKeys.protocolVersion]: 7 },
    { [metaKeys.protocolVersion]: version },
    { ...envelope, [metaKeys.clientCapabilities]: [] },
  ]) {
    assert.match(check({ ...call, params: { name: 'echo', _meta: meta } }, headers), /^-32602 400 _meta needs /);
  }
});

test('missing or differing headers are -32020 with status 400', () => {
  for (const key of ['mcp-protocol-version', 'mcp-method', 'mcp-name'] as const) {
    assert.match(check(call, without(key)), /^-32020 400 .* is missing/);
    assert.match(check(call, { ...headers, [key]: 'Echo' }), /^-32020 400 .* differs/);
  }
  assert.match(check(call, { ...headers, 'mcp-name': '=?base64?*?=' }), /^-32020 400 Mcp-Name is not valid/);
});

test('an unsupported version is -32022 and says which is supported', () => {
  for (const other of ['2027-01-01', '2025-11-25', 'x']) {
    const params = { name: 'echo', _meta: { ...envelope, [metaKeys.protocolVersion]: other } };
    assert.equal(
      check({ ...call, params }, { ...headers, 'mcp-protocol-version': other }),
      `-32022 400 Unsupported protocol version.{"supported":["2026-07-28"],"requested":"${other}"}`,
    );
    assert.match(check({ ...call, params }, without('mcp-protocol-version')), /^-32022/);
  }
});

test('a name or uri that is not plain ASCII is compared decoded', () => {
  const read = { id: 1, method: 'resources/read', params: { uri: 'test://é', _meta: envelope } };
  const sent = {
    ...headers,
    'mcp-method': 'resources/read',
    'mcp-name': `=?base64?${Buffer.from('test://é').toString('base64')}?=`,
  };
  assert.equal(check(read, sent), 'sound');
});

test('a call without a name is left to whoever handles it', () => {
  assert.equal(check({ ...call, params: { _meta: envelope } }, headers), 'sound');
});

test('a notification owes nothing but must not contradict itself', () => {
  const note = { method: 'notifications/cancelled', params: {} };
  assert.equal(check(note, { 'mcp-protocol-version': version }), 'sound');
  assert.match(check(note, { 'mcp-protocol-version': version, 'mcp-method': 'other' }), /^-32020/);
  assert.match(check(note, { 'mcp-protocol-version': '2027-01-01' }), /^-32022/);
});

test('a response is no modern message of a client', () => {
  assert.match(check({ id: 1, result: {} }, headers), /^-32600 400/);
});
