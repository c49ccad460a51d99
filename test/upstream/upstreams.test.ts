import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import type { Configuration, Server } from '../../src/config/configuration.ts';
import type { UpstreamConnection } from '../../src/upstream/connection.ts';
import { createUpstreams, type Upstreams } from '../../src/upstream/upstreams.ts';
import { http, limits, reasonOf, serverOf, until } from './connect.ts';
import { modern, type Received, responseTo, sendJson, startRawServer } from './fixtures/raw-server.ts';

function configurationOf(servers: readonly Server[], more: Partial<typeof limits> = {}): Configuration {
  const byName = new Map(servers.map((server) => [server.name, server]));
  // Nothing else of a configuration is looked at.
  return { limits: { ...limits, ...more }, servers: byName } as unknown as Configuration;
}

function start(t: TestContext): { readonly upstreams: Upstreams; readonly events: string[] } {
  const events: string[] = [];
  const upstreams = createUpstreams({
    version: '1.2.3',
    environment: {},
    log: pino({ level: 'silent' }),
    credentialFor: async (server) => ({ kind: 'ready', headers: { 'x-server': server.name }, env: {} }),
    toolsChanged: (server) => events.push(`${server.name} changed`),
    stateChanged: (server, state) => events.push(`${server.name} ${state}`),
  });
  t.after(() => upstreams.close(0));
  return { upstreams, events };
}

function call(connection: UpstreamConnection) {
  const signal = new AbortController().signal;
  return connection.request({
    method: 'tools/call',
    params: [],
    meta: [],
    name: 'x',
    headers: {},
    onProgress: null,
    signal,
    timeoutMs: 3000,
  });
}

function ok(request: Received, response: ServerResponse): void {
  sendJson(response, responseTo(request, '"result":{}'));
}

test('upstreams: a server is idle until used, and its states and events bear its name', async (t) => {
  const raw = await startRawServer(t, modern(ok));
  const server = serverOf(http(raw.url), { name: 'one' });
  const { upstreams, events } = start(t);
  upstreams.apply(configurationOf([server]));
  assert.deepEqual(upstreams.states(), [{ server: 'one', state: 'idle', detail: 'not used yet', era: null }]);
  assert.equal(reasonOf(await call(upstreams.connectionFor(server))), 'result');
  assert.deepEqual(upstreams.states(), [
    { server: 'one', state: 'up', detail: 'MCP 2026-07-28 over HTTP', era: 'modern' },
  ]);
  assert.deepEqual(events, ['one up']);
  assert.equal(raw.asked('tools/call')[0]?.headers['x-server'], 'one');
});

test('upstreams: an unchanged server keeps its connection, a changed one gets another', async (t) => {
  const server = serverOf(http('http://127.0.0.1:9/mcp'), { name: 'one' });
  const { upstreams } = start(t);
  upstreams.apply(configurationOf([server]));
  const before = upstreams.connectionFor(server);
  upstreams.apply(configurationOf([{ ...server }]));
  assert.equal(upstreams.connectionFor(server), before);
  const changed = { ...server, timeoutMs: 1, fingerprint: 'another' };
  upstreams.apply(configurationOf([changed]));
  assert.notEqual(upstreams.connectionFor(changed), before);
  assert.equal(upstreams.states().length, 1);
  upstreams.apply(configurationOf([server]));
  assert.equal(upstreams.connectionFor(server), before);
});

test('upstreams: other limits mean other connections', (t) => {
  const server = serverOf(http('http://127.0.0.1:9/mcp'));
  const { upstreams } = start(t);
  upstreams.apply(configurationOf([server]));
  const before = upstreams.connectionFor(server);
  upstreams.apply(configurationOf([server], { callsPerServerMax: 3 }));
  assert.notEqual(upstreams.connectionFor(server), before);
});

test('upstreams: a call decided before a reload that changes its server and a limit still has its connection', (t) => {
  const server = serverOf(http('http://127.0.0.1:9/mcp'));
  const { upstreams } = start(t);
  upstreams.apply(configurationOf([server]));
  const before = upstreams.connectionFor(server);
  upstreams.apply(configurationOf([{ ...server, timeoutMs: 1, fingerprint: 'another' }], { callsPerServerMax: 3 }));
  assert.equal(upstreams.connectionFor(server), before);
});

test('upstreams: calls on a removed server finish, and none begins later', async (t) => {
  const raw = await startRawServer(
    t,
    modern((request, response) => void sleep(1300).then(() => ok(request, response))),
  );
  const server = serverOf(http(raw.url));
  const { upstreams } = start(t);
  upstreams.apply(configurationOf([server]));
  const first = call(upstreams.connectionFor(server));
  await until(() => raw.asked('tools/call').length === 1, 'the call');
  upstreams.apply(configurationOf([]));
  assert.deepEqual(upstreams.states(), []);
  await sleep(100);
  const second = call(upstreams.connectionFor(server));
  assert.equal(reasonOf(await first), 'result');
  assert.equal(reasonOf(await second), 'result');
  assert.deepEqual(await call(upstreams.connectionFor(server)), {
    kind: 'failed',
    reason: 'closed',
    detail: 'the server is no longer configured',
  });
});
