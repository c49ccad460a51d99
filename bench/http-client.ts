import { connect, type Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** One keep-alive connection, one request at a time; opened anew after the server has closed it between two. */
export interface HttpClient {
  /** Sends the bytes of a whole request; rejects when the connection ends before the whole answer. */
  exchange(request: string): Promise<Answer>;
  close(): void;
}

/** The cheapest client there is, on loopback: it shares the machine with what it measures. */
export function createHttpClient(port: number): HttpClient {
  let socket: Socket | null = null;
  return {
    async exchange(request) {
      if (socket?.destroyed) socket = null;
      socket ??= await connected(port);
      const answer = await exchange(socket, request);
      if (/\r\nconnection: close/i.test(answer.head)) close();
      return answer;
    },
    close,
  };

  function close(): void {
    socket?.destroy();
    socket = null;
  }
}

function exchange(socket: Socket, request: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let received: Buffer | null = null;
    const ended = (): void => reject(new Error('the connection was closed before the answer'));
    socket.once('close', ended);
    socket.on('data', function collect(chunk) {
      received = received === null ? chunk : Buffer.concat([received, chunk]);
      const answer = parseAnswer(received);
      if (answer === null) return;
      socket.off('data', collect).off('close', ended);
      resolve(answer);
    });
    socket.write(request, 'latin1');
  });
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
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket));
    // After the connection stands, `close` tells.
    socket.on('error', reject);
  });
}
