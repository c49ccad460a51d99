import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { exchange, gather, open, start, statusOf, until } from './raw-client.ts';

const hello: RequestListener = (_request, response) => {
  response.end('hello');
};
const get = 'GET / HTTP/1.1\r\nHost: a\r\n';

test('answers what it cannot parse with 400 and closes', async (t) => {
  const { port } = await start(t, hello);
  for (const text of [
    'nonsense\r\n\r\n',
    'GET / HTTP/1.1\r\n\r\n',
    `${get}Bad Header: x\r\n\r\n`,
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ]) {
    assert.equal(statusOf(await exchange(t, port, text)), '400', text);
  }
});

test('answers headers over 16 KiB with 431', async (t) => {
  const { port } = await start(t, hello);
  const answer = await exchange(t, port, `${get}X: ${'x'.repeat(16_400)}`);
  assert.equal(statusOf(answer), '431');
});

test('a connection that says nothing, or not all its headers or body, ends with 408 on time', async (t) => {
  const times = { headersMs: 150, requestMs: 300, checkMs: 30 };
  const { port } = await start(t, (request) => request.resume(), { times });
  const started = performance.now();
  const answers = await Promise.all([
    exchange(t, port, ''),
    exchange(t, port, get),
    exchange(t, port, `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc`),
  ]);
  assert.deepEqual(answers.map(statusOf), ['408', '408', '408']);
  assert.ok(performance.now() - started < 30_000);
});

test('a client that trickles its headers gets no more time', async (t) => {
  const { port } = await start(t, hello, { times: { headersMs: 150, requestMs: 300, checkMs: 30 } });
  const socket = open(t, port);
  const answer = gather(socket);
  socket.write(get);
  const trickle = setInterval(() => socket.writable && socket.write('X: y\r\n'), 40);
  t.after(() => clearInterval(trickle));
  assert.equal(statusOf(await answer), '408');
});

test('an answer may take longer than a request', async (t) => {
  const slow: RequestListener = (_request, response) => {
    response.write('first;');
    setTimeout(() => response.end('last'), 500);
  };
  const { port } = await start(t, slow, { times: { headersMs: 50, requestMs: 100, checkMs: 20, idleMs: 50 } });
  const socket = open(t, port);
  socket.write(`${get}\r\n`);
  assert.match(await until(socket, /last/), /first;/);
});

test('an upgrade and a tunnel are cut off', async (t) => {
  const { port } = await start(t, hello);
  const upgrade = `${get}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
  assert.equal(await exchange(t, port, upgrade), '');
  assert.equal(await exchange(t, port, 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n'), '');
});

test('a socket is done after a thousand requests: the last answer says so, and more are cut off', async (t) => {
  const { port } = await start(t, hello);
  const socket = open(t, port);
  socket.write(`${get}\r\n`.repeat(1_000));
  const answers = (await until(socket, /Connection: close[\s\S]*hello$/)).split('hello');
  assert.equal(
    answers.findIndex((answer) => answer.includes('Connection: close')),
    999,
  );
  const more = gather(socket);
  socket.write(`${get}\r\n`);
  assert.equal(await more, '');
});

test('connections over the limit are dropped', async (t) => {
  const { port } = await start(t, hello, { connectionsMax: 1 });
  const first = open(t, port);
  await once(first, 'connect');
  assert.equal(await exchange(t, port, `${get}\r\n`), '');
  first.write(`${get}\r\n`);
  assert.equal(statusOf(await until(first, /hello/)), '200');
});

test('an address in use is an error of listen', async (t) => {
  const { port } = await start(t, hello);
  const { server } = await start(t, hello);
  await assert.rejects(server.listen({ host: '127.0.0.1', port }));
});

test('closing lets an answer under way finish, says so to the client, and takes nobody new', async (t) => {
  let finish = (): void => undefined;
  const { port, server } = await start(t, (_request, response) => {
    finish = () => response.end('finished');
  });
  const [busy, idle] = [open(t, port), open(t, port)];
  const answer = gather(busy);
  const silence = gather(idle);
  busy.write(`${get}\r\n`);
  await sleep(50);
  const closed = server.close(5_000);
  assert.equal(await silence, '');
  assert.equal(await exchange(t, port, `${get}\r\n`), '');
  finish();
  assert.match(await answer, /Connection: close[\s\S]*finished$/);
  await closed;
});

test('closing cuts off what outlasts the grace', async (t) => {
  const { port, server } = await start(t, (_request, response) => response.write('endless'));
  const socket = open(t, port);
  socket.write(`${get}\r\n`);
  await until(socket, /endless/);
  const cut = gather(socket);
  await server.close(100);
  assert.equal(await cut, '');
});
