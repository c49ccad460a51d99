import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { type HealthReport, statusOf, unreadyReason } from './health.ts';

export interface AdminParts {
  readonly health: () => HealthReport;
  /** The Prometheus text format. */
  readonly metrics: () => Promise<string>;
  /** Host header names accepted besides the loopback names and the address a request was sent to. */
  readonly allowedHosts: readonly string[];
  readonly log: Logger;
}

export interface Admin {
  /** Resolves to the address bound (port 0 picks one); rejects when it cannot be. */
  listen(address: { readonly host: string; readonly port: number }): Promise<{ host: string; port: number }>;
  /** Stops listening and ends every connection. */
  close(): Promise<void>;
}

interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/**
 * `/healthz`, `/readyz` and `/metrics` on a listener of their own, apart from callers: nothing here asks for a
 * credential, so it belongs on loopback or a private network. It reads and never changes anything.
 */
export function createAdmin(parts: AdminParts): Admin {
  const server = createServer(
    {
      maxHeaderSize: 8_192,
      headersTimeout: 5_000,
      requestTimeout: 5_000,
      keepAliveTimeout: 5_000,
      connectionsCheckingInterval: 1_000,
    },
    (request, response) => void answer(parts, request, response),
  );
  server.maxConnections = 64;
  return { listen: ({ host, port }) => listen(server, host, port), close: () => close(server) };
}

async function answer(parts: AdminParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    send(response, await pageFor(parts, request));
  } catch (error) {
    parts.log.error({ err: error }, 'the admin listener failed to answer');
    send(response, plain(500, 'internal error'));
  }
}

async function pageFor(parts: AdminParts, request: IncomingMessage): Promise<Page> {
  if (!isHostAllowed(request, parts.allowedHosts)) return plain(403, 'host not allowed');
  if (request.method !== 'GET' && request.method !== 'HEAD') return plain(405, 'only GET');
  switch (request.url?.split('?', 1)[0]) {
    case '/healthz':
      return healthPage(parts.health());
    case '/readyz':
      return readyPage(parts.health());
    case '/metrics':
      return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: await parts.metrics() };
    default:
      return plain(404, 'not found; there are /healthz, /readyz and /metrics');
  }
}

/** 503 only when the gateway itself cannot work: a restart does not mend an upstream, and draining is not an illness. */
function healthPage(report: HealthReport): Page {
  const status = statusOf(report);
  return {
    status: status === 'failing' ? 503 : 200,
    type: 'application/json',
    body: `${JSON.stringify({ status, ...report }, null, 2)}\n`,
  };
}

function readyPage(report: HealthReport): Page {
  const reason = unreadyReason(report);
  return reason === null ? plain(200, 'ready') : plain(503, reason);
}

function plain(status: number, text: string): Page {
  return { status, type: 'text/plain; charset=utf-8', body: `${text}\n` };
}

/** A web page can rebind its own name to this listener, but not send a Host it does not own. */
function isHostAllowed(request: IncomingMessage, allowed: readonly string[]): boolean {
  const name = /^(\[[^\]]*\]|[^:]*)(:\d+)?$/.exec(request.headers.host ?? '')?.[1]?.toLowerCase() ?? '';
  const local = request.socket.localAddress?.replace('::ffff:', '') ?? '';
  return ['localhost', '127.0.0.1', '[::1]', local, `[${local}]`, ...allowed].includes(name) && name !== '';
}

function send(response: ServerResponse, page: Page): void {
  response.writeHead(page.status, {
    'content-type': page.type,
    'content-length': Buffer.byteLength(page.body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(page.body);
}

function listen(server: Server, host: string, port: number): Promise<{ host: string; port: number }> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const { address, port: bound } = server.address() as AddressInfo; // a TCP server that listens has one
      resolve({ host: address, port: bound });
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
