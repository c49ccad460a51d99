import type { ServerResponse } from 'node:http';
import { type EventStream, openEventStream, sendJson } from '../http/response.ts';
import type { Rendered } from './render.ts';

/** The answer to one POST: a JSON body, or an event stream as soon as there is something to say before the response. */
export interface Answer {
  /** A notification that belongs to this request. Nothing is sent once the client is gone. */
  notify(message: Buffer): void;
  /** The response; the last thing said. */
  end(rendered: Rendered): void;
  /** True once the response's connection is closed. */
  gone(): boolean;
}

/**
 * How long an answer may stay silent before it becomes an event stream that is kept alive: some clients give up when
 * the first byte takes a minute.
 */
const silenceMs = 10_000;

/** How often a silent event stream gets a comment. */
export const keepAliveMs = 15_000;

export function createAnswer(res: ServerResponse, bufferBytesMax: number): Answer {
  let stream: EventStream | null = null;
  const silence = setTimeout(open, silenceMs).unref();
  res.once('close', () => clearTimeout(silence));

  return {
    notify: (message) => open().send(message),
    end({ status, message }) {
      clearTimeout(silence);
      if (stream === null) return sendJson(res, status, message);
      stream.send(message);
      stream.close();
    },
    gone: () => res.destroyed,
  };

  function open(): EventStream {
    stream ??= openEventStream(res, { bufferBytesMax, keepAliveMs });
    return stream;
  }
}
