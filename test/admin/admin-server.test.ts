import assert from 'node:assert/strict';
import { request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, test } from 'node:test';
import { pino } from 'pino';
import { type Admin, createAdmin } from '../../src/admin/admin-server.ts';
import type { HealthReport } from '../../src/admin/health.ts';
import { healthy } from './report.ts';

let report: HealthReport;
let admin: Admin;
let port: number;

beforeEach(async () => {
  report = healthy;
  admin = createAdmin({
    health: () => report,
    metrics: () => (report.phase === 'draining' ? Promise.reject(new Error('broken')) : Promise.resolve('a 1\n')),
    allowedHosts: () => ['gate.internal'],
    log: pino({ level: 'silent' }),
  });
  ({ port } = await admin.listen({ host: '127.0.0.1', port: 0 }));
});

afterEach(() => admin.close());

test('/healthz tells status, configuration, servers and the audit head', async () => {
  const { status, body } = await ask('/healthz');
  assert.equal(status, 200);
  assert.deepEqual(JSON.parse(body), {
    status: 'ok',
    ...healthy,
    servers: [
      { name: 'memory', state: 'up', reason: '', since: '2026-11-01T00:00:00.000Z', tools: 9, drifted: 1, unlisted: 2 },
    ],
  });
});

test('/healthz is 503 only when the gateway itself cannot work', async () => {
  report = { ...healthy, phase: 'draining', refused: 'GH001' };
  assert.equal((await ask('/healthz')).status, 200);
  report = { ...healthy, audit: { ...healthy.audit, ok: false, accepting: 'nothing' } };
  assert.equal((await ask('/healthz')).status, 503);
});

test('/readyz is 503 with the reason until the gateway serves', async () => {
  assert.deepEqual(await ask('/readyz'), { status: 200, body: 'ready\n' });
  report = { ...healthy, phase: 'starting' };
  assert.deepEqual(await ask('/readyz'), { status: 503, body: 'starting\n' });
});

test('/metrics answers in the Prometheus format, and 500 rather than nothing when it cannot', async () => {
  assert.deepEqual(await ask('/metrics'), { status: 200, body: 'a 1\n\n' });
  report = { ...healthy, phase: 'draining' };
  assert.deepEqual(await ask('/metrics'), { status: 500, body: 'Internal error.\n' });
});

test('only GET and HEAD, and only the three pages', async () => {
  assert.equal((await ask('/healthz', { method: 'HEAD' })).status, 200);
  assert.equal((await ask('/healthz', { method: 'POST' })).status, 405);
  assert.equal((await ask('/')).status, 404);
});

test('a Host that is neither local nor configured is refused', async () => {
  for (const host of ['localhost:1', '[::1]', '127.0.0.1:9', 'gate.internal']) {
    assert.equal((await ask('/readyz', { host })).status, 200, host);
  }
  for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1:9:9']) {
    assert.equal((await ask('/readyz', { host })).status, 403, host);
  }
});

test('close ends connections that are open and idle', async () => {
  const socket = connect(port, '127.0.0.1');
  await new Promise((resolve) => socket.once('connect', resolve));
  const ended = new Promise((resolve) => socket.once('close', resolve));
  await admin.close();
  await ended;
});

test('an address in use is a rejection', async () => {
  const second = createAdmin({
    health: () => report,
    metrics: async () => '',
    allowedHosts: () => [],
    log: pino({ level: 'silent' }),
  });
  await assert.rejects(second.listen({ host: '127.0.0.1', port }), { code: 'EADDRINUSE' });
});

function ask(
  path: string,
  options: { method?: string; host?: string } = {},
): Promise<{ status: number; body: string }> {
  const { method = 'GET', host } = options;
  const headers = host === undefined ? {} : { host };
  return new Promise((resolve, reject) => {
    const sent = request({ port, path, method, headers, agent: false }, async (response) => {
      const chunks = await response.toArray();
      resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() });
    });
    sent.on('error', reject).end();
  });
}
