import type { Logger } from 'pino';
import type { Limits, Server } from '../config/configuration.ts';
import type { UpstreamConnection } from '../upstream/connection.ts';
import type { Classify } from './definition.ts';
import { discover } from './discover.ts';
import type { ContactState, DiscoveredTool } from './tool.ts';

/** One server's part of the catalog: asked once for everybody, again when it says so, when it ages, and after a loss. */
export interface CatalogEntry {
  readonly server: Server;
  tools(): readonly DiscoveredTool[];
  state(): ContactState;
  /** Resolves when the server has been asked once, whatever it answered. */
  readonly asked: Promise<void>;
  /** Asks again; callers share one question, and a change announced meanwhile leads to one more. */
  refresh(): Promise<void>;
  /** The connection was lost: the definitions stand, marked stale. */
  lost(reason: string): void;
  close(): void;
}

export interface EntryParts {
  readonly server: Server;
  readonly limits: Limits;
  readonly connection: () => UpstreamConnection;
  readonly classify: Classify;
  readonly now: () => number;
  readonly log: Logger;
  /** After every answer or change of state. */
  readonly changed: () => void;
}

const retryFirstMs = 1_000;
const retryLastMs = 30_000;

export function createEntry(parts: EntryParts): CatalogEntry {
  const { server, log } = parts;
  const closing = new AbortController();
  let tools: readonly DiscoveredTool[] = [];
  let state: ContactState = { server: server.name, state: 'pending', reason: '', since: parts.now(), tools: 0 };
  let asking: Promise<void> | null = null;
  let askAgain = false;
  let retryMs = retryFirstMs;
  let timer: NodeJS.Timeout | undefined;

  const entry: CatalogEntry = {
    server,
    tools: () => tools,
    state: () => state,
    asked: refresh(),
    refresh,
    lost,
    close,
  };
  return entry;

  function refresh(): Promise<void> {
    askAgain = asking !== null;
    asking ??= ask().finally(() => {
      asking = null;
      if (askAgain && !closing.signal.aborted) void refresh();
    });
    return asking;
  }

  async function ask(): Promise<void> {
    clearTimeout(timer);
    const found = await discover({ ...parts, connection: parts.connection(), signal: closing.signal });
    if (closing.signal.aborted) return;
    if (found.ok) {
      tools = found.tools;
      retryMs = retryFirstMs;
      for (const reason of found.refused) log.warn({ server: server.name, reason }, 'tool definition refused');
      become('ready', '');
      again(parts.limits.listTtlMs);
    } else {
      log.warn({ server: server.name, reason: found.reason }, 'server not available');
      lost(found.reason);
      again(retryMs);
      retryMs = Math.min(retryMs * 2, retryLastMs);
    }
  }

  function lost(reason: string): void {
    become(state.state === 'ready' || state.state === 'stale' ? 'stale' : 'absent', reason);
  }

  function become(next: ContactState['state'], reason: string): void {
    const since = next === state.state ? state.since : parts.now();
    state = { server: server.name, state: next, reason, since, tools: tools.length };
    parts.changed();
  }

  function again(afterMs: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => void refresh(), afterMs).unref();
  }

  function close(): void {
    clearTimeout(timer);
    closing.abort();
  }
}
