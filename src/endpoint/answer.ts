import type { ServerResponse } from 'node:http';
import { type EventStream, openEventStream, sendEmpty, sendJson } from '../http/response.ts';
import type { Exchange } from './exchange.ts';
import type { Rendered } from './render.ts';

/** The answer to one POST: a JSON body, or an event stream as soon as there is something to say before the response. */
export interface Answer {
  /** A notification that belongs to this request. Nothing is sent once the client is gone. */
  notify(message: Buffer): void;
  /** The response, the last thing said; null for none, which is what a cancelled legacy request gets. */
  end(rendered: Rendered | null): void;
}

/** How often a silent event stream gets a comment. */
export const keepAliveMs = 15_000;

/** After `silenceMs` without a word the answer becomes an event stream that is kept alive. */
export function createAnswer({ res, snapshot }: Exchange, silenceMs: number): Answer {
  const { streamBufferBytesMax } = snapshot.configuration.limits;
  let stream: EventStream | null = null;
  const silence = setTimeout(open, silenceMs).unref();
  res.once('close', () => clearTimeout(silence));

  return {
    notify: (message) => open()?.send(message),
    end(rendered) {
      clearTimeout(silence);
      if (stream !== null) {
        if (rendered !== null) stream.send(rendered.message);
        stream.close();
      } else if (rendered === null) sendEmpty(res, 202);
      else sendRendered(res, rendered);
    },
  };

  /** Null once something else has been answered, such as a refusal for a fault of ours. */
  function open(): EventStream | null {
    if (stream === null && !res.headersSent)
      stream = openEventStream(res, { bufferBytesMax: streamBufferBytesMax, keepAliveMs });
    return stream;
  }
}

/** For what is answered at once. */
export function sendRendered(res: ServerResponse, { status, message }: Rendered): void {
  sendJson(res, status, message);
}
