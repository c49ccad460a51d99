import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import type { IncomingMessage, RequestListener } from 'node:http';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  checkContent,
  checkRequest,
  clientAddress,
  hostIsLoopback,
  isLoopback,
  readBody,
} from '../../src/http/request.ts';
import { sendText } from '../../src/http/response.ts';
import { exchange, gather, open, start, statusOf, until } from './raw-client.ts';

const allowed = { allowedHosts: ['gate.example', 'localhost', '[::1]:8080'], allowedOrigins: ['https://claude.ai'] };

/** Answers 200, or the refusal of `check`. */
function judge(check: (request: IncomingMessage) => ReturnType<typeof checkRequest>): RequestListener {
  return (request, response) => {
    sendText(response, check(request) ?? { status: 200, text: 'fine', headers: {} });
  };
}

function ask(lines: readonly string[], { line = 'GET /mcp HTTP/1.1', host = 'gate.example' } = {}): string {
  return [line, ...(host === '' ? [] : [`Host: ${host}`]), 'Connection: close', ...lines, '', ''].join('\r\n');
}

test('a plain request passes', async (t) => {
  const { port } = await start(
    t,
    judge((request) => checkRequest(request, allowed)),
  );
  const lines = ['Origin: https://claude.ai', 'MCP-Protocol-Version: 2026-07-28', 'X_Free: 1', 'X-Two: a', 'X-Two: b'];
  assert.equal(statusOf(await exchange(t, port, ask(lines))), '200');
});

test('a header that must be single is refused when repeated or spelt with underscores', async (t) => {
  const { port } = await start(
    t,
    judge((request) => checkRequest(request, allowed)),
  );
  const repeated = ['Authorization', 'Content-Type', 'Origin', 'Cookie', 'Accept', 'Mcp-Name', 'mcp-param-X'];
  for (const name of [...repeated, 'MCP-Protocol-Version', 'Mcp-Session-Id']) {
    const answer = await exchange(t, port, ask([`${name}: a`, 'X: y', `${name.toUpperCase()}: a`]));
    assert.equal(statusOf(answer), '400', name);
  }
  assert.equal(statusOf(await exchange(t, port, ask(['Host: gate.example']))), '400');
  for (const name of ['Mcp_Name', 'content_length', 'MCP-PROTOCOL_VERSION', 'Content_Type']) {
    assert.equal(statusOf(await exchange(t, port, ask([`${name}: 1`]))), '400', name);
  }
});

test('more than 200 headers are refused with 431, wherever the telling one hides', async (t) => {
  const { port } = await start(
    t,
    judge((request) => checkRequest(request, allowed)),
  );
  const junk = (count: number): string[] => Array.from({ length: count }, (_, i) => `X${i}: y`);
  assert.equal(statusOf(await exchange(t, port, ask(junk(198)))), '200');
  for (const count of [199, 230, 400, 1_200]) {
    assert.equal(statusOf(await exchange(t, port, ask([...junk(count), 'Origin: https://evil']))), '431', `${count}`);
  }
});

test('a target that is not a path is refused', async (t) => {
  const { port } = await start(
    t,
    judge((request) => checkRequest(request, allowed)),
  );
  for (const line of ['GET http://other.example/mcp HTTP/1.1', 'OPTIONS * HTTP/1.1']) {
    assert.equal(statusOf(await exchange(t, port, ask([], { line }))), '400', line);
  }
});

test('any transfer encoding but chunked alone is refused', async (t) => {
  const { port } = await start(
    t,
    judge((request) => checkRequest(request, allowed)),
  );
  const line = 'POST /mcp HTTP/1.1';
  for (const encoding of ['identity, chunked', 'gzip, chunked', 'identity', 'chunked\r\nTransfer-Encoding: chunked']) {
    const answer = await exchange(t, port, `${ask([`Transfer-Encoding: ${encoding}`], { line })}0\r\n\r\n`);
    assert.equal(statusOf(answer), '400', encoding);
  }
  assert.equal(statusOf(await exchange(t, port, `${ask(['Transfer-Encoding: Chunked'], { line })}0\r\n\r\n`)), '200');
});

