import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type EventStream, openEventStream, sendEmpty, sendJson, sendText } from '../../src/http/response.ts';
import { exchange, gather, open, start, statusOf, until } from './raw-client.ts';

const get = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
const roomy = { bufferBytesMax: 1_000_000, keepAliveMs: 60_000 };

test('JSON, text and empty answers say what they are and may be neither stored nor sniffed', async (t) => {
  const answers = [
    (res: ServerResponse) => sendJson(res.setHeader('Mcp-Session-Id', 's'), 400, Buffer.from('{"é":1}')),
    (res: ServerResponse) => sendText(res, { status: 405, text: 'No.', headers: { Allow: 'POST' } }),
    (res: ServerResponse) => sendEmpty(res, 202),
  ];
  const { port } = await start(t, (_request, response) => answers.shift()?.(response));
  const [json, text, empty] = [
    await exchange(t, port, get),
    await exchange(t, port, get),
    await exchange(t, port, get),
  ];
  for (const answer of [json, text, empty]) {
    assert.match(answer, /Cache-Control: no-store/);
    assert.match(answer, /X-Content-Type-Options: nosniff/);
  }
  assert.match(
    json,
    /^HTTP\/1\.1 400 [\s\S]*Mcp-Session-Id: s[\s\S]*Content-Type: application\/json\r\nContent-Length: 8\r\n/,
  );
  assert.match(text, /^HTTP\/1\.1 405 [\s\S]*Allow: POST[\s\S]*\r\n\r\nNo\.\n$/);
  assert.match(empty, /^HTTP\/1\.1 202 /);
});

test('a JSON answer arrives byte for byte, short or long', async (t) => {
  const bodies = [2, 4_096, 4_097, 100_000].map((length) => Buffer.from(Array.from({ length }, (_, at) => at % 256)));
  const { port } = await start(t, (_request, response) => sendJson(response, 200, sent.shift() ?? Buffer.alloc(0)));
  const sent = [...bodies];
  for (const body of bodies) {
    const answer = await exchange(t, port, get);
    assert.equal(answer.slice(answer.indexOf('\r\n\r\n') + 4), body.toString('latin1'));
  }
});

test('an event stream shows its headers at once, then each message as one event', async (t) => {
  const streams: EventStream[] = [];
  const { port } = await start(t, (_request, response) => streams.push(openEventStream(response, roomy)));
  const socket = open(t, port);
  socket.write(get);
  const head = await until(socket, /\r\n\r\n/);
  assert.equal(statusOf(head), '200');
  assert.match(head, /Content-Type: text\/event-stream\r\nX-Accel-Buffering: no/);
  const rest = gather(socket);
  streams[0]?.send(Buffer.from('{"a":1}'));
  streams[0]?.send(Buffer.from('{\r\n"b":\n2}'));
  streams[0]?.close();
  const body = (await rest).replace(/(^|\r\n)[0-9a-f]+\r\n/g, '');
  assert.match(body, /^event: message\ndata: \{"a":1\}\n\nevent: message\ndata: \{ {2}"b": 2\}\n\n/);
});

test('a silent stream is kept alive by comments until it closes', async (t) => {
  const { port } = await start(t, (_request, response) => openEventStream(response, { ...roomy, keepAliveMs: 20 }));
  const socket = open(t, port);
  socket.write(get);
  assert.match(await until(socket, /:\n\n[\s\S]*:\n\n/), /:\n\n/);
});

test('a reader that stopped reading is cut off at the cap', async (t) => {
  let stream: EventStream | null = null;
  let response: ServerResponse | null = null;
  const { port } = await start(t, (_request, res) => {
    response = res;
    stream = openEventStream(res, { ...roomy, bufferBytesMax: 100_000 });
  });
  const socket = open(t, port);
  socket.write(get);
  await until(socket, /\r\n\r\n/);
  socket.pause();
  const { res, events } = { res: response as ServerResponse | null, events: stream as EventStream | null };
  assert.ok(res && events);
  const message = Buffer.from(JSON.stringify('x'.repeat(50_000)));
  let most = 0;
  for (let sent = 0; sent < 2_000 && !res.destroyed; sent++) {
    events.send(message);
    most = Math.max(most, res.writableLength);
    if (sent % 10 === 0) await sleep(1);
  }
  assert.ok(res.destroyed);
  assert.ok(most < 200_000, `${most} bytes were held`);
  events.send(message);
  events.close();
});

test('one message larger than the cap reaches a reader that keeps up', async (t) => {
  const { port } = await start(t, (_request, response) => {
    const stream = openEventStream(response, { ...roomy, bufferBytesMax: 1_000 });
    stream.send(Buffer.from(JSON.stringify('x'.repeat(3_000_000))));
    stream.close();
  });
  assert.ok((await exchange(t, port, get)).length > 3_000_000);
});

test('a stream the client has left takes messages and does nothing', async (t) => {
  let stream: EventStream | null = null;
  let gone: Promise<unknown> = Promise.resolve();
  const { port } = await start(t, (_request, response) => {
    gone = once(response, 'close');
    stream = openEventStream(response, { ...roomy, keepAliveMs: 5 });
  });
  const socket = open(t, port);
  socket.write(get);
  await until(socket, /\r\n\r\n/);
  socket.destroy();
  await gone;
  (stream as EventStream | null)?.send(Buffer.from('{}'));
  (stream as EventStream | null)?.close();
  await sleep(20);
});
