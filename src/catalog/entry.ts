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
  /** Resolves when the server has answered, whatever it was, or has been waited for long enough. */
  readonly awaited: Promise<unknown>;
  /** The bounds from the next question on. */
  limit(limits: Limits): void;
  /** Asks again; callers share one question, and a change announced meanwhile or soon after leads to one more. */
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
  /** After every answer or loss that made a difference. */
  readonly changed: () => void;
}

/** From an answer to the next question, for servers that announce a change whenever they are asked. */
const restMs = 500;
const retryFirstMs = 1_000;
const retryLastMs = 30_000;

export function createEntry(parts: EntryParts): CatalogEntry {
  const { server, log } = parts;
  const closing = new AbortController();
  const refresh = inTurn(ask, closing.signal);
  let tools: readonly DiscoveredTool[] = [];
  let state: ContactState = { server: server.name, state: 'pending', reason: '', since: parts.now(), tools: 0 };
  let retryMs = retryFirstMs;
  let { limits } = parts;
  let timer: NodeJS.Timeout | undefined;

  return {
    server,
    tools: () => tools,
    state: () => state,
    awaited: Promise.race([refresh(), patience()]),
    limit: (next) => {
      limits = next;
    },
    refresh,
    lost,
    close,
  };

  async function ask(): Promise<void> {
    clearTimeout(timer);
    const found = await discover({ ...parts, limits, connection: parts.connection(), signal: closing.signal });
    if (closing.signal.aborted) return;
    if (found.ok) {
      retryMs = retryFirstMs;
      for (const reason of found.refused) log.warn({ server: server.name, reason }, 'tool definition refused');
      become('ready', '', found.tools);
      again(limits.listTtlMs);
    } else if (found.busy) {
      again(retryFirstMs);
    } else {
      log.warn({ server: server.name, reason: found.reason }, 'server not available');
      lost(found.reason);
      again(retryMs);
      retryMs = Math.min(retryMs * 2, retryLastMs);
    }
  }

  /** A server that stays silent is missed from then on, until it answers. */
  function patience(): Promise<void> {
    return new Promise((resolve) => {
      const waiting = setTimeout(() => {
        if (state.state === 'pending') lost('no answer yet');
        resolve();
      }, limits.discoveryWaitMs).unref();
      closing.signal.addEventListener('abort', () => clearTimeout(waiting));
    });
  }

  function lost(reason: string): void {
    become(state.state === 'ready' || state.state === 'stale' ? 'stale' : 'absent', reason, tools);
  }

  function become(next: ContactState['state'], reason: string, now: readonly DiscoveredTool[]): void {
    if (next === state.state && reason === state.reason && isSame(now, tools)) return;
    tools = now;
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

function isSame(one: readonly DiscoveredTool[], other: readonly DiscoveredTool[]): boolean {
  return one.length === other.length && one.every(({ hash }, index) => hash === other[index]?.hash);
}

/** Whoever calls while `work` is being done shares it, and it is done once more after that and a rest. */
function inTurn(work: () => Promise<void>, stopped: AbortSignal): () => Promise<void> {
  let doing: Promise<void> | null = null;
  let again = false;
  function run(): Promise<void> {
    again = doing !== null;
    doing ??= work().finally(() => setTimeout(rested, restMs).unref());
    return doing;
  }
  function rested(): void {
    doing = null;
    if (again && !stopped.aborted) void run();
  }
  return run;
}
