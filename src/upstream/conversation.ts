import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { type BodyReader, createBodyReader, type Head, readHead } from './body.ts';
import { type Failed, failed } from './pending.ts';

/** One HTTP request, and how much may come back. */
export interface Talk {
  readonly dispatcher: Dispatcher;
  readonly method: 'POST' | 'GET' | 'DELETE';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
  /** The longest wait for the head of the answer, in milliseconds. */
  readonly headMs: number;
  /** The longest silence within the body, in milliseconds; 0 for a stream that may be silent. */
  readonly silenceMs: number;
  /** The most bytes of one message. */
  readonly messageBytesMax: number;
  /** The most bytes of the whole body; `Infinity` for a stream that stays open. */
  readonly bodyBytesMax: number;
}

export interface Listener {
  started?(head: Head): void;
  /** Hears each JSON text: the whole body, or the data of one event of type `event`. */
  message(bytes: Buffer, head: Head, event: string): void;
  /** Hears once that nothing more comes; not after `finish` or `abort`. */
  ended(head: Head | null, failure: Failed | null): void;
}

/** How long and how large the rest of a finished conversation may be before its socket is given up. */
const restMs = 1000;
const restBytesMax = 65_536;

/** Begins an HTTP request. Redirects are not followed: undici has no such thing unless asked. */
export function converse(talk: Talk, listener: Listener): Conversation {
  const conversation = new Conversation(talk, listener);
  talk.dispatcher.dispatch(
    {
      method: talk.method,
      path: talk.path,
      headers: talk.headers,
      body: talk.body,
      headersTimeout: talk.headMs,
      bodyTimeout: talk.silenceMs,
    },
    conversation,
  );
  return conversation;
}

/** An HTTP request under way: undici tells it what arrives, its owner ends it early. */
export class Conversation implements Dispatcher.DispatchHandler {
  readonly #talk: Talk;
  readonly #listener: Listener;
  #controller: Dispatcher.DispatchController | null = null;
  #head: Head | null = null;
  #body: BodyReader | null = null;
  #complete = false;
  /** `listening` until the owner has what it wants or nothing more can come. */
  #state: 'listening' | 'finished' | 'over' = 'listening';
  #rest: NodeJS.Timeout | null = null;
  #restBytes = 0;

  constructor(talk: Talk, listener: Listener) {
    this.#talk = talk;
    this.#listener = listener;
  }

  /** The owner has what it wanted: the rest is passed over, so that the socket can be used again. */
  finish(): void {
    if (this.#state !== 'listening') return;
    this.#state = 'finished';
    if (!this.#complete) this.#rest = setTimeout(() => this.abort(), restMs);
  }

  /** Destroys the socket, or takes the request back if it has none yet. */
  abort(): void {
    this.#close();
    this.#controller?.abort(new Error('no longer wanted'));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#state === 'over') controller.abort(new Error('no longer wanted'));
  }

  onResponseStart(_controller: unknown, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200 || this.#state !== 'listening') return;
    const head = readHead(status, headers);
    const { messageBytesMax, bodyBytesMax } = this.#talk;
    const message = (bytes: Buffer, event: string) => {
      if (this.#state === 'listening') this.#listener.message(bytes, head, event);
    };
    this.#head = head;
    this.#body = createBodyReader({ head, messageBytesMax, bodyBytesMax, message });
    this.#listener.started?.(head);
  }

  onResponseData(_controller: unknown, chunk: Buffer): void {
    if (this.#state === 'listening' && this.#body?.kind !== 'none') {
      if (this.#body?.push(chunk) === false) this.#end(failed('bad_answer', 'its answer is over the limit'));
      return;
    }
    this.#restBytes += chunk.length;
    if (this.#restBytes > restBytesMax) this.#end(null);
  }

  onResponseEnd(): void {
    this.#complete = true;
    this.#body?.finish();
    this.#end(null);
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.#complete = true;
    this.#end(failureOf(error, { sent: this.#controller !== null, reading: this.#body?.kind ?? 'none' }));
  }

  #end(failure: Failed | null): void {
    const heard = this.#state === 'listening';
    this.#close();
    if (!this.#complete) this.#controller?.abort(new Error('over a limit'));
    if (heard) this.#listener.ended(this.#head, failure);
  }

  #close(): void {
    this.#state = 'over';
    if (this.#rest !== null) clearTimeout(this.#rest);
  }
}

interface Stage {
  /** The request has gone out on a connection. */
  readonly sent: boolean;
  readonly reading: BodyReader['kind'];
}

function failureOf(error: Error, { sent, reading }: Stage): Failed {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') return failed('timeout', 'it fell silent');
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') return failed('bad_answer', 'its answer is over the limit');
  if (code.startsWith('HPE_') || notHttp.has(code)) return failed('bad_answer', `its answer is not HTTP (${code})`);
  if (code === 'UND_ERR_INVALID_ARG') return failed('no_credential', 'a header to present cannot be sent over HTTP');
  if (!sent) return failed('unreachable', `no connection (${code})`);
  if (reading === 'json') return failed('bad_answer', `its answer was cut off (${code})`);
  return failed('closed', `the connection was lost before the answer (${code})`);
}

const notHttp: ReadonlySet<string> = new Set([
  'HTTPParserError',
  'UND_ERR_HEADERS_OVERFLOW',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
]);
