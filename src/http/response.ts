import type { ServerResponse } from 'node:http';
import { oneLine } from '../protocol/members.ts';
import type { Refusal } from './request.ts';

/**
 * What every answer carries: it depends on who asks, and a browser is not to guess about it. Spread last on the path of
 * a call: V8 takes a microsecond for an object that begins with a spread and grows (measured).
 */
const always = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' };

/** Answers with JSON text. Further headers are set on `res` before. */
export function sendJson(res: ServerResponse, status: number, bytes: Buffer): void {
  res.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': bytes.length, ...always });
  if (bytes.length > oneWriteBytesMax) res.end(bytes);
  else res.end(bytes.toString('latin1'), 'latin1');
}

/** Node joins head and body to one write when the body is text; every byte is a character of latin1, and back. */
const oneWriteBytesMax = 4_096;

/** Answers with one line of plain text. */
export function sendText(res: ServerResponse, { status, text, headers }: Refusal): void {
  const bytes = Buffer.from(`${text}\n`);
  const content = { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': bytes.length };
  res.writeHead(status, { ...always, ...content, ...headers }).end(bytes);
}

/** Answers without a body, as 202 and 204 do. */
export function sendEmpty(res: ServerResponse, status: number): void {
  res.writeHead(status, always).end();
}

/** A `text/event-stream` being written. After it has closed, from either side, `send` and `close` do nothing. */
export interface EventStream {
  /** Sends one JSON text as a `message` event. */
  send(message: Buffer): void;
  close(): void;
}

export interface EventStreamOptions {
  /** With more than this unread by the client before an event, the connection is cut. One event may be larger. */
  readonly bufferBytesMax: number;
  /** A comment is sent this often, so that nobody between takes the silence for death. */
  readonly keepAliveMs: number;
}

/** Begins an event stream (WHATWG HTML, server-sent events) with status 200; its headers leave at once. */
export function openEventStream(res: ServerResponse, options: EventStreamOptions): EventStream {
  const { bufferBytesMax, keepAliveMs } = options;
  // Proxies such as nginx hold answers back until they are told not to.
  const content = { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' };
  res.writeHead(200, { ...always, ...content }).flushHeaders();
  const keepAlive = setInterval(() => write(comment), keepAliveMs).unref();
  res.once('close', () => clearInterval(keepAlive));

  return {
    send: (message) => write(eventOf(message)),
    close() {
      clearInterval(keepAlive);
      if (!res.writableEnded) res.end();
    },
  };

  function write(event: Buffer): void {
    if (res.destroyed || res.writableEnded) return;
    if (res.writableLength > bufferBytesMax) res.destroy();
    else res.write(event);
  }
}

const comment = Buffer.from(':\n\n');
const eventStart = Buffer.from('event: message\ndata: ');
const eventEnd = Buffer.from('\n\n');

function eventOf(message: Buffer): Buffer {
  return Buffer.concat([eventStart, oneLine(message), eventEnd]);
}
