import type { Logger } from 'pino';
import type { Configuration, Limits, Server } from '../config/configuration.ts';
import type { Era } from '../protocol/eras.ts';
import type { ConnectionParts, Credential, UpstreamConnection } from './connection.ts';
import { createConnection } from './create-connection.ts';
import { failed } from './pending.ts';

export interface UpstreamsParts extends Pick<ConnectionParts, 'version' | 'environment'> {
  readonly log: Logger;
  /** What the organisation presents to this server. */
  credentialFor(server: Server): Promise<Credential>;
  /** See `UpstreamEvents`. */
  toolsChanged(server: Server): void;
  stateChanged(server: Server, state: 'up' | 'down', detail: string): void;
}

/** How one upstream is, for health and metrics. */
export interface UpstreamState {
  readonly server: string;
  /** `idle` until first used. */
  readonly state: 'idle' | 'up' | 'down';
  /** For people. */
  readonly detail: string;
  readonly era: Era | null;
}

/** The connections to all configured servers. */
export interface Upstreams {
  /** The connection to a server of the configuration applied last, or of a call still running on the one before. */
  connectionFor(server: Server): UpstreamConnection;
  /** Keeps the connections of unchanged servers; the others finish what is in flight and close. */
  apply(configuration: Configuration): void;
  states(): readonly UpstreamState[];
  /** Closes all, giving up after `graceMs` what is in flight. */
  close(graceMs: number): Promise<void>;
}

/** A call decided on the configuration before may begin this long after the next one is in force. */
const afterglowMs = 1000;

interface Kept {
  readonly server: Server;
  readonly connection: UpstreamConnection;
  state: Pick<UpstreamState, 'state' | 'detail'>;
  /** Set when the server is no longer configured like this. */
  leaving: NodeJS.Timeout | null;
}

export function createUpstreams(parts: UpstreamsParts): Upstreams {
  const kept = new Map<string, Kept>();
  const closing = new Set<Promise<void>>();
  let limitsKey = '';

  function keyOf(server: Server): string {
    return `${server.fingerprint} ${limitsKey}`;
  }

  function add(server: Server, bounds: Limits): void {
    const connection = createConnection({
      server,
      limits: bounds,
      credential: () => parts.credentialFor(server),
      events: {
        toolsChanged() {
          if (entry.leaving === null) parts.toolsChanged(server);
        },
        stateChanged(state, detail) {
          entry.state = { state, detail };
          if (entry.leaving === null) parts.stateChanged(server, state, detail);
        },
      },
      log: parts.log.child({ server: server.name }),
      version: parts.version,
      environment: parts.environment,
    });
    const entry: Kept = { server, connection, state: { state: 'idle', detail: 'not used yet' }, leaving: null };
    kept.set(keyOf(server), entry);
  }

  function leave(key: string, entry: Kept): void {
    entry.leaving ??= setTimeout(() => {
      kept.delete(key);
      end(entry, entry.server.timeoutMs);
    }, afterglowMs);
  }

  function end({ connection, leaving }: Kept, graceMs: number): void {
    if (leaving !== null) clearTimeout(leaving);
    const closed = connection.close(graceMs).finally(() => closing.delete(closed));
    closing.add(closed);
  }

  /** With other limits in force its key is another, so it is looked for; the last to leave first. */
  function leavingFor({ fingerprint }: Server): Kept | undefined {
    return [...kept.values()].findLast(({ server, leaving }) => leaving !== null && server.fingerprint === fingerprint);
  }

  return {
    connectionFor: (server) => (kept.get(keyOf(server)) ?? leavingFor(server))?.connection ?? gone,
    apply(configuration) {
      limitsKey = JSON.stringify(configuration.limits);
      const servers = [...configuration.servers.values()];
      const wanted = new Set(servers.map(keyOf));
      for (const [key, entry] of kept) if (!wanted.has(key)) leave(key, entry);
      for (const server of servers) {
        const entry = kept.get(keyOf(server));
        if (entry === undefined) add(server, configuration.limits);
        else if (entry.leaving !== null) stay(entry);
      }
    },
    states: () => [...kept.values()].filter(({ leaving }) => leaving === null).map(stateOf),
    async close(graceMs) {
      for (const entry of kept.values()) end(entry, graceMs);
      kept.clear();
      await Promise.all(closing);
    },
  };
}

function stay(entry: Kept): void {
  if (entry.leaving !== null) clearTimeout(entry.leaving);
  entry.leaving = null;
}

function stateOf({ server, connection, state }: Kept): UpstreamState {
  return { server: server.name, ...state, era: connection.era() };
}

/** Stands for a connection that has been retired. */
const gone: UpstreamConnection = {
  request: () => Promise.resolve(failed('closed', 'the server is no longer configured')),
  era: () => null,
  close: () => Promise.resolve(),
};
