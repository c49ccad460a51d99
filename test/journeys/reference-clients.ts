import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport as TransportV1 } from '@modelcontextprotocol/sdk/shared/transport.js';
import { rawOutcome, type StdioServer, tapHttp, tapStdio, type Wire } from './wire.ts';

/** Where a client goes: an endpoint, or a server it starts itself. */
export type Peer = { readonly url: URL } | StdioServer;

/** A client of one of the kinds below, connected. */
export interface ReferenceClient {
  readonly version: string | undefined;
  toolNames(): Promise<readonly string[]>;
  /** Calls a tool and resolves to the outcome's bytes as they came over the wire, behind `result ` or `error `. */
  call(name: string, args: Readonly<Record<string, unknown>>): Promise<string>;
  close(): Promise<void>;
}

interface Connected {
  readonly wire: Wire;
  readonly version: string | undefined;
  listTools(): Promise<{ readonly tools: readonly { readonly name: string }[] }>;
  callTool(name: string, args: Readonly<Record<string, unknown>>): Promise<unknown>;
  close(): Promise<void>;
}

export type ClientKind = 'SDK v2, modern' | 'SDK v2, legacy' | 'SDK v1';

/** What each kind of client agrees on with the gateway. */
export const clientKinds: Readonly<Record<ClientKind, string>> = {
  'SDK v2, modern': '2026-07-28',
  'SDK v2, legacy': '2025-11-25',
  'SDK v1': '2025-11-25',
};

/** Hears the names of all tools whenever the other side has said that they changed. */
export type ToolsChanged = (names: readonly string[]) => void;

export async function connectClient(
  kind: ClientKind,
  peer: Peer,
  toolsChanged: ToolsChanged = () => undefined,
): Promise<ReferenceClient> {
  const dir = await mkdtemp(join(tmpdir(), 'gatehouse-wire-'));
  const onChanged: OnChanged = (_, tools) => toolsChanged((tools ?? []).map(({ name }) => name));
  const way: Way = { peer, dir, options: { listChanged: { tools: { debounceMs: 0, onChanged } } } };
  const connected = kind === 'SDK v1' ? await connectV1(way) : await connectV2(kind, way);
  return {
    version: connected.version,
    async close() {
      await connected.close();
      await rm(dir, { recursive: true, force: true });
    },
    async toolNames() {
      const { tools } = await connected.listTools();
      return tools.map(({ name }) => name);
    },
    async call(name, args) {
      // An error that was answered is an outcome like any other; without an answer there is nothing on the wire.
      const before = await connected.wire.lastResponse();
      const refused = await connected.callTool(name, args).then(
        () => null,
        (error: unknown) => error,
      );
      const message = await connected.wire.lastResponse();
      if (message === before) throw new Error(`${kind} got no answer for ${name}`, { cause: refused });
      return rawOutcome(message);
    },
  };
}

type OnChanged = (error: Error | null, tools: readonly { readonly name: string }[] | null) => void;

interface Way {
  readonly peer: Peer;
  /** For what the wire keeps. */
  readonly dir: string;
  readonly options: { readonly listChanged: { tools: { debounceMs: number; onChanged: OnChanged } } };
}

async function connectV2(kind: ClientKind, { peer, dir, options }: Way): Promise<Connected> {
  const mode = kind === 'SDK v2, modern' ? 'auto' : 'legacy';
  const client = new Client({ name: 'journey', version: '2' }, { ...options, versionNegotiation: { mode } });
  const { wire, transport } = tapped(peer, dir, {
    http: (url, fetch) => new StreamableHTTPClientTransport(url, { fetch }),
    stdio: (server) => new StdioClientTransport(server),
  });
  await client.connect(transport);
  return {
    wire,
    version: client.getNegotiatedProtocolVersion(),
    listTools: () => client.listTools(),
    callTool: (name, args) => client.callTool({ name, arguments: args }),
    close: () => client.close(),
  };
}

async function connectV1({ peer, dir, options }: Way): Promise<Connected> {
  const client = new ClientV1({ name: 'journey', version: '1' }, options);
  const { wire, transport } = tapped(peer, dir, {
    http: (url, fetch) => new HttpV1(url, { fetch }),
    stdio: (server) => new StdioV1(server),
  });
  // The SDK's own transports do not satisfy its interface under exactOptionalPropertyTypes.
  await client.connect(transport as TransportV1);
  return {
    wire,
    version: transport instanceof HttpV1 ? transport.protocolVersion : undefined,
    listTools: () => client.listTools(),
    callTool: (name, args) => client.callTool({ name, arguments: args }),
    close: () => client.close(),
  };
}

interface Transports<H, S> {
  http(url: URL, fetch: ReturnType<typeof tapHttp>['fetch']): H;
  stdio(server: { readonly command: string; args: string[]; stderr: 'ignore' }): S;
}

function tapped<H, S>(peer: Peer, dir: string, make: Transports<H, S>): { wire: Wire; transport: H | S } {
  if ('url' in peer) {
    const wire = tapHttp();
    return { wire, transport: make.http(peer.url, wire.fetch) };
  }
  const wire = tapStdio(peer, dir);
  return { wire, transport: make.stdio({ command: wire.command, args: wire.args, stderr: 'ignore' }) };
}
