import { createBackoff } from './backoff.ts';
import type { ConnectionParts, UpstreamConnection, UpstreamRequest } from './connection.ts';
import { createEraMemory } from './era.ts';
import { openHttp } from './http.ts';
import { KeptLink } from './keep-link.ts';
import type { LinkEvents, Opened } from './link.ts';
import { createPending, type Exchange, failed } from './pending.ts';
import { openStdio } from './stdio.ts';

/** Connects to one upstream in whatever transport and era it speaks, when first asked. */
export function createConnection(parts: ConnectionParts): UpstreamConnection {
  const pending = createPending(parts.limits.callsPerServerMax);
  const now = () => performance.now();
  const backoff = createBackoff({ now, random: Math.random });
  const verdicts = createEraMemory(now);
  const client = Buffer.from(JSON.stringify({ name: 'gatehouse', version: parts.version }));
  const openLink = parts.server.reach.kind === 'stdio' ? openStdio : openHttp;
  const kept = new KeptLink({ open, backoff, now, events: parts.events });
  let closed = false;

  async function open(events: LinkEvents, signal: AbortSignal): Promise<Opened> {
    const presented = await parts.credential();
    if (presented.kind === 'missing') return failed('no_credential', presented.detail);
    return openLink({ ...parts, presented, events, verdicts, client, signal });
  }

  function send(request: UpstreamRequest, exchange: Exchange): void {
    const link = kept.current;
    if (link === null) void sendOnceOpen(request, exchange);
    else link.send(request, exchange);
  }

  async function sendOnceOpen(request: UpstreamRequest, exchange: Exchange): Promise<void> {
    const opened = await kept.open();
    if (opened.kind === 'failed') exchange.settle(opened);
    else if (!exchange.settled) opened.link.send(request, exchange);
  }

  return {
    request(request) {
      if (closed) return Promise.resolve(failed('closed', 'the connection was closed'));
      const exchange = pending.begin(request);
      if (exchange === null) return Promise.resolve(failed('overloaded', tooMany(parts)));
      exchange.again = () => send(request, exchange);
      if (!exchange.settled) send(request, exchange);
      return exchange.answer;
    },
    era: () => kept.current?.era ?? null,
    async close(graceMs) {
      closed = true;
      await pending.drain(graceMs);
      await kept.close();
    },
  };
}

function tooMany({ limits }: ConnectionParts): string {
  return `${limits.callsPerServerMax} requests are waiting for it already`;
}
