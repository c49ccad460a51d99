import { Pool } from 'undici';
import type { ReadOptions } from '../protocol/read-message.ts';
import type { Head } from './body.ts';
import { type Conversation, converse, type Listener, type Talk } from './conversation.ts';
import type { OpenParts } from './link.ts';
import { type Failed, failed } from './pending.ts';
import { createStrays } from './strays.ts';

/** One HTTP request to an upstream's origin. */
export interface WebRequest {
  readonly method: 'POST' | 'GET' | 'DELETE';
  /** Path and query. */
  readonly path: string;
  /** Besides those every request carries. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
  /** The longest wait for the head, and the longest silence after it. */
  readonly timeoutMs: number;
}

/** One upstream's origin, with sockets of its own: none is ever shared between credential owners. */
export interface Web {
  /** Path and query of the configured URL. */
  readonly path: string;
  readonly reading: ReadOptions;
  /** Path and query of an address the server names, or null when it is not on the configured origin. */
  pathAt(address: string): string | null;
  /** A request whose answer ends, on the sockets for calls. */
  ask(request: WebRequest, listener: Listener): Conversation;
  /** A stream that may stay open and silent; it takes no socket away from calls. */
  listen(request: WebRequest, listener: Listener): Conversation;
  /** A message nobody waits for, beside the sockets for calls. Resolves to the answer's head, or null when there was none. */
  tell(request: WebRequest): Promise<Head | null>;
  /** The credential was refused: it is asked again once, for the next request. */
  refused(): void;
  /** Null when the credential stands; else the new one is awaited. */
  renewed(): Promise<Failed | null> | null;
  /** Counts an answer nobody asked for. */
  stray(): void;
  /** Waits for calls in flight, then for `farewell`. */
  close(farewell: () => Promise<unknown>): Promise<void>;
}

/** Streams and messages beside calls need few sockets. */
const sideSockets = 8;
/** More messages than this at once would only be replies to a server that floods its streams with requests. */
const tellingMax = 256;
/** The deadline of the request itself comes first; undici's is a second fence. */
const fenceMs = 1000;
const connectMs = 10_000;
const farewellMs = 1000;

export function createWeb(parts: OpenParts, url: URL): Web {
  const { limits, server, log } = parts;
  const connect = {
    timeout: Math.min(connectMs, server.timeoutMs),
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
  } as const;
  const calls = new Pool(url.origin, {
    connections: limits.callsPerServerMax,
    pipelining: 1,
    maxResponseSize: limits.resultBytesMax,
    connect,
  });
  const side = new Pool(url.origin, { connections: sideSockets, pipelining: 1, connect });
  const credential = createPresented(parts);
  const messageBytesMax = limits.resultBytesMax;
  const stray = createStrays(log);
  let telling = 0;

  function talk(dispatcher: Pool, request: WebRequest, endless: boolean): Talk {
    const { method, path, body, timeoutMs } = request;
    // Twenty times as fast as two spreads (measured).
    const headers = Object.assign({}, credential.headers(), request.headers);
    const silenceMs = endless ? 0 : timeoutMs + fenceMs;
    const bodyBytesMax = endless ? Number.POSITIVE_INFINITY : messageBytesMax;
    return {
      dispatcher,
      method,
      path,
      headers,
      body,
      headMs: timeoutMs + fenceMs,
      silenceMs,
      messageBytesMax,
      bodyBytesMax,
    };
  }

  return {
    path: url.pathname + url.search,
    reading: { depthMax: limits.jsonDepthMax, uniqueKeys: false },
    pathAt: (address) => pathOnOrigin(address, url),
    ask: (request, listener) => converse(talk(calls, request, false), listener),
    listen: (request, listener) => converse(talk(side, request, true), listener),
    tell(request) {
      if (telling >= tellingMax) return Promise.resolve(null);
      telling += 1;
      return new Promise((resolve) => {
        const ended: Listener['ended'] = (head) => {
          telling -= 1;
          resolve(head);
        };
        converse(talk(side, request, false), { message: ignore, ended });
      });
    },
    refused: credential.refused,
    renewed: credential.renewed,
    stray: () => stray('an answer with an unknown id was dropped and its connection ended'),
    async close(farewell) {
      await calls.close();
      await Promise.race([farewell(), wait(farewellMs)]);
      await side.destroy();
    },
  };
}

const fixedHeaders = {
  accept: 'application/json, text/event-stream',
  'accept-encoding': 'identity',
  'content-type': 'application/json',
} as const;

/** Credentials go to the configured origin only, whatever the server names. */
function pathOnOrigin(address: string, url: URL): string | null {
  if (!URL.canParse(address, url.href)) return null;
  const named = new URL(address, url);
  return named.origin === url.origin ? named.pathname + named.search : null;
}

interface Presented {
  /** What every request carries. */
  headers(): Readonly<Record<string, string>>;
  refused(): void;
  renewed(): Promise<Failed | null> | null;
}

/** Holds what is presented, and asks for it again after a refusal; all who wait share one question. */
function createPresented({ credential, presented }: OpenParts): Presented {
  let current = { ...fixedHeaders, ...presented.headers };
  let stale = false;
  let asking: Promise<Failed | null> | null = null;

  async function ask(): Promise<Failed | null> {
    try {
      const next = await credential();
      if (next.kind === 'missing') return failed('no_credential', next.detail);
      current = { ...fixedHeaders, ...next.headers };
      stale = false;
      return null;
    } catch {
      return failed('no_credential', 'the credential could not be read');
    } finally {
      asking = null;
    }
  }

  return {
    headers: () => current,
    refused() {
      stale = true;
    },
    renewed() {
      if (stale) asking ??= ask();
      return asking;
    },
  };
}

function ignore(): void {
  return undefined;
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
