import type { JsonMember, JsonValue } from './json.ts';

/**
 * One JSON-RPC 2.0 message and the bytes it came in. Ids stay raw JSON text (`"a"` keeps its quotes, `1` has none):
 * echoing them needs no parse, and `1` and `"1"` stay different.
 */
export type Message = RequestMessage | NotificationMessage | ResponseMessage;

export interface RequestMessage {
  readonly kind: 'request';
  readonly bytes: Buffer;
  readonly id: string;
  readonly method: string;
  /** Null when absent. */
  readonly params: JsonValue | null;
  /** Members of `params._meta`; empty when absent. */
  readonly meta: readonly JsonMember[];
}

export interface NotificationMessage {
  readonly kind: 'notification';
  readonly bytes: Buffer;
  readonly method: string;
  readonly params: JsonValue | null;
  readonly meta: readonly JsonMember[];
}

export interface ResponseMessage {
  readonly kind: 'response';
  readonly bytes: Buffer;
  /** Raw JSON text; `null` for an error to a request whose id could not be read. */
  readonly id: string;
  readonly outcome: 'result' | 'error';
  /** Where the value of `result` or `error` stands; its members are recorded. */
  readonly value: JsonValue;
}

/** Why bytes are not a message, in the words of JSON-RPC's error codes. */
export type Malformed = {
  readonly kind: 'malformed';
  readonly code: -32700 | -32600;
  readonly message: string;
  /** The request id if it could be read, raw; else `null` as text. */
  readonly id: string;
};

/** The id an error answer to this message carries, raw; `null` for a notification. */
export function idOf(message: Message): string {
  return message.kind === 'notification' ? 'null' : message.id;
}
