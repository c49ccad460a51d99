import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { connect, http, reasonOf, resultText, until } from './connect.ts';
import { type RawServer, type Received, responseTo, startRawServer } from './fixtures/raw-server.ts';

interface SseServer {
  readonly server: RawServer;
  /** The stream opened last. */
  stream(): ServerResponse;
}

/** An HTTP+SSE server; `answer` is asked about requests after the handshake. */
async function startSse(
  t: TestContext,
  answer: (request: Received, say: (message: string) => void) => void,
  endpoint = '/messages?session=1',
): Promise<SseServer> {
  let stream: ServerResponse | null = null;
  const server = await startRawServer(t, (request, response) => {
    if (request.method === 'GET') {
      stream = response.writeHead(200, { 'content-type': 'text/event-stream' });
      return stream.write(`event: endpoint\ndata: ${endpoint}\n\n`);
    }
    if (request.path === '/mcp') return response.writeHead(405).end();
    response.writeHead(202).end('Accepted');
    const say = (message: string) => stream?.write(`event: message\ndata: ${message}\n\n`);
    if (request.message.method !== 'initialize') return answer(request, say);
    return say(responseTo(request, '"result":{"protocolVersion":"2024-11-05"}'));
  });
  return {
    server,
    stream: () => {
      assert(stream !== null);
      return stream;
    },
  };
}

const raw = '{"content":[],"big":12345678901234567890,"huge":1e400}';

function ok(request: Received, say: (message: string) => void): void {
  if (request.message.method === 'tools/call') say(responseTo(request, `"result":${raw}`));
}

test('sse: a server found by asking answers byte for byte, at the address it names', async (t) => {
  const { server } = await startSse(t, ok);
  const { call, connection } = connect(t, http(server.url));
  assert.equal(resultText(await call('x')), raw);
  assert.equal(connection.era(), 'legacy');
  const posts = server.received.filter(({ path }) => path === '/messages?session=1');
  assert.deepEqual(
    posts.map(({ message }) => message.method),
    ['initialize', 'notifications/initialized', 'tools/call'],
  );
});

test('sse: a configured transport is used at once', async (t) => {
  const { server } = await startSse(t, ok);
  assert.equal(reasonOf(await connect(t, http(server.url, 'sse')).call('x')), 'result');
  assert.equal(server.received[0]?.method, 'GET');
});

test('sse: a configured Streamable HTTP is not given up for it', async (t) => {
  const { server } = await startSse(t, ok);
  assert.equal(reasonOf(await connect(t, http(server.url, 'http')).call('x')), 'bad_answer');
  assert(server.received.every(({ method }) => method === 'POST'));
});

test('sse: an address on another origin gets nothing', async (t) => {
  const elsewhere = await startRawServer(t, (_request, response) => response.writeHead(202).end());
  const { server } = await startSse(t, ok, elsewhere.url);
  const answer = await connect(t, http(server.url, 'sse')).call('x');
  assert.deepEqual(answer, {
    kind: 'failed',
    reason: 'bad_answer',
    detail: 'it names an address on another origin to post to',
  });
  assert.equal(elsewhere.received.length, 0);
});

test('sse: a server that never names an address is a timeout', async (t) => {
  const server = await startRawServer(t, (_request, response) =>
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders(),
  );
  assert.equal(reasonOf(await connect(t, http(server.url, 'sse'), { timeoutMs: 100 }).call('x')), 'timeout');
});

test('sse: the end of the stream fails the calls, and another is opened', async (t) => {
  const { server, stream } = await startSse(t, (request, say) => {
    if (request.message.params?.['name'] !== 'hang') ok(request, say);
  });
  const { call, events } = connect(t, http(server.url, 'sse'));
  const answer = call('hang');
  await until(() => server.asked('tools/call').length === 1, 'the call');
  stream().end();
  assert.equal(reasonOf(await answer), 'closed');
  await until(() => events.includes('changed'), 'the second stream');
  assert.equal(reasonOf(await call('x')), 'result');
});

test('sse: list_changed is an event, and a cancelled call is cancelled at the server', async (t) => {
  const { server } = await startSse(t, (_request, say) =>
    say('{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}'),
  );
  const { call, events } = connect(t, http(server.url, 'sse'));
  const abort = new AbortController();
  const answer = call('x', {}, { signal: abort.signal });
  await until(() => server.asked('tools/call').length === 1 && events.includes('changed'), 'the call');
  abort.abort();
  assert.equal(reasonOf(await answer), 'cancelled');
  await until(() => server.asked('notifications/cancelled').length === 1, 'the notification');
  assert.equal(
    server.asked('notifications/cancelled')[0]?.message.params?.['requestId'],
    server.asked('tools/call')[0]?.message.id,
  );
});

test('sse: a message that is refused fails its call', async (t) => {
  const { server } = await startSse(t, ok);
  const { call } = connect(t, http(server.url, 'sse'), {
    credential: async () => ({ kind: 'ready', headers: { authorization: 'Bearer s3cret' }, env: {} }),
  });
  assert.equal(reasonOf(await call('x')), 'result');
  assert(server.received.every(({ headers }) => headers.authorization === 'Bearer s3cret'));
});