test('a host that is not listed is refused; one listed without a port may have any', async (t) => {
  const { port } = await start(
    t,
    judge((request) => checkRequest(request, allowed)),
  );
  for (const host of ['gate.example', 'GATE.example:1', 'localhost:9999', '[::1]:8080']) {
    assert.equal(statusOf(await exchange(t, port, ask([], { host }))), '200', host);
  }
  for (const host of ['evil.example', 'gate.example.evil', 'gate.example:', '[::1]:8081', '[::1]', 'a@gate.example']) {
    assert.equal(statusOf(await exchange(t, port, ask([], { host }))), '403', host);
  }
  assert.equal(statusOf(await exchange(t, port, ask([], { host: '', line: 'GET / HTTP/1.0' }))), '400');
});

test('an origin that is not listed is refused, null included', async (t) => {
  const { port } = await start(
    t,
    judge((request) => checkRequest(request, allowed)),
  );
  for (const origin of ['https://evil.example', 'null', 'http://claude.ai', '']) {
    assert.equal(statusOf(await exchange(t, port, ask([`Origin: ${origin}`]))), '403', origin);
  }
});

test('a POST brings JSON uncompressed and takes both kinds of answer', async (t) => {
  const { port } = await start(t, judge(checkContent));
  const status = async (...lines: string[]): Promise<string> =>
    statusOf(await exchange(t, port, ask([...lines, 'Content-Length: 0'], { line: 'POST /mcp HTTP/1.1' })));
  const both = 'Accept: application/json, text/event-stream';
  const json = 'Content-Type: application/json';
  assert.equal(await status(both, 'Content-Type: Application/JSON; charset=utf-8'), '200');
  assert.equal(await status(json, 'Accept: */*'), '200');
  assert.equal(await status(json, 'Accept: text/*;q=0.1,application/json;q=1'), '200');
  assert.equal(await status(json), '200');
  for (const type of ['text/plain', 'application/jsonp', 'application/json-seq', '']) {
    assert.equal(await status(both, `Content-Type: ${type}`), '415', type);
  }
  assert.equal(await status(both), '415');
  assert.equal(await status(both, json, 'Content-Encoding: gzip'), '415');
  for (const accept of ['application/json', 'text/event-stream', 'text/html', '', '*/*;q=0']) {
    assert.equal(await status(json, `Accept: ${accept}`), '406', accept);
  }
});

test('a GET takes an event stream', async (t) => {
  const { port } = await start(t, judge(checkContent));
  assert.equal(statusOf(await exchange(t, port, ask(['Accept: text/event-stream']))), '200');
  assert.equal(statusOf(await exchange(t, port, ask(['Accept: application/json']))), '406');
  assert.equal(statusOf(await exchange(t, port, ask([], { line: 'DELETE /mcp HTTP/1.1' }))), '200');
});

/** Answers with the body, or the refusal of it. */
function echo(bytesMax: number): RequestListener {
  return async (request, response) => {
    const body = await readBody(request, bytesMax);
    if (body.kind === 'read') response.end(body.bytes);
    else sendText(response, body);
  };
}

const post = 'POST / HTTP/1.1\r\nHost: a\r\n';

test('a body comes whole, in one piece or many', async (t) => {
  const { port } = await start(t, echo(100));
  const closing = `${post}Connection: close\r\n`;
  assert.match(await exchange(t, port, `${closing}Content-Length: 5\r\n\r\nhello`), /\r\nhello$/);
  const chunked = `${closing}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n`;
  assert.match(await exchange(t, port, chunked), /abcde/);
  assert.match(await exchange(t, port, `${closing}Content-Length: 100\r\n\r\n${'x'.repeat(100)}`), /x{100}/);
  assert.match(await exchange(t, port, `${closing}\r\n`), /^HTTP\/1\.1 200 /);
});

