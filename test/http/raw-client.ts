import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { createHttpServer, type HttpServer, type InboundTimes, inboundTimes } from '../../src/http/server.ts';

export interface Started {
  readonly port: number;
  readonly server: HttpServer;
}

/** A server on a free port of loopback, closed at the end of the test. */
export async function start(
  t: TestContext,
  handler: RequestListener,
  more: { times?: Partial<InboundTimes>; connectionsMax?: number } = {},
): Promise<Started> {
  const times = { ...inboundTimes, ...more.times };
  const server = createHttpServer({ handler, connectionsMax: more.connectionsMax ?? 100, times });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  t.after(() => server.close(0));
  return { port, server };
}

/** A bare connection, destroyed at the end of the test. Resets are an answer, not a fault. */
export function open(t: TestContext, port: number): Socket {
  const socket = connect(port, '127.0.0.1').on('error', () => socket.destroy());
  t.after(() => socket.destroy());
  return socket;
}

/** Sends text and gives everything that came back until the server closed the connection. */
export async function exchange(t: TestContext, port: number, text: string): Promise<string> {
  const socket = open(t, port);
  const answer = gather(socket);
  socket.write(text);
  return answer;
}

/** Everything received until the connection is closed. */
export function gather(socket: Socket): Promise<string> {
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1');
  });
  return new Promise((resolve) => socket.once('close', () => resolve(received)));
}

/** Everything received until `pattern` occurs in it. */
export async function until(socket: Socket, pattern: RegExp): Promise<string> {
  let received = '';
  while (!pattern.test(received)) {
    const [chunk] = await once(socket, 'data', { signal: AbortSignal.timeout(60_000) });
    received += String(chunk);
  }
  return received;
}

/** The status of an answer; empty when there was none. */
export function statusOf(answer: string): string {
  return /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? '';
}
