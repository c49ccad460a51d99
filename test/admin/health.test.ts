import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statusOf, unreadyReason } from '../../src/admin/health.ts';
import { healthy } from './report.ts';

test('everything in place is ok and ready', () => {
  assert.equal(statusOf(healthy), 'ok');
  assert.equal(unreadyReason(healthy), null);
});

test('one dead upstream degrades the gateway and keeps it ready', () => {
  const [server] = healthy.servers;
  assert(server);
  const report = { ...healthy, servers: [server, { ...server, name: 'dead', state: 'down' as const }] };
  assert.equal(statusOf(report), 'degraded');
  assert.equal(unreadyReason(report), null);
});

test('a refused reload degrades the gateway', () => {
  assert.equal(statusOf({ ...healthy, refused: 'GH023 policies/access.yaml:3:5' }), 'degraded');
});

test('an audit log that cannot be written fails the gateway and makes it unready', () => {
  const report = {
    ...healthy,
    audit: { ...healthy.audit, ok: false, accepting: 'nothing', detail: 'ENOSPC' } as const,
  };
  assert.equal(statusOf(report), 'failing');
  assert.equal(unreadyReason(report), 'audit: ENOSPC');
});

test('starting and draining are healthy but not ready', () => {
  for (const phase of ['starting', 'draining'] as const) {
    assert.equal(statusOf({ ...healthy, phase }), 'ok');
    assert.equal(unreadyReason({ ...healthy, phase }), phase);
  }
});
