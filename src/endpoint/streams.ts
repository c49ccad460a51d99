import type { Listing } from '../calls/list.ts';
import type { Authentication, Identity } from '../identity/identity.ts';

/** A client's open ear for `tools/list_changed`, in either era. */
export interface Stream {
  identity: Identity;
  /** Fingerprint of the list this client is taken to know. */
  listed: string;
  /** Presents the stream's credential again: a key taken out of the files ends the stream too. */
  readonly authenticate: () => Promise<Authentication>;
  readonly listChanged: () => void;
  readonly end: () => void;
}

export interface Streams {
  /** Whether this principal may open one more. */
  hasRoom(identity: Identity): boolean;
  /** The answer takes the stream off again. */
  add(stream: Stream): () => void;
  /** The configuration changed: ends streams whose right to be here is gone, tells those whose list changed. */
  reauthenticate(): Promise<void>;
  /** The catalog changed: tells those whose list changed, and nobody else. */
  relist(): void;
  count(): number;
  close(): void;
}

export interface StreamsParts {
  readonly list: (who: Identity) => Listing;
  readonly perPrincipalMax: () => number;
  readonly now: () => number;
}

/** How often the dates in the policy and in tokens are looked at. */
const tickMs = 1_000;

export function createStreams(parts: StreamsParts): Streams {
  const open = new Map<Stream, { until: number | null }>();
  const ticker = setInterval(tick, tickMs).unref();
  return { hasRoom, add, reauthenticate, relist, count: () => open.size, close };

  function hasRoom({ key }: Identity): boolean {
    const own = [...open.keys()].filter(({ identity }) => identity.key === key);
    return own.length < parts.perPrincipalMax();
  }

  function add(stream: Stream): () => void {
    open.set(stream, { until: parts.list(stream.identity).until });
    return () => void open.delete(stream);
  }

  async function reauthenticate(): Promise<void> {
    await Promise.all(
      [...open.keys()].map(async (stream) => {
        const answer = await stream.authenticate();
        if (answer.kind === 'refused') return stream.end();
        // A provider that cannot be asked ends nothing: the identity it gave still stands until it expires.
        if (answer.kind === 'identified') stream.identity = answer.identity;
        compare(stream);
      }),
    );
  }

  function relist(): void {
    for (const stream of open.keys()) compare(stream);
  }

  function compare(stream: Stream): void {
    const state = open.get(stream);
    if (state === undefined) return;
    const { fingerprint, until } = parts.list(stream.identity);
    state.until = until;
    if (fingerprint === stream.listed) return;
    stream.listed = fingerprint;
    stream.listChanged();
  }

  function tick(): void {
    const at = parts.now();
    for (const [stream, { until }] of open) {
      const { expiresAt } = stream.identity;
      if (expiresAt !== null && expiresAt <= at) stream.end();
      else if (until !== null && until <= at) compare(stream);
    }
  }

  function close(): void {
    clearInterval(ticker);
    for (const stream of open.keys()) stream.end();
  }
}
