import type { ServerResponse } from 'node:http';
import type { Caller } from '../calls/caller.ts';
import { errors } from '../protocol/errors.ts';
import { member, rawOf } from '../protocol/members.ts';
import type { NotificationMessage, RequestMessage } from '../protocol/message.ts';
import { type Answer, createAnswer } from './answer.ts';
import type { EndpointParts, Exchange } from './exchange.ts';
import { answerCall, answerList, traceOf } from './methods.ts';
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
    const reply = answerOf(exchange);
    const caller = callerOf(exchange, session, message);
    switch (message.method) {
      case 'ping':
        return reply.end({ status: 200, message: response(message.id, Buffer.from('{}')) });
      case 'tools/list': {
        const page = await answerList(parts, { exchange, caller, message, era: 'legacy', extra: '' });
        session.listed = page.listed ?? session.listed;
        return reply.end(page.rendered);
      }
      case 'tools/call':
        return call({ session, caller, message, reply, res: exchange.res });
      default:
        // In this era an unknown method is an ordinary answer; clients probe with it.
        return reply.end({ ...renderError(errors.methodNotFound, message.id), status: 200 });
    }
  }

  async function call(on: Call): Promise<void> {
    const { session, message, reply } = on;
    if (session.inFlight.has(message.id)) {
      const problem = { message: 'A request with this id is still being answered.' };
      return reply.end(renderError(errors.invalidRequest, message.id, problem));
    }
    // A client that goes away does not cancel in this era; `notifications/cancelled` or the end of the session does.
    const cancelled = new AbortController();
    session.inFlight.set(message.id, cancelled);
    const rendered = await answerCall(parts, {
      ...on,
      era: 'legacy',
      answer: reply,
      signal: cancelled.signal,
      mirrored: null,
    }).finally(() => session.inFlight.delete(message.id));
    finish(on, cancelled.signal.aborted, rendered);
  }

  function notified(session: Session, message: NotificationMessage): void {
    if (message.method !== 'notifications/cancelled') return;
    const id = member(message.params, 'requestId');
    if (id !== null) session.inFlight.get(rawOf(message.bytes, id).toString())?.abort();
  }
}

interface Call {
  readonly session: Session;
  readonly caller: Caller;
  readonly message: RequestMessage;
  readonly reply: Answer;
  readonly res: ServerResponse;
}

/** A cancelled request gets no response (basic/utilities/cancellation): its stream or body just ends. */
function finish({ reply, res }: Call, cancelled: boolean, rendered: Rendered): void {
  if (!cancelled) return reply.end(rendered);
  if (res.headersSent) res.end();
  else res.writeHead(202).end();
}

function answerOf({ res, snapshot }: Exchange): Answer {
  return createAnswer(res, snapshot.configuration.limits.streamBufferBytesMax);
}

function callerOf(exchange: Exchange, session: Session, message: RequestMessage): Caller {
  return {
    identity: exchange.identity,
    ip: exchange.ip,
    agent: exchange.agent,
    client: session.client,
    clientVersion: session.clientVersion,
    proto: session.version,
    trace: traceOf(message),
  };
}
