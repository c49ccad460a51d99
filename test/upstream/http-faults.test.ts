import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, http, reasonOf, until } from './connect.ts';
import {
  type Answer,
  legacy,
  modern,
  type Received,
  refuseGet,
  responseTo,
  sendJson,
  startRawServer,
} from './fixtures/raw-server.ts';

const ok = (request: Received, response: ServerResponse) =>
  sendJson(response, responseTo(request, '"result":{"content":[]}'));

/** Answers to a call that are none, and what the caller is told. */
const badAnswers: Readonly<
  Record<string, { readonly answer: Answer; readonly reason: string; readonly detail: RegExp }>
> = {
  'a truncated JSON body': {
    answer: (request, response) => sendJson(response, responseTo(request, '"result":{}').slice(0, -3)),
    reason: 'bad_answer',
    detail: /not a message/,
  },
  'a body cut off by the end of the connection': {
    answer(request, response) {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' });
      response.write(responseTo(request, '"result":{}').slice(0, 20), () => response.destroy());
    },
    reason: 'bad_answer',
    detail: /cut off/,
  },
  'a close-delimited body cut off': {
    answer(request, response) {
      response.socket?.end(
        `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n${responseTo(request, '"result":{}').slice(0, -1)}`,
      );
    },
    reason: 'bad_answer',
    detail: /not a message/,
  },
  'another content type': {
    answer: (request, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end(responseTo(request, '"result":{}')),
    reason: 'bad_answer',
    detail: /without a JSON answer/,
  },
  'a compressed body': {
    answer: (request, response) =>
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
        .end(responseTo(request, '"result":{}')),
    reason: 'bad_answer',
    detail: /compressed/,
  },
  'both result and error': {
    answer: (request, response) =>
      sendJson(response, responseTo(request, '"result":{},"error":{"code":1,"message":""}')),
    reason: 'bad_answer',
    detail: /only one/,
  },
  'a batch': {
    answer: (request, response) => sendJson(response, `[${responseTo(request, '"result":{}')}]`),
    reason: 'bad_answer',
    detail: /not a message/,
  },
  'the id of nobody': {
    answer: (_request, response) => sendJson(response, '{"jsonrpc":"2.0","id":"guess","result":{}}'),
    reason: 'bad_answer',
    detail: /unknown id/,
  },
  'a body over the limit': {
    answer: (request, response) => sendJson(response, responseTo(request, `"result":{"text":"${'x'.repeat(20_000)}"}`)),
    reason: 'bad_answer',
    detail: /over the limit/,
  },
  'an event over the limit': {
    answer: (request, response) =>
      response
        .writeHead(200, { 'content-type': 'text/event-stream' })
        .end(`data: ${responseTo(request, `"result":{"text":"${'x'.repeat(20_000)}"}`)}\n\n`),
    reason: 'bad_answer',
    detail: /over the limit/,
  },
  'a stream that ends before the answer': {
    answer: (_request, response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(': bye\n\n'),
    reason: 'closed',
    detail: /ended before/,
  },
  'a connection that is lost': {
    answer: (_request, response) => response.destroy(),
    reason: 'closed',
    detail: /lost/,
  },
  'a server error': {
    answer: (_request, response) => response.writeHead(503).end(),
    reason: 'bad_answer',
    detail: /HTTP 503/,
  },
  'something that is not HTTP': {
    answer: (_request, response) => response.socket?.end('SSH-2.0-OpenSSH\r\n\r\n'),
    reason: 'bad_answer',
    detail: /not HTTP/,
  },
};

for (const [name, { answer, reason, detail }] of Object.entries(badAnswers)) {
  test(`http: ${name} fails the call, and the next one works`, async (t) => {
    let calls = 0;
    const server = await startRawServer(
      t,
      modern((request, response) => (calls++ === 0 ? answer : ok)(request, response)),
    );
    const { call } = connect(t, http(server.url), { limits: { resultBytesMax: 10_000 } });
    const failure = await call('x');
    assert.equal(reasonOf(failure), reason, JSON.stringify(failure));
    assert.match(failure.kind === 'failed' ? failure.detail : '', detail);
    assert.equal(reasonOf(await call('x')), 'result');
    assert.equal(server.asked('tools/call').length, 2);
  });
}

test('http: a redirect is not followed, and the credential stays here', async (t) => {
  const elsewhere = await startRawServer(t, ok);
  const server = await startRawServer(
    t,
    modern((_request, response) => response.writeHead(307, { location: elsewhere.url }).end()),
  );
  const credential = async () =>
    ({ kind: 'ready', headers: { authorization: 'Bearer s3cret', 'x-api-key': 'k' }, env: {} }) as const;
  const answer = await connect(t, http(server.url), { credential }).call('x');
  assert.deepEqual(answer, { kind: 'failed', reason: 'bad_answer', detail: 'HTTP 307: redirects are not followed' });
  assert.equal(server.asked('tools/call')[0]?.headers.authorization, 'Bearer s3cret');
  assert.equal(elsewhere.received.length, 0);
});

test('http: a second response on the socket is never taken for the answer to another call', async (t) => {
  let calls = 0;
  const server = await startRawServer(
    t,
    modern((request, response) => {
      calls += 1;
      if (calls > 1) return ok(request, response);
      const body = responseTo(request, '"result":{"content":["first"]}');
      const one = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
      response.socket?.write(one + one);
      return undefined;
    }),
  );
  const { call } = connect(t, http(server.url), { limits: { callsPerServerMax: 8 } });
  assert.equal(reasonOf(await call('x')), 'result');
  const answers = await Promise.all([call('x'), call('x'), call('x')]);
  for (const answer of answers) assert(!JSON.stringify(answer).includes('first'));
  assert.equal(reasonOf(await call('x')), 'result');
});

test('http: a trickling stream does not outlive the deadline', async (t) => {
  const server = await startRawServer(
    t,
    modern((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const timer = setInterval(() => response.write(': still here\n'), 10);
      response.on('close', () => clearInterval(timer));
    }),
  );
  const before = performance.now();
  assert.equal(reasonOf(await connect(t, http(server.url)).call('x', {}, { timeoutMs: 200 })), 'timeout');
  assert(performance.now() - before < 20_000);
  await until(() => server.asked('tools/call')[0]?.closed === true, 'the stream to close');
});

test('http: a server that never answers is a timeout, while it opens too', async (t) => {
  const server = await startRawServer(t, () => undefined);
  assert.equal(reasonOf(await connect(t, http(server.url)).call('x', {}, { timeoutMs: 100 })), 'timeout');
});

test('http: a dead server is unreachable, at once while it is waited for, and comes back by itself', async (t) => {
  const port = await freePort();
  const { call, events } = connect(t, http(`http://127.0.0.1:${port}/mcp`));
  assert.equal(reasonOf(await call('x')), 'unreachable');
  assert.deepEqual(await call('x'), { kind: 'failed', reason: 'unreachable', detail: 'no connection (ECONNREFUSED)' });
  await startRawServer(t, modern(ok), port);
  await until(() => events.length === 2, 'the connection to come up');
  assert.deepEqual(events, ['down: unreachable: no connection (ECONNREFUSED)', 'up: MCP 2026-07-28 over HTTP']);
  assert.equal(reasonOf(await call('x')), 'result');
});

test('http: a refused credential is asked for once more, for the next request', async (t) => {
  const server = await startRawServer(
    t,
    modern((request, response) => {
      if (request.headers.authorization === 'Bearer 2') ok(request, response);
      else response.writeHead(401, { 'www-authenticate': 'Bearer' }).end();
    }),
  );
  let asked = 0;
  const credential = async () => {
    asked += 1;
    return { kind: 'ready', headers: { authorization: `Bearer ${asked}` }, env: {} } as const;
  };
  const { call } = connect(t, http(server.url), { credential });
  assert.deepEqual(await call('x'), { kind: 'failed', reason: 'refused', detail: 'HTTP 401' });
  assert.equal(asked, 1);
  assert.deepEqual((await Promise.all([call('x'), call('x')])).map(reasonOf), ['result', 'result']);
  assert.equal(asked, 2);
});

test('http: without a credential nothing is sent', async (t) => {
  const server = await startRawServer(t, modern(ok));
  const { call } = connect(t, http(server.url), {
    credential: async () => ({ kind: 'missing', detail: '$TOKEN is not set' }),
  });
  assert.deepEqual(await call('x'), { kind: 'failed', reason: 'no_credential', detail: '$TOKEN is not set' });
  assert.equal(server.received.length, 0);
});

test('http: a request on a session the server has lost is sent once more on a new one', async (t) => {
  let sessions = 0;
  const server = await startRawServer(
    t,
    refuseGet(
      legacy(
        (request, response) => {
          if (request.headers['mcp-session-id'] === 'session-2') ok(request, response);
          else
            sendJson(
              response,
              '{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":null}',
              404,
            );
        },
        () => `session-${++sessions}`,
      ),
    ),
  );
  const { call, events } = connect(t, http(server.url));
  assert.equal(reasonOf(await call('x')), 'result');
  assert.equal(server.asked('tools/call').length, 2);
  assert.equal(server.asked('initialize').length, 2);
  assert.equal(events.filter((event) => event === 'changed').length, 1);
});

test('http: a server that forgets every session is not asked over and over', async (t) => {
  const server = await startRawServer(t, refuseGet(legacy((_request, response) => response.writeHead(404).end())));
  const { call } = connect(t, http(server.url));
  assert.equal(reasonOf(await call('x')), 'bad_answer');
  for (let i = 0; i < 20; i += 1) await call('x');
  assert(server.asked('initialize').length <= 4, `${server.asked('initialize').length} handshakes`);
});

test('http: no other answer has a call sent again', async (t) => {
  for (const status of [400, 405, 409, 500, 502, 503]) {
    const server = await startRawServer(t, refuseGet(legacy((_request, response) => response.writeHead(status).end())));
    assert.equal(reasonOf(await connect(t, http(server.url)).call('x')), 'bad_answer');
    await sleep(20);
    assert.equal(server.asked('tools/call').length, 1, String(status));
  }
});

test('http: closing lets calls in flight finish within the grace, and fails the rest', async (t) => {
  const server = await startRawServer(
    t,
    modern((request, response) => {
      if (request.headers['mcp-name'] === 'slow') void sleep(100).then(() => ok(request, response));
    }),
  );
  const { call, connection } = connect(t, http(server.url));
  const answers = Promise.all([call('slow'), call('never')]);
  await until(() => server.asked('tools/call').length === 2, 'both calls');
  await connection.close(300);
  assert.deepEqual((await answers).map(reasonOf), ['result', 'closed']);
  assert.equal(reasonOf(await call('slow')), 'closed');
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createTcpServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
