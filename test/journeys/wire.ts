import { appendFileSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** What came over a wire towards one client, as text, message by message. */
export interface Wire {
  /** The newest message that answers a request; reads only, so it can be asked twice. */
  lastResponse(): Promise<string>;
}

export interface HttpWire extends Wire {
  /** Stands in for the client's `fetch` and keeps what POSTs are answered. */
  readonly fetch: (input: string | URL, init?: RequestInit) => Promise<Response>;
}

export function tapHttp(): HttpWire {
  let bodies: Promise<string>[] = [];
  return {
    async fetch(input, init) {
      const response = await fetch(input, init);
      // Streams of notifications do not end before their client does.
      const isStream = init?.method !== 'POST' || String(init.body).includes('"subscriptions/listen"');
      if (!isStream && response.body !== null) bodies = [...bodies, response.clone().text()];
      return response;
    },
    async lastResponse() {
      const texts = await Promise.all(bodies);
      return newestResponse(texts.flatMap((text) => text.split('\n').map((line) => line.replace(/^data: ?/, ''))));
    },
  };
}

export interface StdioServer {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface StdioWire extends Wire {
  /** Starts the server with a copy being made of its output. */
  readonly command: string;
  readonly args: string[];
}

export function tapStdio({ command, env }: StdioServer, dir: string): StdioWire {
  const copy = join(dir, 'said-by-server');
  appendFileSync(copy, '');
  return {
    command: process.execPath,
    args: [resolve('test/journeys/stdio-tap.mjs'), JSON.stringify({ command, env, copy })],
    lastResponse: () => Promise.resolve(newestResponse(readFileSync(copy, 'utf8').split('\n'))),
  };
}

function newestResponse(lines: readonly string[]): string {
  const found = lines.findLast((line) => line.startsWith('{') && /"(?:result|error)":/.test(line));
  if (found === undefined) throw new Error('nothing was answered');
  return found;
}

/** The two ways in which the servers and the gateway put an envelope around an outcome. */
const envelopes = [
  /^\{"(?<kind>result|error)":(?<raw>.*),"jsonrpc":"2\.0","id":\d+\}$/s,
  /^\{"jsonrpc":"2\.0","id":\d+,"(?<kind>result|error)":(?<raw>.*)\}$/s,
];

/** `result` or `error` and the bytes of its value, just as they came. */
export function rawOutcome(message: string): string {
  for (const envelope of envelopes) {
    const { kind, raw } = envelope.exec(message)?.groups ?? {};
    if (kind !== undefined) return `${kind} ${raw}`;
  }
  throw new Error(`not a response as the reference servers or the gateway write it: ${message}`);
}
