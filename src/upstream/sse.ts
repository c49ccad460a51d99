import { type Channel, createDuplex, type Duplex, sendOn } from './duplex.ts';
import { shakeHands } from './handshake.ts';
import { failureOfHead } from './http-call.ts';
import { dialect } from './legacy.ts';
import type { Opened, OpenParts } from './link.ts';
import { type Failed, failed } from './pending.ts';
import type { Web } from './web.ts';

/**
 * Opens a link over the HTTP+SSE transport of MCP 2024-11-05: one GET stream brings everything the server says, first
 * of all the address that messages are posted to.
 */
export async function openSse(parts: OpenParts, web: Web): Promise<Opened> {
  const { client, log, events, server } = parts;
  const mailbox = createMailbox(parts, web);
  const duplex = createDuplex({
    channel: mailbox.channel,
    reading: web.reading,
    client,
    log,
    toolsChanged: events.toolsChanged,
  });
  const stream = await openStream(parts, { web, mailbox, duplex });
  if (stream.kind === 'failed') return stream;
  const handshake = await shakeHands(duplex, { ...parts, timeoutMs: server.timeoutMs });
  await mailbox.sent();
  if (handshake.kind === 'failed') {
    stream.close();
    return handshake;
  }
  if (server.protocol === 'auto') parts.verdicts.learnLegacy();
  return {
    kind: 'open',
    link: {
      era: dialect.era,
      detail: `MCP ${handshake.agreement.version} over HTTP+SSE`,
      send: (request, exchange) => sendOn(duplex, dialect, { request, exchange }),
      async close() {
        stream.close();
        await web.close(() => Promise.resolve());
      },
    },
  };
}

/** Where messages are posted to, once the server has said. */
interface Mailbox {
  readonly channel: Channel;
  /** Path and query. */
  moveTo(path: string): void;
  /** Resolves when the message sent last has been taken. */
  sent(): Promise<unknown>;
}

function createMailbox({ server, events }: OpenParts, web: Web): Mailbox {
  let path = web.path;
  let last: Promise<unknown> = Promise.resolve();

  async function post(body: Buffer): Promise<Failed | null> {
    const head = await web.tell({ method: 'POST', path, headers: {}, body, timeoutMs: server.timeoutMs });
    if (head !== null && head.status < 300) return null;
    const failure = failureOfHead(head);
    if (failure.reason === 'refused') events.expired();
    return failure;
  }

  return {
    channel: {
      send(bytes, undelivered) {
        last = post(bytes).then((failure) => {
          if (failure !== null) undelivered(failure);
        });
      },
    },
    moveTo(next) {
      path = next;
    },
    sent: () => last,
  };
}

interface StreamParts {
  readonly web: Web;
  readonly mailbox: Mailbox;
  readonly duplex: Duplex;
}

type Stream = { readonly kind: 'streaming'; close(): void } | Failed;

/** Resolves when the server has said where to post, or will not. */
function openStream(parts: OpenParts, { web, mailbox, duplex }: StreamParts): Promise<Stream> {
  const { server, signal, events } = parts;
  const request = { method: 'GET', path: web.path, headers: streamHeaders, body: null } as const;
  return new Promise((resolve) => {
    const timer = setTimeout(() => refuse(failed('timeout', 'it named no address to post to')), server.timeoutMs);
    const abort = () => refuse(failed('closed', 'the connection was closed'));
    signal.addEventListener('abort', abort, { once: true });
    const conversation = web.listen(
      { ...request, timeoutMs: server.timeoutMs },
      {
        message(bytes, _head, event) {
          if (event === 'message') duplex.receive(bytes);
          if (event === 'endpoint') readEndpoint(bytes.toString());
        },
        ended(head, failure) {
          const reason = failure ?? failureOfHead(head);
          settle(reason);
          duplex.ended(reason);
          events.lost(reason.detail);
        },
      },
    );

    function readEndpoint(text: string): void {
      const path = web.pathAt(text);
      if (path === null) return refuse(failed('bad_answer', 'it names an address on another origin to post to'));
      mailbox.moveTo(path);
      settle({ kind: 'streaming', close: () => conversation.abort() });
    }

    function refuse(failure: Failed): void {
      conversation.abort();
      settle(failure);
    }

    function settle(stream: Stream): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      resolve(stream);
    }
  });
}

const streamHeaders = { accept: 'text/event-stream' } as const;
