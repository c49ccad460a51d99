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
  const listening = listen(parts, exchange, {
    onChange: (stream) => wanted && stream.send(notification(changed, Buffer.from(`{${meta}}`))),
    onEnd: (stream) => stream.send(response(message.id, Buffer.from(`{"resultType":"complete",${meta}}`))),
  });
  const honoured = wanted ? '{"toolsListChanged":true}' : '{}';
  const params = Buffer.from(`{"notifications":${honoured},${meta}}`);
  listening?.events.send(notification('notifications/subscriptions/acknowledged', params));
}

/** A legacy session's GET stream; a newer one takes the place of an older one. */
export function listenLegacy(parts: EndpointParts, exchange: Exchange, session: Session): void {
  session.endStream?.();
  const sayChanged = (stream: EventStream): void => stream.send(notification(changed, Buffer.from('{}')));
  const listening = listen(parts, exchange, { onChange: sayChanged, onEnd: () => undefined });
  if (listening === null) return;
  const { events, listed, end } = listening;
  session.endStream = end;
  exchange.res.once('close', () => {
    if (session.endStream === end) session.endStream = null;
  });
  // What changed while nobody was listening is said first.
  if (session.listed !== null && session.listed !== listed) sayChanged(events);
  session.listed = listed;
}

interface Ear {
  readonly onChange: (events: EventStream) => void;
  /** Before the gateway ends the stream. */
  readonly onEnd: (events: EventStream) => void;
}

interface Listening {
  readonly events: EventStream;
  /** Fingerprint of the list when it began. */
  readonly listed: string;
  /** Makes room for another stream at once. */
  readonly end: () => void;
}

/** Opens an event stream that hears of changes to the caller's list; null when it has been refused instead. */
function listen(parts: EndpointParts, { res, proof, identity, snapshot }: Exchange, ear: Ear): Listening | null {
  if (!parts.streams.hasRoom(identity)) {
    refuse(res, refusals.tooMany);
    return null;
  }
  const { streamBufferBytesMax } = snapshot.configuration.limits;
  const events = openEventStream(res, { bufferBytesMax: streamBufferBytesMax, keepAliveMs });
  const { fingerprint: listed } = parts.list(identity, snapshot);
  const remove = parts.streams.add({
    identity,
    listed,
    authenticate: async () => {
      const answer = await parts.authenticate(proof);
      // The next request records it.
      if (answer.kind === 'identified') answer.isNew?.unrecorded();
      return answer;
    },
    listChanged: () => ear.onChange(events),
    end: () => {
      ear.onEnd(events);
      end();
    },
  });
  res.once('close', remove);
  return { events, listed, end };

  function end(): void {
    remove();
    events.close();
  }
}
