import { sendEmpty } from '../http/response.ts';
import { classify } from '../protocol/classify.ts';
import { eraOf } from '../protocol/eras.ts';
import { errors } from '../protocol/errors.ts';
import { idOf, type Message } from '../protocol/message.ts';
import { readMessage } from '../protocol/read-message.ts';
import { sendRendered } from './answer.ts';
import type { EndpointParts, Exchange } from './exchange.ts';
import { initialize } from './handshake.ts';
import { lookupIn } from './headers.ts';
import { createLegacy } from './legacy.ts';
import { listenLegacy } from './listen.ts';
import { createModern } from './modern.ts';
import type { Place } from './quota.ts';
import { refusals, refuse } from './refuse.ts';
import { renderError } from './render.ts';
import type { Session, Sessions } from './sessions.ts';

/** What an authenticated request asks for, by its era. */
export interface Messages {
  /** On a last-resort place requests are refused and notifications taken. */
  withBody(exchange: Exchange, bytes: Buffer, place: Place['kind']): Promise<void> | void;
  /** GET opens a legacy session's stream, unless on a last-resort place; DELETE ends the session. */
  withoutBody(exchange: Exchange, place: Place['kind']): void;
}

export function createMessages(parts: EndpointParts & { readonly sessions: Sessions }): Messages {
  const legacy = createLegacy(parts);
  const modern = createModern(parts);
  return { withBody, withoutBody };

  function withBody(exchange: Exchange, bytes: Buffer, place: Place['kind']): Promise<void> | void {
    const { req, res, snapshot } = exchange;
    const { jsonDepthMax } = snapshot.configuration.limits;
    const message = readMessage(bytes, { depthMax: jsonDepthMax, uniqueKeys: true });
    if (message.kind === 'malformed') {
      const entry = message.code === errors.parse.code ? errors.parse : errors.invalidRequest;
      return sendRendered(exchange.res, renderError(entry, message.id, { message: message.message }));
    }
    if (place === 'last-resort' && message.kind === 'request') return refuse(res, refusals.tooMany);
    const asked = classify({ httpMethod: 'POST', lookup: lookupIn(req), message });
    switch (asked.kind) {
      case 'modern':
        return modern(exchange, message);
      case 'initialize':
        return message.kind === 'request' ? initialize(parts, exchange, message) : refuse(res, refusals.notFound);
      case 'session':
        return withSession(exchange, message, asked.id);
      case 'stateless':
        return sendRendered(exchange.res, renderError(errors.sessionMissing, idOf(message)));
      case 'method-not-allowed':
        return refuse(res, refusals.methodNotAllowed);
      default:
        return asked satisfies never;
    }
  }

  function withSession(exchange: Exchange, message: Message, id: string): Promise<void> | void {
    const session = sessionFor(exchange, id, idOf(message));
    if (session === null) return;
    if (message.kind === 'request') return legacy.request(exchange, session, message);
    if (message.kind === 'notification') legacy.notified(session, message);
    sendEmpty(exchange.res, 202);
  }

  function withoutBody(exchange: Exchange, place: Place['kind']): void {
    const { req, res } = exchange;
    if (place === 'last-resort' && req.method === 'GET') return refuse(res, refusals.tooMany);
    const asked = classify({ httpMethod: req.method ?? '', lookup: lookupIn(req), message: null });
    if (asked.kind !== 'session') return refuse(res, refusals.methodNotAllowed);
    const session = sessionFor(exchange, asked.id, 'null');
    if (session === null) return;
    if (req.method === 'GET') return listenLegacy(parts, exchange, session);
    parts.sessions.end(session);
    sendEmpty(res, 204);
  }

  /** The caller's session; null when the request has been refused instead. */
  function sessionFor(exchange: Exchange, id: string, requestId: string): Session | null {
    const version = lookupIn(exchange.req)('mcp-protocol-version');
    if (version !== null && eraOf(version) !== 'legacy') {
      const message = 'MCP-Protocol-Version is not one that sessions exist in.';
      sendRendered(exchange.res, renderError(errors.invalidRequest, requestId, { message }));
      return null;
    }
    const session = parts.sessions.find(id, exchange.identity.key);
    if (session === null) sendRendered(exchange.res, renderError(errors.sessionUnknown, requestId));
    return session;
  }
}
