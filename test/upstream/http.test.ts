import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, http, reasonOf, resultText, until } from './connect.ts';
import {
  legacy,
  modern,
  type Received,
  refuseGet,
  responseTo,
  sendJson,
  startRawServer,
} from './fixtures/raw-server.ts';

const raw = '{ "content":[],"big":12345678901234567890,"huge":1e400,"unknown" : {"\\u00e9":"é"},"n":1.0}';

function sendEvents(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' }).end(text);
}

const ok = (request: Received, response: ServerResponse) =>
  sendJson(response, responseTo(request, '"result":{"content":[]}'));

test('http: a JSON result passes byte for byte', async (t) => {
  const server = await startRawServer(
    t,
    modern((request, response) => sendJson(response, responseTo(request, `"result":${raw}`))),
  );
  assert.equal(resultText(await connect(t, http(server.url)).call('x')), raw);
});

test('http: a result in an event stream passes byte for byte, cut at every byte', async (t) => {
  const server = await startRawServer(
    t,
    modern(async (request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const text = `: hello\r\nid: 1\r\ndata:\r\n\r\nevent: message\r\ndata: ${responseTo(request, `"result":${raw}`)}\r\n\r\n`;
      for (const byte of Buffer.from(text)) {
        response.write(Buffer.of(byte));
        await new Promise((resolve) => setImmediate(resolve));
      }
      response.end();
    }),
  );
  assert.equal(resultText(await connect(t, http(server.url)).call('x')), raw);
});

test('http: arguments and foreign metadata go out byte for byte', async (t) => {
  const server = await startRawServer(t, modern(ok));
  const { call } = connect(t, http(server.url));
  const args = Buffer.from('{ "n":12345678901234567890, "x":1e400,"\\u00e9":"é" }');
  await call('x', args, { meta: [{ key: 'traceparent', value: Buffer.from('"00-\\u0061"') }] });
  const body = server.asked('tools/call')[0]?.body.toString() ?? '';
  assert(body.includes(`"arguments":${args}`), body);
  assert(body.includes('"traceparent":"00-\\u0061"'), body);
});

test('http: a modern request carries its envelope, and headers that repeat it', async (t) => {
  const server = await startRawServer(t, modern(ok));
  await connect(t, http(server.url)).call('näme', undefined, { headers: { 'mcp-param-region': ' eu ' } });
  const [request] = server.asked('tools/call');
  assert.equal(request?.headers['mcp-protocol-version'], '2026-07-28');
  assert.equal(request?.headers['mcp-method'], 'tools/call');
  assert.equal(request?.headers['mcp-name'], `=?base64?${Buffer.from('näme').toString('base64')}?=`);
  assert.equal(request?.headers['mcp-param-region'], `=?base64?${Buffer.from(' eu ').toString('base64')}?=`);
  assert.equal(request?.headers['accept-encoding'], 'identity');
  assert.deepEqual(request?.message.params, {
    name: 'näme',
    _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
      'io.modelcontextprotocol/clientInfo': { name: 'gatehouse', version: '1.2.3' },
    },
  });
});

test('http: a legacy request carries session and version, and empty arguments for none', async (t) => {
  const server = await startRawServer(t, refuseGet(legacy(ok)));
  const { call, connection } = connect(t, http(server.url));
  assert.equal(reasonOf(await call('x')), 'result');
  const [request] = server.asked('tools/call');
  assert.equal(request?.headers['mcp-session-id'], 'session-1');
  assert.equal(request?.headers['mcp-protocol-version'], '2025-11-25');
  assert.deepEqual(request?.message.params, { name: 'x', arguments: {} });
  assert.deepEqual(server.asked('initialize')[0]?.message.params, {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'gatehouse', version: '1.2.3' },
  });
  assert.equal(connection.era(), 'legacy');
  await connection.close(0);
  assert.equal(server.received.at(-1)?.method, 'DELETE');
});

test('http: ids cannot be guessed and never come twice', async (t) => {
  const server = await startRawServer(t, modern(ok));
  const { call } = connect(t, http(server.url));
  await Promise.all([call('x'), call('x'), call('x')]);
  const ids = server.asked('tools/call').map(({ message }) => String(message.id));
  assert.equal(new Set(ids).size, 3);
  assert(ids.every((id) => Buffer.from(id, 'base64url').length === 16));
});

