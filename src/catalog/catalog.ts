import type { Logger } from 'pino';
import type { Configuration, Limits, Server } from '../config/configuration.ts';
import { exposeTools } from '../protocol/names.ts';
import type { UpstreamConnection } from '../upstream/connection.ts';
import type { Classify } from './definition.ts';
import { type CatalogEntry, createEntry } from './entry.ts';
import { createLockGate, type LockGateParts } from './lock-gate.ts';
import type { Passed } from './pass-lock.ts';
import type { CatalogTool, CatalogView, ContactState, DiscoveredTool, ServerState } from './tool.ts';

/** What exists upstream under gateway names, fetched once for the whole organisation. */
export interface Catalog {
  /** The latest view; never waits. */
  view(): CatalogView;
  /** The view once every server has answered, or has had `discoveryWaitMs` to do so since it became known. */
  settled(): Promise<CatalogView>;
  /** Follows a new configuration. Only servers reached otherwise are asked anew, and have the tools they had until then. */
  apply(configuration: Configuration): void;
  /** The server announced a change, or is back after a loss. */
  refresh(server: string): void;
  lost(server: string, reason: string): void;
  close(): void;
}

export interface CatalogParts extends LockGateParts {
  readonly connectionFor: (server: Server) => UpstreamConnection;
  readonly classify: Classify;
  readonly now: () => number;
  readonly log: Logger;
  /** Called after the view has changed in any way. */
  readonly changed: (view: CatalogView) => void;
}

/** Empty until a configuration is applied. */
export function createCatalog(parts: CatalogParts): Catalog {
  const gate = createLockGate(parts);
  let entries = new Map<string, CatalogEntry>();
  let view: CatalogView = { version: 0, tools: [], byExposed: new Map(), servers: [] };

  return {
    view: () => view,
    settled: async () => {
      const pending = [...entries.values()].filter((entry) => entry.state().state === 'pending');
      await Promise.all(pending.map((entry) => entry.awaited));
      return view;
    },
    apply,
    refresh: (server) => void entries.get(server)?.refresh(),
    lost: (server, reason) => entries.get(server)?.lost(reason),
    close: () => entries.forEach((entry) => void entry.close()),
  };

  function apply(next: Configuration): void {
    const before = entries;
    entries = new Map();
    gate.apply(next);
    for (const server of next.servers.values()) {
      const known = before.get(server.name);
      const kept = known?.server().fingerprint === server.fingerprint ? known : null;
      kept?.follow(server, next.limits);
      entries.set(server.name, kept ?? open(server, next.limits, known?.known() ?? null));
    }
    for (const [name, entry] of before) if (entries.get(name) !== entry) entry.close();
    rebuild();
  }

  function open(server: Server, limits: Limits, known: readonly DiscoveredTool[] | null): CatalogEntry {
    return createEntry({
      server,
      limits,
      known,
      connectionFor: parts.connectionFor,
      classify: parts.classify,
      now: parts.now,
      log: parts.log,
      changed: rebuild,
    });
  }

  function rebuild(): void {
    const served = [...entries.values()].map((entry) => {
      const server = entry.server();
      return { server, contact: entry.state(), passed: gate.pass(server, entry.known() ?? nothing) };
    });
    view = merge(view.version + 1, served);
    parts.changed(view);
  }
}

const nothing: readonly DiscoveredTool[] = [];

interface Served {
  readonly server: Server;
  readonly contact: ContactState;
  readonly passed: Passed;
}

function merge(version: number, served: readonly Served[]): CatalogView {
  const named = exposeTools(
    served.flatMap(({ server, passed: { tools } }) =>
      tools.map((tool) => ({ prefix: server.prefix, server: server.name, tool: tool.name, found: tool })),
    ),
  );
  const tools = named
    .map(
      ({ exposed, server, found }): CatalogTool => ({ ...found, server, exposed, definition: found.define(exposed) }),
    )
    .sort((a, b) => (a.exposed < b.exposed ? -1 : 1));
  return {
    version,
    tools,
    byExposed: new Map(tools.map((tool) => [tool.exposed, tool])),
    servers: served.map(stateOf),
  };
}

function stateOf({ contact, passed: { tools, drift } }: Served): ServerState {
  const drifted = drift.filter(({ kind }) => kind === 'changed').length;
  return { ...contact, tools: tools.length, drifted, unlisted: drift.length - drifted };
}
