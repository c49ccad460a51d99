import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { checkRequest } from '../http/request.ts';
import { sendJson, sendText } from '../http/response.ts';
import { createHttpServer, type InboundTimes } from '../http/server.ts';
import { type HealthReport, statusOf, unreadyReason } from './health.ts';

export interface AdminParts {
  readonly health: () => HealthReport;
  /** The Prometheus text format. */
  readonly metrics: () => Promise<string>;
  /** Host header values accepted besides the loopback names and the address a request was sent to. */
  readonly allowedHosts: () => readonly string[];
  readonly log: Logger;
}

export interface Admin {
  /** Resolves to the address bound (port 0 picks one); rejects when it cannot be. */
  listen(address: { readonly host: string; readonly port: number }): Promise<{ host: string; port: number }>;
  /** Stops listening and ends every connection. */
  close(): Promise<void>;
}

const connectionsMax = 64;
const times: InboundTimes = { headersMs: 5_000, requestMs: 5_000, idleMs: 65_000, checkMs: 1_000 };
const closeMs = 1_000;

/**
 * `/healthz`, `/readyz` and `/metrics` on a listener of their own, apart from callers: nothing here asks for a
 * credential, so it belongs on loopback or a private network. It reads and never changes anything.
 */
export function createAdmin(parts: AdminParts): Admin {
  const server = createHttpServer({
    handler: (request, response) => void answer(parts, request, response),
    connectionsMax,
    times,
  });
  return { listen: (address) => server.listen(address), close: () => server.close(closeMs) };
}

async function answer(parts: AdminParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const refusal = checkRequest(request, { allowedHosts: hostsOf(parts, request), allowedOrigins: [] });
  if (refusal !== null) return sendText(response, refusal);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return sendText(response, { status: 405, text: 'Only GET.', headers: { Allow: 'GET, HEAD' } });
  }
  try {
    await sendPage(parts, request.url ?? '', response);
  } catch (error) {
    parts.log.error({ err: error }, 'the admin listener failed to answer');
    sendText(response, { status: 500, text: 'Internal error.', headers: {} });
  }
}

/** A web page can rebind its own name to this listener, but cannot send a Host that is an address or a name of ours. */
function hostsOf({ allowedHosts }: AdminParts, { socket }: IncomingMessage): readonly string[] {
  const address = (socket.localAddress ?? '').replace(/^::ffff:/, '');
  return ['localhost', '127.0.0.1', '[::1]', address, `[${address}]`, ...allowedHosts()];
}

async function sendPage(parts: AdminParts, url: string, response: ServerResponse): Promise<void> {
  switch (url.split('?', 1)[0]) {
    case '/healthz':
      return sendHealth(parts.health(), response);
    case '/readyz': {
      const reason = unreadyReason(parts.health());
      return sendText(response, { status: reason === null ? 200 : 503, text: reason ?? 'ready', headers: {} });
    }
    case '/metrics': {
      const headers = { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' };
      return sendText(response, { status: 200, text: await parts.metrics(), headers });
    }
    default:
      return sendText(response, { status: 404, text: 'There are /healthz, /readyz and /metrics.', headers: {} });
  }
}

/** 503 only when the gateway itself cannot work: a restart does not mend an upstream, and draining is not an illness. */
function sendHealth(report: HealthReport, response: ServerResponse): void {
  const status = statusOf(report);
  const text = `${JSON.stringify({ status, ...report }, null, 2)}\n`;
  sendJson(response, status === 'failing' ? 503 : 200, Buffer.from(text));
}
