import { type EventStream, openEventStream } from '../http/response.ts';
import { metaKeys } from '../protocol/eras.ts';
import { member } from '../protocol/members.ts';
import type { RequestMessage } from '../protocol/message.ts';
import { keepAliveMs } from './answer.ts';
import type { EndpointParts, Exchange } from './exchange.ts';
import { notification } from './methods.ts';
import { refusals, refuse } from './refuse.ts';
import { response } from './render.ts';
import type { Session } from './sessions.ts';

const changed = 'notifications/tools/list_changed';

/** `subscriptions/listen` (MCP 2026-07-28, patterns/subscriptions): acknowledges the honoured subset, then speaks of changes only. */
export function listenModern(parts: EndpointParts, exchange: Exchange, message: RequestMessage): void {
  const wanted = member(member(message.params, 'notifications'), 'toolsListChanged')?.kind === 'true';
  const meta = `"_meta":{"${metaKeys.subscriptionId}":${message.id}}`;
  const events = listen(parts, exchange, {
    onChange: (stream) => wanted && stream.send(notification(changed, Buffer.from(`{${meta}}`))),
    onEnd: (stream) => stream.send(response(message.id, Buffer.from(`{"resultType":"complete",${meta}}`))),
  });
  const honoured = wanted ? '{"toolsListChanged":true}' : '{}';
  const params = Buffer.from(`{"notifications":${honoured},${meta}}`);
  events?.send(notification('notifications/subscriptions/acknowledged', params));
}

/** A legacy session's GET stream; a newer one takes the place of an older one. */
export function listenLegacy(parts: EndpointParts, exchange: Exchange, session: Session): void {
  session.endStream?.();
  const sayChanged = (stream: EventStream): void => stream.send(notification(changed, Buffer.from('{}')));
  const events = listen(parts, exchange, { onChange: sayChanged, onEnd: () => undefined });
  if (events === null) return;
  const end = (): void => events.close();
  session.endStream = end;
  exchange.res.once('close', () => {
    if (session.endStream === end) session.endStream = null;
  });
  // What changed while nobody was listening is said first.
  const { fingerprint } = parts.list(exchange.identity);
  if (session.listed !== null && session.listed !== fingerprint) sayChanged(events);
  session.listed = fingerprint;
}

interface Ear {
  readonly onChange: (events: EventStream) => void;
  /** Before the gateway ends the stream. */
  readonly onEnd: (events: EventStream) => void;
}

/** Opens an event stream that hears of changes to the caller's list; null when it has been refused instead. */
function listen(parts: EndpointParts, { res, proof, identity, snapshot }: Exchange, ear: Ear): EventStream | null {
  if (!parts.streams.hasRoom(identity)) {
    refuse(res, refusals.tooMany);
    return null;
  }
  const { streamBufferBytesMax } = snapshot.configuration.limits;
  const events = openEventStream(res, { bufferBytesMax: streamBufferBytesMax, keepAliveMs });
  const remove = parts.streams.add({
    identity,
    listed: parts.list(identity).fingerprint,
    authenticate: () => parts.authenticate(proof),
    listChanged: () => ear.onChange(events),
    end: () => {
      ear.onEnd(events);
      events.close();
    },
  });
  res.once('close', remove);
  return events;
}
