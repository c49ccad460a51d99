import type { IncomingHttpHeaders } from 'node:http';
import { createEventStream } from './event-stream.ts';

/** The head of an HTTP answer, as far as it matters here. */
export interface Head {
  readonly status: number;
  /** `Mcp-Session-Id`, or null. */
  readonly session: string | null;
  readonly contentType: string;
  readonly contentEncoding: string;
}

export function readHead(status: number, headers: IncomingHttpHeaders): Head {
  return {
    status,
    session: single(headers['mcp-session-id']) || null,
    contentType: single(headers['content-type']),
    contentEncoding: single(headers['content-encoding']),
  };
}

/** A header given twice counts as absent. */
function single(value: string | string[] | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** Turns the chunks of a body into messages. */
export interface BodyReader {
  readonly kind: 'json' | 'events' | 'none';
  /** False once a limit is passed. */
  push(chunk: Buffer): boolean;
  /** The body is complete. */
  finish(): void;
}

export interface BodyParts {
  readonly head: Head;
  readonly messageBytesMax: number;
  readonly bodyBytesMax: number;
  /** Hears each JSON text; `event` is the type of the event it came in, `message` outside event streams. */
  message(bytes: Buffer, event: string): void;
}

export function createBodyReader(parts: BodyParts): BodyReader {
  const { status, contentType, contentEncoding } = parts.head;
  if (contentEncoding !== '' && contentEncoding !== 'identity') return skip;
  if (status === 401 || status === 403 || (status >= 300 && status < 400)) return skip;
  if (/^application\/json *(;|$)/i.test(contentType)) return readWhole(parts);
  if (status < 300 && /^text\/event-stream *(;|$)/i.test(contentType)) return readEvents(parts);
  return skip;
}

const skip: BodyReader = { kind: 'none', push: () => true, finish: () => undefined };

function readWhole({ bodyBytesMax, message }: BodyParts): BodyReader {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return {
    kind: 'json',
    push(chunk) {
      chunks.push(chunk);
      bytes += chunk.length;
      return bytes <= bodyBytesMax;
    },
    finish() {
      const [only] = chunks;
      if (only !== undefined) message(chunks.length === 1 ? only : Buffer.concat(chunks, bytes), 'message');
    },
  };
}

function readEvents({ messageBytesMax, bodyBytesMax, message }: BodyParts): BodyReader {
  const stream = createEventStream({
    eventBytesMax: messageBytesMax,
    totalBytesMax: bodyBytesMax,
    event: (type, data) => message(data, type),
  });
  return { kind: 'events', push: stream.push, finish: () => undefined };
}
