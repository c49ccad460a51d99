import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../src/protocol/classify.ts';
import { metaKeys } from '../../src/protocol/eras.ts';
import { readMessage } from '../../src/protocol/read-message.ts';

function classOf(httpMethod: string, headers: Readonly<Record<string, string>>, message?: object): string {
  const bytes = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }));
  const read = message === undefined ? null : readMessage(bytes, { depthMax: 16, uniqueKeys: true });
  assert.ok(read?.kind !== 'malformed');
  const found = classify({ httpMethod, lookup: (name) => headers[name] ?? null, message: read });
  return found.kind === 'session' ? `session ${found.id}` : found.kind;
}

const modern = { 'mcp-protocol-version': '2026-07-28' };
const legacy = { 'mcp-protocol-version': '2025-11-25' };
const session = { 'mcp-session-id': 's' };
const list = { id: 1, method: 'tools/list' };
const initialize = { id: 1, method: 'initialize', params: {} };
const params = { _meta: { [metaKeys.protocolVersion]: '2026-07-28' } };

test('an envelope makes a request modern, whatever else it carries', () => {
  assert.equal(classOf('POST', {}, { ...list, params }), 'modern');
  assert.equal(classOf('POST', { ...session, ...legacy }, { ...list, params }), 'modern');
  assert.equal(classOf('POST', {}, { ...initialize, params }), 'modern');
  assert.equal(classOf('POST', {}, { method: 'notifications/x', params }), 'modern');
});

test('so does a header that names a modern version, known or not', () => {
  assert.equal(classOf('POST', modern, list), 'modern');
  assert.equal(classOf('POST', { 'mcp-protocol-version': '2027-01-01' }, list), 'modern');
  assert.equal(classOf('POST', modern, { id: 1, result: {} }), 'modern');
});

test('initialize without an envelope begins a session, also when it comes with a stale one', () => {
  assert.equal(classOf('POST', {}, initialize), 'initialize');
  assert.equal(classOf('POST', session, initialize), 'initialize');
  assert.equal(classOf('POST', {}, { method: 'initialize' }), 'stateless');
});

test('a session id names the session for POST, GET and DELETE', () => {
  assert.equal(classOf('POST', { ...session, ...legacy }, list), 'session s');
  assert.equal(classOf('POST', session, { id: 1, result: {} }), 'session s');
  assert.equal(classOf('GET', session), 'session s');
  assert.equal(classOf('DELETE', { ...session, ...legacy }), 'session s');
});

test('a request with neither envelope nor session is legacy and stateless', () => {
  assert.equal(classOf('POST', {}, list), 'stateless');
  assert.equal(classOf('POST', { ...legacy, 'mcp-method': 'tools/list', 'mcp-name': 'x' }, list), 'stateless');
  assert.equal(classOf('POST', { 'mcp-protocol-version': 'nonsense' }, list), 'stateless');
});

test('other methods are for sessions of the legacy era only', () => {
  assert.equal(classOf('GET', {}), 'method-not-allowed');
  assert.equal(classOf('GET', { ...session, ...modern }), 'method-not-allowed');
  assert.equal(classOf('DELETE', {}), 'method-not-allowed');
  assert.equal(classOf('PUT', session), 'method-not-allowed');
});