test('http: progress is heard by the request whose token it carries, without the token', async (t) => {
  const server = await startRawServer(
    t,
    modern((request, response) => {
      const meta = request.message.params?.['_meta'] as Record<string, unknown>;
      const progress = (token: unknown) =>
        `data: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${JSON.stringify(token)},"progress":1.50}}\n\n`;
      const last = `data: ${responseTo(request, '"result":{}')}\n\n`;
      sendEvents(response, progress('another') + progress(meta['progressToken']) + last);
    }),
  );
  const heard: string[] = [];
  await connect(t, http(server.url)).call(
    'x',
    {},
    {
      onProgress: (members) => heard.push(members.map(({ key, value }) => `${key}=${value}`).join()),
    },
  );
  assert.deepEqual(heard, ['progress=1.50']);
});

test('http: an error of the server is an answer, whatever the HTTP status', async (t) => {
  const error = '"error":{"code":-32602,"message":"no \\"x\\"","data":{"n":1e400}}';
  const server = await startRawServer(
    t,
    modern((request, response) => sendJson(response, responseTo(request, error), 400)),
  );
  assert.deepEqual(await connect(t, http(server.url)).call('x'), {
    kind: 'error',
    code: -32602,
    message: 'no "x"',
    data: Buffer.from('{"n":1e400}'),
  });
});

test('http: a cancelled modern request closes its stream', async (t) => {
  const server = await startRawServer(
    t,
    modern((_request, response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()),
  );
  const { call } = connect(t, http(server.url));
  const abort = new AbortController();
  const answer = call('x', {}, { signal: abort.signal });
  await until(() => server.asked('tools/call').length === 1, 'the call');
  abort.abort();
  assert.equal(reasonOf(await answer), 'cancelled');
  await until(() => server.asked('tools/call')[0]?.closed === true, 'the stream to close');
  assert.equal(server.asked('notifications/cancelled').length, 0);
});

test('http: a cancelled legacy request is cancelled by a notification on its session', async (t) => {
  const server = await startRawServer(
    t,
    refuseGet(
      legacy((request, response) => {
        if (request.message.method === 'notifications/cancelled') response.writeHead(202).end();
      }),
    ),
  );
  const { call } = connect(t, http(server.url));
  const abort = new AbortController();
  const answer = call('x', {}, { signal: abort.signal });
  await until(() => server.asked('tools/call').length === 1, 'the call');
  abort.abort();
  assert.equal(reasonOf(await answer), 'cancelled');
  await until(() => server.asked('notifications/cancelled').length === 1, 'the notification');
  const [notice] = server.asked('notifications/cancelled');
  assert.equal(notice?.message.params?.['requestId'], server.asked('tools/call')[0]?.message.id);
  assert.equal(notice?.headers['mcp-session-id'], 'session-1');
});

test('http: list_changed on the GET stream is an event, and the stream is opened again when it breaks', async (t) => {
  let gets = 0;
  const server = await startRawServer(
    t,
    legacy((request, response) => {
      if (request.method !== 'GET') return ok(request, response);
      gets += 1;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n');
      if (gets === 1) setTimeout(() => response.destroy(), 20);
    }),
  );
  const { call, events } = connect(t, http(server.url));
  await call('x');
  await until(() => events.filter((event) => event === 'changed').length >= 3, 'two notices and one reopening');
  assert.equal(gets, 2);
});

test('http: requests of a server are answered, so that it does not wait', async (t) => {
  const server = await startRawServer(
    t,
    refuseGet(
      legacy(async (request, response) => {
        if (request.message.method !== 'tools/call') return void response.writeHead(202).end();
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('data: {"jsonrpc":"2.0","id":"q","method":"sampling/createMessage","params":{}}\n\n');
        await until(() => server.received.some(({ message }) => message.id === 'q'), 'the reply');
        response.end(`data: ${responseTo(request, '"result":{}')}\n\n`);
      }),
    ),
  );
  assert.equal(reasonOf(await connect(t, http(server.url)).call('x')), 'result');
  const reply = server.received.find(({ message }) => message.id === 'q');
  assert.equal(JSON.parse(reply?.body.toString() ?? '{}').error.code, -32601);
  assert.equal(reply?.headers['mcp-session-id'], 'session-1');
});

test('http: the bulkhead refuses what is over it, and no slot is lost', async (t) => {
  const server = await startRawServer(
    t,
    modern((request, response) => void sleep(50).then(() => ok(request, response))),
  );
  const { call } = connect(t, http(server.url), { limits: { callsPerServerMax: 2 } });
  const answers = await Promise.all([call('x'), call('x'), call('x')]);
  assert.deepEqual(answers.map(reasonOf).sort(), ['overloaded', 'result', 'result']);
  assert.equal(reasonOf(await call('x')), 'result');
});
