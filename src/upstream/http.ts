import { modernVersion } from '../protocol/eras.ts';
import type { Dialect } from './dialect.ts';
import { isNoSuchEndpoint, judgeHttp } from './era.ts';
import { callHttp, type Reply, unguessableId } from './http-call.ts';
import { openHttpLink } from './http-link.ts';
import { messageOn } from './http-terms.ts';
import { initialized, dialect as legacy } from './legacy.ts';
import type { Opened, OpenParts } from './link.ts';
import { agreementOf, dialect as modern } from './modern.ts';
import { failed } from './pending.ts';
import { openSse } from './sse.ts';
import { createWeb, type Web } from './web.ts';

/** Opens a link over HTTP: Streamable HTTP in either era, or the HTTP+SSE of 2024-11-05. */
export async function openHttp(parts: OpenParts): Promise<Opened> {
  const { reach } = parts.server;
  if (reach.kind !== 'http') throw new TypeError('openHttp needs a server with a URL');
  const web = createWeb(parts, new URL(reach.url));
  const opened = reach.transport === 'sse' ? await openSse(parts, web) : await negotiate(parts, web);
  if (opened.kind === 'failed') await web.close(() => Promise.resolve());
  return opened;
}

/** Modern first; the order is that of MCP 2026-07-28, streamable HTTP, backward compatibility. */
async function negotiate(parts: OpenParts, web: Web): Promise<Opened> {
  const { protocol } = parts.server;
  if (protocol === 'legacy' || parts.verdicts.legacyMs() > 0) return openLegacy(parts, web);
  const reply = await askOpening(parts, web, modern);
  const verdict = judgeHttp({ status: reply.head?.status ?? null, response: reply.response });
  if (verdict === 'modern')
    return openHttpLink(parts, web, { dialect: modern, agreement: agreementOf(reply.response), session: null });
  if (verdict === 'unknown') return reply.failure ?? failed('bad_answer', 'its error to server/discover says nothing');
  if (protocol === 'modern') return failed('bad_answer', `it does not speak MCP ${modernVersion}`);
  return openLegacy(parts, web);
}

async function openLegacy(parts: OpenParts, web: Web): Promise<Opened> {
  const { head, response, failure } = await askOpening(parts, web, legacy);
  if (response?.outcome !== 'result') {
    parts.verdicts.forget();
    if (mayBeSse(parts) && isNoSuchEndpoint(head?.status ?? null)) return openSse(parts, web);
    return failure ?? failed('bad_answer', 'it answered initialize with an error');
  }
  const agreement = legacy.readAgreement(response.bytes, response.value);
  if (agreement === null) return failed('bad_answer', 'it speaks no version of MCP known here');
  const terms = { dialect: legacy, agreement, session: head?.session ?? null };
  const taken = await web.tell(messageOn(web, terms, initialized));
  if (taken === null || taken.status >= 300) return failed('bad_answer', 'it did not take notifications/initialized');
  if (parts.server.protocol === 'auto') parts.verdicts.learnLegacy();
  return openHttpLink(parts, web, terms);
}

function mayBeSse({ server }: OpenParts): boolean {
  return server.reach.kind === 'http' && server.reach.transport === 'auto';
}

/** Asks the first question of an era. */
function askOpening(parts: OpenParts, web: Web, dialect: Dialect): Promise<Reply> {
  const { client, signal, events, server } = parts;
  const { method, params } = dialect.opening(client);
  const request = { method, params, meta: [], name: null, headers: {}, onProgress: null };
  const id = unguessableId();
  return new Promise((resolve) => {
    const timer = setTimeout(() => giveUp('timeout', 'no answer to its opening'), server.timeoutMs);
    const closed = () => giveUp('closed', 'the connection was closed');
    signal.addEventListener('abort', closed, { once: true });
    const conversation = callHttp(
      {
        web,
        id,
        headers: dialect.headers(request, null),
        body: dialect.encode(id, request, client),
        timeoutMs: server.timeoutMs,
        ears: { onProgress: null, toolsChanged: events.toolsChanged, reply: null },
      },
      settle,
    );

    function giveUp(reason: 'timeout' | 'closed', detail: string): void {
      conversation.abort();
      settle({ head: null, response: null, failure: failed(reason, detail) });
    }

    function settle(reply: Reply): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', closed);
      resolve(reply);
    }
  });
}
