import type { Logger } from 'pino';
import type { ResponseMessage } from '../protocol/message.ts';
import { type ReadOptions, readMessage } from '../protocol/read-message.ts';
import { answerOf, readProgress, saysToolsChanged } from './answer.ts';
import { composeCancellation, composeReply } from './compose.ts';
import type { ClientInfo, Dialect, Sendable } from './dialect.ts';
import { type Exchange, type Failed, failed } from './pending.ts';
import { createStrays } from './strays.ts';

/** A way to send messages whose answers come back on one shared stream: a process's pipes, or HTTP+SSE. */
export interface Channel {
  /** Sends one message; `undelivered` hears why it will not be answered, if that is known at once. */
  send(bytes: Buffer, undelivered: (failure: Failed) => void): void;
}

export interface DuplexParts {
  readonly channel: Channel;
  readonly reading: ReadOptions;
  readonly client: ClientInfo;
  readonly log: Logger;
  readonly toolsChanged: () => void;
}

/** What became of a request on a shared stream. */
export type DuplexReply = ResponseMessage | Failed;

export interface Asked {
  readonly dialect: Dialect;
  readonly request: Sendable;
  /** Hears once, unless the request is taken back. */
  replied(reply: DuplexReply): void;
}

/** So many requests that were taken back are remembered, the newest ones: most are never answered. */
const takenBackMax = 1000;

/** Finds for each answer on a shared stream the request it belongs to. */
export interface Duplex {
  /** Returns how to take the request back, telling the server so or not. */
  ask(asked: Asked): (server: 'told' | 'untold') => void;
  /** Sends a message that has no answer. */
  tell(bytes: Buffer): void;
  receive(bytes: Buffer): void;
  /** A message too long to be read came; here are its two ends. */
  overlong(head: Buffer, tail: Buffer): void;
  /** Nothing more comes: fails all who wait. */
  ended(failure: Failed): void;
}

export function createDuplex({ channel, reading, client, log, toolsChanged }: DuplexParts): Duplex {
  const waiting = new Map<string, Asked>();
  /**
   * A server that starts slowly answers the question about its era after that was given up, and any server may answer
   * a call in the moment it is cancelled.
   */
  const takenBack = new Set<string>();
  const stray = createStrays(log);
  let lastId = 0;

  function settle(id: string, reply: DuplexReply): void {
    const asked = waiting.get(id);
    if (takenBack.delete(id)) return log.debug({ id }, 'an answer came after its request was given up');
    if (asked === undefined) return stray('an answer with an unknown id was dropped');
    waiting.delete(id);
    asked.replied(reply);
  }

  function tell(bytes: Buffer): void {
    channel.send(bytes, ({ detail }) => log.debug({ detail }, 'a message to the server was not delivered'));
  }

  return {
    ask(asked) {
      lastId += 1;
      const id = String(lastId);
      waiting.set(id, asked);
      channel.send(asked.dialect.encode(id, asked.request, client), (failure) => {
        if (waiting.has(id)) settle(id, failure);
      });
      return (server) => {
        if (!waiting.delete(id)) return;
        takenBack.add(id);
        const [oldest = ''] = takenBack;
        if (takenBack.size > takenBackMax) takenBack.delete(oldest);
        if (server === 'told') tell(composeCancellation(id));
      };
    },
    tell,
    receive(bytes) {
      const message = readMessage(bytes, reading);
      if (message.kind === 'malformed') return stray(`what is not a message was dropped: ${message.message}`);
      if (message.kind === 'response') return settle(message.id, message);
      if (message.kind === 'request') return tell(composeReply(message));
      if (saysToolsChanged(message)) return toolsChanged();
      const progress = readProgress(message);
      if (progress !== null) waiting.get(progress.token)?.request.onProgress?.(progress.members);
    },
    overlong(head, tail) {
      const id = idAtEdge(head, tail);
      if (id !== null && waiting.has(id)) settle(id, failed('bad_answer', 'its answer is over the limit'));
      else stray('a message over the limit was dropped');
    },
    ended(failure) {
      for (const id of [...waiting.keys()]) settle(id, failure);
    },
  };
}

/** Writers put `id` before or after `result`, so it stands near one end; whoever is not found waits for the deadline. */
function idAtEdge(head: Buffer, tail: Buffer): string | null {
  const first = /^\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*(\d+)\s*,/.exec(head.toString('latin1'));
  const last = /,\s*"id"\s*:\s*(\d+)\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$/.exec(tail.toString('latin1'));
  return first?.[1] ?? last?.[1] ?? null;
}

/** Sends a caller's request and settles its exchange. */
export function sendOn(duplex: Duplex, dialect: Dialect, caller: { request: Sendable; exchange: Exchange }): void {
  const { request, exchange } = caller;
  const takeBack = duplex.ask({
    dialect,
    request,
    replied(reply) {
      exchange.settle(reply.kind === 'failed' ? reply : answerOf(reply, dialect.era));
    },
  });
  exchange.stop = () => takeBack('told');
}
