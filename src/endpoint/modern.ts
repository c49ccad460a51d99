import { sendEmpty } from '../http/response.ts';
import { metaKeys, modernVersion } from '../protocol/eras.ts';
import { errors } from '../protocol/errors.ts';
import { idOf, type Message, type RequestMessage } from '../protocol/message.ts';
import { checkModern } from '../protocol/modern-request.ts';
import { Stop } from '../protocol/stop.ts';
import { type Answer, createAnswer, sendRendered } from './answer.ts';
import type { EndpointParts, Exchange } from './exchange.ts';
import { lookupIn } from './headers.ts';
import { instructionsFor } from './instructions.ts';
import { listenModern } from './listen.ts';
import { answerCall, answerList, callerOf, implementationOf } from './methods.ts';
import { type Rendered, renderError, response } from './render.ts';

/** How long a client may keep a list before asking again; changes are announced, so this is a net. */
const listTtlMs = 60_000;

/** Answers one request of the modern era (MCP 2026-07-28): stateless, its client described in its own `_meta`. */
export function createModern(parts: EndpointParts): (exchange: Exchange, message: Message) => Promise<void> {
  const serverInfo = { [metaKeys.serverInfo]: { name: 'gatehouse', version: parts.version } };
  /** What every cacheable result carries; `private` because it depends on who asks. */
  const cacheable = { ttlMs: listTtlMs, cacheScope: 'private', resultType: 'complete', _meta: serverInfo };

  return async function answer(exchange, message) {
    const { res, req } = exchange;
    const checked = checkModern(message, lookupIn(req));
    if (checked.kind === 'refused') return sendRendered(res, renderError(checked.entry, idOf(message), checked));
    // This era defines no notification towards a server over HTTP; one that comes is accepted and has no effect.
    if (message.kind !== 'request') return sendEmpty(res, 202);
    if (message.method === 'subscriptions/listen') return listenModern(parts, exchange, message);
    const reply = createAnswer(exchange, parts.silenceMs);
    reply.end(await respond(exchange, message, reply));
  };

  async function respond(exchange: Exchange, message: RequestMessage, reply: Answer): Promise<Rendered> {
    const info = message.meta.find(({ key }) => key === metaKeys.clientInfo)?.value ?? null;
    const client = { proto: modernVersion, ...implementationOf(message.bytes, info) };
    const caller = callerOf(exchange, message, client);
    switch (message.method) {
      case 'server/discover':
        return { status: 200, message: response(message.id, await discover(exchange)) };
      case 'tools/list': {
        const extra = `,${JSON.stringify(cacheable).slice(1, -1)}`;
        return (await answerList(parts, { exchange, caller, message, era: 'modern', extra })).rendered;
      }
      case 'tools/call': {
        const signal = goneSignal(exchange);
        const mirrored = lookupIn(exchange.req);
        return answerCall(parts, { exchange, caller, message, era: 'modern', answer: reply, signal, mirrored });
      }
      default:
        return renderError(errors.methodNotFound, message.id);
    }
  }

  async function discover({ identity, snapshot }: Exchange): Promise<Buffer> {
    const view = await parts.settled();
    const result = {
      supportedVersions: [modernVersion],
      capabilities: { tools: { listChanged: true } },
      instructions: instructionsFor(identity, { snapshot, view, at: parts.now() }),
      ...cacheable,
    };
    return Buffer.from(JSON.stringify(result));
  }
}

/** In the modern era closing the response stream cancels the request. */
function goneSignal({ res }: Exchange): Stop {
  const gone = new Stop();
  if (res.destroyed) gone.abort();
  res.once('close', () => {
    if (!res.writableFinished) gone.abort();
  });
  return gone;
}
