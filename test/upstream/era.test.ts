import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { createEraMemory } from '../../src/upstream/era.ts';
import { connect, http, reasonOf } from './connect.ts';
import { type Answer, type Received, refuseGet, responseTo, sendJson, startRawServer } from './fixtures/raw-server.ts';

/** Reactions to `server/discover`, as status and members of a response or a whole body, and the era they prove. */
const reactions: readonly (readonly [what: string, status: number, body: string, era: 'modern' | 'legacy' | null])[] = [
  ['a result with the modern version', 200, '"result":{"supportedVersions":["2026-07-28","2025-11-25"]}', 'modern'],
  ['a result with legacy versions only', 200, '"result":{"supportedVersions":["2025-11-25"]}', 'legacy'],
  ['HeaderMismatch', 400, '"error":{"code":-32020,"message":""}', 'modern'],
  ['MissingRequiredClientCapability', 400, '"error":{"code":-32021,"message":""}', 'modern'],
  ['a modern method-not-found', 404, '"error":{"code":-32601,"message":""}', 'modern'],
  ['a legacy method-not-found', 200, '"error":{"code":-32601,"message":""}', 'legacy'],
  [
    'UnsupportedProtocolVersion that leaves legacy versions',
    400,
    '"error":{"code":-32022,"message":"","data":{"supported":["2025-11-25"]}}',
    'legacy',
  ],
  ['an error without id', 400, '{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"no session"}}', 'legacy'],
  ['a plain 404', 404, '{"detail":"Not Found"}', 'legacy'],
  ['a plain 405', 405, '{}', 'legacy'],
  ['401', 401, '{}', null],
  ['403', 403, '"error":{"code":-32600,"message":""}', null],
  ['500', 500, '"error":{"code":-32603,"message":""}', null],
  ['503', 503, '{}', null],
];

for (const [what, status, body, era] of reactions) {
  test(`era: ${what} is ${era === null ? 'no evidence' : `evidence of the ${era} era`}`, async (t) => {
    const server = await startRawServer(t, refuseGet(reacting(status, body)));
    const { connection, call } = connect(t, http(server.url));
    const answer = await call('x');
    assert.equal(connection.era(), era, JSON.stringify(answer));
    assert.equal(server.asked('initialize').length, era === 'legacy' ? 1 : 0);
    assert.equal(answer.kind, era === null ? 'failed' : 'result');
  });
}

function reacting(status: number, body: string): Answer {
  return (request: Received, response: ServerResponse) => {
    const { method } = request.message;
    if (method === 'server/discover') {
      return sendJson(response, body.startsWith('{') ? body : responseTo(request, body), status);
    }
    if (method === 'initialize')
      return sendJson(response, responseTo(request, '"result":{"protocolVersion":"2025-06-18"}'));
    if (method === 'notifications/initialized') return response.writeHead(202).end();
    return sendJson(response, responseTo(request, '"result":{}'));
  };
}

test('era: a configured era is not asked about', async (t) => {
  const modern = await startRawServer(t, reacting(200, '"result":{"supportedVersions":["2025-11-25"]}'));
  const refused = await connect(t, http(modern.url), { protocol: 'modern' }).call('x');
  assert.deepEqual(refused, { kind: 'failed', reason: 'bad_answer', detail: 'it does not speak MCP 2026-07-28' });
  assert.equal(modern.asked('initialize').length, 0);
  const legacy = await startRawServer(t, refuseGet(reacting(200, '"result":{"supportedVersions":["2026-07-28"]}')));
  assert.equal(reasonOf(await connect(t, http(legacy.url), { protocol: 'legacy' }).call('x')), 'result');
  assert.equal(legacy.asked('server/discover').length, 0);
});

test('era: a server that speaks neither era is a bad answer', async (t) => {
  const server = await startRawServer(t, (_request, response) => response.writeHead(404).end());
  assert.equal(reasonOf(await connect(t, http(server.url)).call('x')), 'bad_answer');
  assert.deepEqual(
    server.received.map(({ method, message }) => message.method ?? method),
    ['server/discover', 'initialize', 'GET'],
  );
});

test('era: a server that turned legacy is found out by the request after', async (t) => {
  let turned = false;
  const after = reacting(404, '{}');
  const before = reacting(200, '"result":{"supportedVersions":["2026-07-28"]}');
  const server = await startRawServer(
    t,
    refuseGet((request, response) => {
      if (!turned) return before(request, response);
      if (request.headers['mcp-method'] !== undefined) return sendJson(response, '{}', 404);
      return after(request, response);
    }),
  );
  const { connection, call } = connect(t, http(server.url));
  assert.equal(reasonOf(await call('x')), 'result');
  turned = true;
  assert.equal(reasonOf(await call('x')), 'bad_answer');
  assert.equal(reasonOf(await call('x')), 'result');
  assert.equal(connection.era(), 'legacy');
});

test('era: a legacy verdict lasts a day', () => {
  let now = 5;
  const memory = createEraMemory(() => now);
  assert.equal(memory.legacyMs(), 0);
  memory.learnLegacy();
  now += 86_399_999;
  assert.equal(memory.legacyMs(), 1);
  now += 1;
  assert.equal(memory.legacyMs(), 0);
});
