import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** How long a client may take, in milliseconds. An answer may take as long as it needs. */
export interface InboundTimes {
  /** From the connection, or the end of the request before, to the end of the headers. */
  readonly headersMs: number;
  /** The same to the end of the body. */
  readonly requestMs: number;
  /** How long a connection may be idle between requests. */
  readonly idleMs: number;
  /** How often the first two are looked at. */
  readonly checkMs: number;
}

/** Idle connections outlive the 60 s after which common load balancers drop theirs, so that they close first. */
export const inboundTimes: InboundTimes = { headersMs: 10_000, requestMs: 30_000, idleMs: 65_000, checkMs: 1_000 };

export interface HttpServerParts {
  readonly handler: RequestListener;
  /** Further connections are dropped. */
  readonly connectionsMax: number;
  readonly times: InboundTimes;
}

export interface HttpServer {
  /** Resolves to the address bound (port 0 picks one); rejects when it cannot be. */
  listen(address: { readonly host: string; readonly port: number }): Promise<{ host: string; port: number }>;
  /**
   * Stops accepting and lets answers under way finish, for `graceMs` at most. Event streams end only when their owner
   * ends them.
   */
  close(graceMs: number): Promise<void>;
}

const headerBytesMax = 16_384;
const requestsPerSocketMax = 1_000;
const drainCheckMs = 50;

/** An HTTP/1.1 server that holds every client to limits of bytes, counts and time. */
export function createHttpServer({ handler, connectionsMax, times }: HttpServerParts): HttpServer {
  // What each connection is being answered. One entry a connection, changed in place: a collection that grows and
  // shrinks with every request keeps young objects alive until a full garbage collection (measured).
  const answering = new Map<Socket, ServerResponse | null>();
  let draining = false;
  const server = createServer({
    maxHeaderSize: headerBytesMax,
    headersTimeout: times.headersMs,
    requestTimeout: times.requestMs,
    keepAliveTimeout: times.idleMs,
    connectionsCheckingInterval: times.checkMs,
    requireHostHeader: true,
  });
  server.maxConnections = connectionsMax;
  server.maxRequestsPerSocket = requestsPerSocketMax;
  // Without a bound of its own Node drops headers silently past it; `checkRequest` counts them instead.
  server.maxHeadersCount = 0;
  server.on('connection', (socket) => {
    answering.set(socket, null);
    socket.once('close', () => answering.delete(socket));
  });
  server.on('clientError', refuseUnreadable);
  server.on('dropRequest', (_request, socket) => socket.destroy());
  server.on('upgrade', (_request, socket) => socket.destroy());
  server.on('connect', (_request, socket) => socket.destroy());
  server.on('request', (request, response) => {
    const { socket } = request;
    answering.set(socket, response);
    response.once('close', () => answering.has(socket) && answering.set(socket, null));
    if (draining) response.setHeader('Connection', 'close');
    handler(request, response);
  });

  return {
    listen: (address) => listen(server, address),
    close(graceMs) {
      draining = true;
      for (const [socket, response] of answering) {
        if (response?.headersSent === false) response.setHeader('Connection', 'close');
        // Node counts a connection that has said nothing yet as busy.
        if (socket.bytesRead === 0) socket.destroy();
      }
      return drain(server, graceMs);
    },
  };
}

/** Answers what the parser could not read, or the client did not finish in time; bytes of an answer begun stay whole. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  const status = unreadableStatus.get(error.code ?? '') ?? '400 Bad Request';
  const silent = socket instanceof Socket && socket.bytesWritten === 0;
  if (!socket.writable || !silent) socket.destroy();
  else socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}

const unreadableStatus: ReadonlyMap<string, string> = new Map([
  ['ERR_HTTP_REQUEST_TIMEOUT', '408 Request Timeout'],
  ['HPE_HEADER_OVERFLOW', '431 Request Header Fields Too Large'],
]);

function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<{ host: string; port: number }> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      // A server that listens on TCP has an address with a port.
      const bound = server.address() as AddressInfo;
      resolve({ host: bound.address, port: bound.port });
    });
  });
}

function drain(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const idle = setInterval(() => server.closeIdleConnections(), drainCheckMs);
    const force = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearInterval(idle);
      clearTimeout(force);
      resolve();
    });
  });
}
