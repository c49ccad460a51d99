import { connect, type Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** One keep-alive connection, one request at a time. */
export interface Connection {
  /** Sends the bytes of a whole request; rejects when the connection ends before the whole answer. */
  exchange(request: string): Promise<Answer>;
  close(): void;
}

interface Waiting {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

/** The cheapest HTTP client there is: it shares the machine with what it measures. */
export async function openConnection(port: number): Promise<Connection> {
  const socket = await connected(port);
  let received: Buffer = Buffer.alloc(0);
  let waiting: Waiting | null = null;

  socket.on('data', (chunk) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    const answer = parseAnswer(received);
    if (answer === null || waiting === null) return;
    received = Buffer.alloc(0);
    waiting.resolve(answer);
    waiting = null;
  });
  socket.on('error', (error) => waiting?.reject(error));
  socket.on('close', () => waiting?.reject(new Error('the connection was closed before the answer')));

  return {
    exchange: (request) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        socket.write(request, 'latin1');
      }),
    close: () => socket.destroy(),
  };
}

/** Null until the whole answer has been received. */
function parseAnswer(received: Buffer): Answer | null {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd < 0) return null;
  const head = received.toString('latin1', 0, headEnd);
  const start = headEnd + 4;
  const end = /\r\ntransfer-encoding: chunked/i.test(head)
    ? endOfChunks(received, headEnd)
    : start + Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
  if (end === null || received.length < end) return null;
  return { status: Number(head.slice(9, 12)), head, body: received.toString('latin1', start, end) };
}

/** Chunk sizes stay in the body: who reads it looks for words only. */
function endOfChunks(received: Buffer, headEnd: number): number | null {
  const last = '\r\n0\r\n\r\n';
  const start = received.indexOf(last, headEnd + 2);
  return start < 0 ? null : start + last.length;
}

function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}
