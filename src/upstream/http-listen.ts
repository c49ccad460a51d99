import { readMessage } from '../protocol/read-message.ts';
import type { Head } from './body.ts';
import type { Listener } from './conversation.ts';
import { type Ears, hear, unguessableId } from './http-call.ts';
import { messageOn, sessionHeaders, type Terms } from './http-terms.ts';
import type { OpenParts } from './link.ts';
import { listening } from './modern.ts';
import { type StartStream, stayOpen } from './stay-open.ts';
import type { Web, WebRequest } from './web.ts';

/**
 * Keeps a stream open for what the server says by itself: the GET stream of the legacy era, a subscription in the
 * modern one. A server that does not offer it is left alone. Returns how to end it.
 */
export function listenHttp(parts: OpenParts, web: Web, terms: Terms): () => void {
  const { events } = parts;
  const legacy = terms.dialect.era === 'legacy';
  if (!legacy && !terms.agreement.listChanged) return () => undefined;
  const reply = legacy ? (body: Buffer) => void web.tell(messageOn(web, terms, body)) : null;
  const ears: Ears = { onProgress: null, toolsChanged: events.toolsChanged, reply };

  const start: StartStream = (ended, opened) => {
    const listener: Listener = {
      started(head) {
        if (isStream(head)) opened();
      },
      message(bytes, _head, event) {
        const message = event === 'message' ? readMessage(bytes, web.reading) : null;
        if (message === null || message.kind === 'malformed') return;
        if (message.kind !== 'response') return hear(ears, null, message);
        conversation.abort();
        ended(message.outcome === 'result' ? 'again' : 'stop');
      },
      ended(head, failure) {
        if (failure?.reason === 'unreachable') events.lost(failure.detail);
        if (terms.session !== null && head?.status === 404) events.expired();
        ended(worthAnother(head) ? 'again' : 'stop');
      },
    };
    const conversation = web.listen(requestFor(parts, web, terms), listener);
    return () => conversation.abort();
  };
  return stayOpen(start, events.toolsChanged);
}

function requestFor({ client, server }: OpenParts, web: Web, terms: Terms): WebRequest {
  const shape = { path: web.path, timeoutMs: server.timeoutMs };
  if (terms.dialect.era === 'legacy') {
    const headers = { 'mcp-protocol-version': terms.agreement.version, ...sessionHeaders(terms) };
    return { ...shape, method: 'GET', headers: { ...headers, accept: 'text/event-stream' }, body: null };
  }
  const body = terms.dialect.encode(unguessableId(), listening, client);
  return { ...shape, method: 'POST', headers: terms.dialect.headers(listening, terms.agreement), body };
}

function isStream({ status, contentType }: Head): boolean {
  return status === 200 && contentType.startsWith('text/event-stream');
}

/** A stream that broke, a credential being renewed and a server being restarted come back; a refusal stays one. */
function worthAnother(head: Head | null): boolean {
  return head === null || isStream(head) || head.status === 401 || head.status === 403 || head.status >= 500;
}