test('a body over the cap is refused before the client has finished, who is then cut off', async (t) => {
  const { port } = await start(t, echo(10));
  const refused = async (rest: string): Promise<void> => {
    const socket = open(t, port);
    socket.write(`${post}${rest}`);
    assert.equal(statusOf(await until(socket, /bytes\.\n/)), '413');
    assert.equal(await gather(socket), '');
  };
  await Promise.all([
    refused('Content-Length: 1000\r\n\r\n'),
    refused('Transfer-Encoding: chunked\r\n\r\nff\r\n0123456789a'),
  ]);
});

test('a client that does finish sending what was refused gets the answer and may go on', async (t) => {
  const { port } = await start(t, echo(10));
  const socket = open(t, port);
  socket.write(`${post}Content-Length: 5000000\r\n\r\n${'x'.repeat(5_000_000)}`);
  assert.equal(statusOf(await until(socket, /bytes\.\n/)), '413');
  await sleep(1_200);
  socket.write(`${post}Content-Length: 2\r\n\r\nok`);
  assert.match(await until(socket, /ok$/), /^HTTP\/1\.1 200 /);
});

test('a body the client cuts off is a refusal nobody hears', async (t) => {
  const heard = new EventEmitter();
  const { port } = await start(t, async (request, response) => {
    const body = await readBody(request, 10);
    if (body.kind === 'refused') sendText(response, body);
    heard.emit('body', body);
  });
  const socket = open(t, port);
  socket.write(`${post}Content-Length: 5\r\n\r\nab`, () => socket.destroy());
  const [body] = await once(heard, 'body');
  assert.deepEqual([body.kind, body.status], ['refused', 400]);
});

test('a body the client cut off before anyone asked for it is a refusal, too', async (t) => {
  const heard = new EventEmitter();
  const { port } = await start(t, async (request) => {
    await new Promise((resolve) => request.once('close', resolve));
    heard.emit('body', await readBody(request, 10));
  });
  const socket = open(t, port);
  socket.write(`${post}Content-Length: 5\r\n\r\nhello`, () => socket.destroy());
  const [body] = await once(heard, 'body', { signal: AbortSignal.timeout(60_000) });
  assert.deepEqual([body.kind, body.status], ['refused', 400]);
});

test('forwarded addresses count only behind a trusted proxy, from the right', async (t) => {
  let trusted: readonly string[] = [];
  const { port } = await start(t, (request, response) => response.end(`from ${clientAddress(request, trusted)}.`));
  const seen = async (...lines: string[]): Promise<string | undefined> =>
    /from (.*)\.$/.exec(await exchange(t, port, ask(lines)))?.[1];
  const forwarded = 'X-Forwarded-For: 1.1.1.1, 2.2.2.2, 10.0.0.1';
  assert.equal(await seen(forwarded), '127.0.0.1');
  trusted = ['127.0.0.1', '10.0.0.1'];
  assert.equal(await seen(), '127.0.0.1');
  assert.equal(await seen(forwarded), '2.2.2.2');
  assert.equal(await seen('X-Forwarded-For: 1.1.1.1', 'X-Forwarded-For: ::ffff:3.3.3.3'), '3.3.3.3');
  assert.equal(await seen('X-Forwarded-For: 1.1.1.1, unknown, 10.0.0.1'), '10.0.0.1');
  assert.equal(await seen('X-Forwarded-For: 10.0.0.1'), '10.0.0.1');
});

test('loopback is told by address and by host', () => {
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', 'localhost']) {
    assert.equal(isLoopback(address), true, address);
  }
  for (const address of ['128.0.0.1', '127.evil.example', '::2', '0.0.0.0', '::ffff:10.0.0.1', '']) {
    assert.equal(isLoopback(address), false, address);
  }
  for (const host of ['localhost', 'LocalHost:80', '127.0.0.1:8080', '[::1]', '[::1]:1']) {
    assert.equal(hostIsLoopback(host), true, host);
  }
  for (const host of ['localhost.evil', '127.0.0.1.nip.io:1', '[::2]', '', '::1', 'localhost:x', '[localhost']) {
    assert.equal(hostIsLoopback(host), false, host);
  }
});
