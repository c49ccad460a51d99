import { answerOf } from './answer.ts';
import { composeCancellation } from './compose.ts';
import type { UpstreamRequest } from './connection.ts';
import { isNoSuchEndpoint } from './era.ts';
import { callHttp, type Reply, unguessableId } from './http-call.ts';
import { listenHttp } from './http-listen.ts';
import { messageOn, type Terms } from './http-terms.ts';
import type { LinkEvents, Opened, OpenParts } from './link.ts';
import type { Exchange } from './pending.ts';
import type { Web } from './web.ts';

/** A link over Streamable HTTP, on the terms that its opening settled. */
export function openHttpLink(parts: OpenParts, web: Web, terms: Terms): Opened {
  const { events, client } = parts;
  const { dialect, agreement, session } = terms;
  const legacy = dialect.era === 'legacy';
  const tell = (body: Buffer) => void web.tell(messageOn(web, terms, body));
  const reply = legacy ? tell : null;
  const stopListening = listenHttp(parts, web, terms);
  const stopExpiry = expire(parts, terms);
  const way = { terms, web, events };

  function transmit(request: UpstreamRequest, exchange: Exchange): void {
    const { timeoutMs, onProgress } = request;
    const id = unguessableId();
    const headers = dialect.headers(request, agreement);
    if (session !== null) headers['mcp-session-id'] = session;
    const body = dialect.encode(id, request, client);
    const ears = { toolsChanged: events.toolsChanged, reply, onProgress };
    const conversation = callHttp({ web, id, headers, body, timeoutMs, ears }, (received) => {
      conclude(way, exchange, received);
    });
    exchange.stop = () => {
      conversation.abort();
      if (legacy) tell(composeCancellation(id));
    };
  }

  return {
    kind: 'open',
    link: {
      era: dialect.era,
      detail: `MCP ${agreement.version} over HTTP`,
      send(request, exchange) {
        const renewed = web.renewed();
        if (renewed === null) return transmit(request, exchange);
        void renewed.then((failure) => {
          if (failure !== null) exchange.settle(failure);
          else if (!exchange.settled) transmit(request, exchange);
        });
      },
      async close() {
        stopListening();
        stopExpiry();
        await web.close(() => endSession(web, terms));
      },
    },
  };
}

interface Way {
  readonly terms: Terms;
  readonly web: Web;
  readonly events: LinkEvents;
}

/** Turns a reply into the answer, and draws what follows for the link. */
function conclude({ terms, web, events }: Way, exchange: Exchange, { head, response, failure }: Reply): void {
  if (terms.session !== null && head?.status === 404) {
    events.expired();
    if (resend(exchange)) return;
  }
  if (response !== null) {
    const answer = answerOf(response, terms.dialect.era);
    if (answer.kind === 'failed') events.expired();
    return exchange.settle(answer);
  }
  if (isNoSuchEndpoint(head?.status ?? null)) events.expired();
  if (failure.reason === 'refused') web.refused();
  if (failure.reason === 'unreachable') events.lost(failure.detail);
  exchange.settle(failure);
}

/**
 * A server answers 404 to the id of a session it does not have (MCP 2025-11-25, transports, session management): it
 * found nothing to run the request in, so even a tool call cannot have happened and may be sent on a new session, once.
 * No other answer proves as much, so nothing else is ever sent again.
 */
function resend(exchange: Exchange): boolean {
  const { again } = exchange;
  if (again === null || exchange.settled) return false;
  exchange.again = null;
  again();
  return true;
}

/** A legacy verdict that was found by asking ends some time; then the server is asked anew. */
function expire({ server, verdicts, events }: OpenParts, { dialect }: Terms): () => void {
  if (dialect.era === 'modern' || server.protocol !== 'auto') return () => undefined;
  const timer = setTimeout(events.expired, verdicts.legacyMs()).unref();
  return () => clearTimeout(timer);
}

async function endSession(web: Web, terms: Terms): Promise<void> {
  if (terms.session !== null)
    await web.tell({ ...messageOn(web, terms, Buffer.alloc(0)), method: 'DELETE', body: null });
}
