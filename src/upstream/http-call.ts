import { randomFillSync } from 'node:crypto';
import type { Message, ResponseMessage } from '../protocol/message.ts';
import { readMessage } from '../protocol/read-message.ts';
import { readProgress, saysToolsChanged } from './answer.ts';
import type { Head } from './body.ts';
import { composeReply } from './compose.ts';
import type { UpstreamRequest } from './connection.ts';
import type { Conversation, Listener } from './conversation.ts';
import { type Failed, failed } from './pending.ts';
import type { Web } from './web.ts';

/** One JSON-RPC request as one HTTP request. */
export interface HttpCall {
  readonly web: Web;
  /** Raw JSON text; see `unguessableId`. */
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly timeoutMs: number;
  readonly ears: Ears;
}

/** What is done with all that is said besides the answer. */
export interface Ears {
  readonly onProgress: UpstreamRequest['onProgress'];
  readonly toolsChanged: () => void;
  /** Sends the answer to a server's own request; null where servers may not ask. */
  readonly reply: ((body: Buffer) => void) | null;
}

/** What came of it: exactly one of `response` and `failure`; `head` is null when no HTTP answer began. */
export type Reply =
  | { readonly head: Head; readonly response: ResponseMessage; readonly failure: null }
  | { readonly head: Head | null; readonly response: null; readonly failure: Failed };

const idBytes = 16;

/**
 * A request id for HTTP, as raw JSON. An upstream that writes two answers back to back can have the second read as the
 * answer to whoever uses the socket next; it cannot know that caller's id, so the answer is recognised as a stray.
 */
export const unguessableId: () => string = createIds();

/** Asking the system for random bytes is slow, so many ids are asked for at once. */
function createIds(): () => string {
  const bytes = Buffer.alloc(idBytes * 256);
  let at = bytes.length;
  return () => {
    if (at === bytes.length) {
      randomFillSync(bytes);
      at = 0;
    }
    at += idBytes;
    return `"${bytes.toString('base64url', at - idBytes, at)}"`;
  };
}

/** Posts a request and reads its answer, as JSON or as an event stream. `replied` hears once. */
export function callHttp(call: HttpCall, replied: (reply: Reply) => void): Conversation {
  const { web } = call;

  function end(reply: Reply): void {
    if (reply.response === null) conversation.abort();
    else conversation.finish();
    replied(reply);
  }

  /** The status of an HTTP error says more than its body. */
  function refuse(head: Head, detail: string): void {
    if (head.status >= 400) return;
    end({ head, response: null, failure: failed('bad_answer', detail) });
  }

  function answered(message: ResponseMessage, head: Head): void {
    if (message.id === call.id) return end({ head, response: message, failure: null });
    if (head.status < 400) web.stray();
    refuse(head, 'it answered with an unknown id');
  }

  const listener: Listener = {
    message(bytes, head, event) {
      if (event !== 'message') return;
      const message = readMessage(bytes, web.reading);
      if (message.kind === 'response') answered(message, head);
      else if (message.kind === 'malformed') refuse(head, `its answer is not a message: ${message.message}`);
      else hear(call.ears, call.id, message);
    },
    ended(head, failure) {
      replied({ head, response: null, failure: failure ?? failureOfHead(head) });
    },
  };
  const conversation = web.ask({ method: 'POST', path: web.path, ...call }, listener);
  return conversation;
}

/** Hears anything but a response; `token` is the progress token, raw. */
export function hear(ears: Ears, token: string | null, message: Said): void {
  if (message.kind === 'request') return ears.reply?.(composeReply(message));
  if (saysToolsChanged(message)) return ears.toolsChanged();
  const progress = readProgress(message);
  if (progress !== null && progress.token === token) ears.onProgress?.(progress.members);
}

export type Said = Exclude<Message, ResponseMessage>;

/** Why an answer without a message for us is none. */
export function failureOfHead(head: Head | null): Failed {
  if (head === null) return failed('closed', 'the connection ended without an answer');
  const { status, contentType, contentEncoding } = head;
  if (status === 401 || status === 403) return failed('refused', `HTTP ${status}`);
  if (status >= 300 && status < 400) return failed('bad_answer', `HTTP ${status}: redirects are not followed`);
  if (status >= 400) return failed('bad_answer', `HTTP ${status}`);
  if (contentEncoding !== '') return failed('bad_answer', 'its answer is compressed, which was not asked for');
  if (contentType.startsWith('text/event-stream')) return failed('closed', 'its stream ended before the answer');
  return failed('bad_answer', `HTTP ${status} without a JSON answer`);
}
