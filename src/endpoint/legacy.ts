import type { Caller } from '../calls/caller.ts';
import { errors } from '../protocol/errors.ts';
import { member, rawOf } from '../protocol/members.ts';
import type { NotificationMessage, RequestMessage } from '../protocol/message.ts';
import { Stop } from '../protocol/stop.ts';
import { type Answer, createAnswer } from './answer.ts';
import type { EndpointParts, Exchange } from './exchange.ts';
import { answerCall, answerList, callerOf } from './methods.ts';
import { type Rendered, renderError, response } from './render.ts';
import type { Session } from './sessions.ts';

/** What a session of the legacy era may send (MCP 2024-11-05 to 2025-11-25). */
export interface Legacy {
  request(exchange: Exchange, session: Session, message: RequestMessage): Promise<void>;
  notified(session: Session, message: NotificationMessage): void;
}

export function createLegacy(parts: EndpointParts): Legacy {
  return { request, notified };

  async function request(exchange: Exchange, session: Session, message: RequestMessage): Promise<void> {
    const reply = createAnswer(exchange, parts.silenceMs);
    reply.end(await respond({ exchange, session, message, reply }));
  }

  async function respond(asked: Asked): Promise<Rendered | null> {
    const { exchange, session, message } = asked;
    const { client, clientVersion, version: proto } = session;
    const caller = callerOf(exchange, message, { client, clientVersion, proto });
    switch (message.method) {
      case 'ping':
        return { status: 200, message: response(message.id, Buffer.from('{}')) };
      case 'tools/list': {
        const page = await answerList(parts, { exchange, caller, message, era: 'legacy', extra: '' });
        session.listed = page.listed ?? session.listed;
        return page.rendered;
      }
      case 'tools/call':
        return call(asked, caller);
      default:
        // In this era an unknown method is an ordinary answer; clients probe with it.
        return { ...renderError(errors.methodNotFound, message.id), status: 200 };
    }
  }

  /** Null when it was cancelled: such a request gets no response (basic/utilities/cancellation). */
  async function call({ exchange, session, message, reply }: Asked, caller: Caller): Promise<Rendered | null> {
    if (session.inFlight.has(message.id)) {
      const problem = { message: 'A request with this id is still being answered.' };
      return renderError(errors.invalidRequest, message.id, problem);
    }
    // A client that goes away does not cancel in this era; `notifications/cancelled` or the end of the session does.
    const signal = new Stop();
    session.inFlight.set(message.id, signal);
    const on = { exchange, caller, message, era: 'legacy', answer: reply, signal, mirrored: null } as const;
    const rendered = await answerCall(parts, on).finally(() => session.inFlight.delete(message.id));
    return signal.aborted ? null : rendered;
  }

  function notified(session: Session, message: NotificationMessage): void {
    if (message.method !== 'notifications/cancelled') return;
    const id = member(message.params, 'requestId');
    if (id !== null) session.inFlight.get(rawOf(message.bytes, id).toString())?.abort();
  }
}

interface Asked {
  readonly exchange: Exchange;
  readonly session: Session;
  readonly message: RequestMessage;
  readonly reply: Answer;
}
