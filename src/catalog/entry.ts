import type { Logger } from 'pino';
import type { Limits, Server } from '../config/configuration.ts';
import type { UpstreamConnection } from '../upstream/connection.ts';
import { type Contact, type ContactParts, createContact } from './contact.ts';
import { discover } from './discover.ts';

/** One server's part of the catalog: asked once for everybody, again when it says so, when it ages, and after a loss. */
export interface CatalogEntry extends Omit<Contact, 'follow' | 'told'> {
  /** Resolves when the server has answered, whatever it was, or has been waited for long enough. */
  readonly awaited: Promise<unknown>;
  /** The same server written otherwise holds at once, other bounds from the next question on; `changed` is not called. */
  follow(server: Server, limits: Limits): void;
  /** Asks again; callers share one question, and a change announced meanwhile or soon after leads to one more. */
  refresh(): Promise<void>;
  close(): void;
}

export interface EntryParts extends ContactParts {
  readonly limits: Limits;
  readonly connectionFor: (server: Server) => UpstreamConnection;
  readonly log: Logger;
}

/** From an answer to the next question, for servers that announce a change whenever they are asked. */
const restMs = 500;
const retryFirstMs = 1_000;
const retryLastMs = 30_000;

export function createEntry(parts: EntryParts): CatalogEntry {
  const { log } = parts;
  const { name } = parts.server;
  const closing = new AbortController();
  const refresh = inTurn(ask, closing.signal);
  const contact = createContact(parts);
  let { limits } = parts;
  let retryMs = retryFirstMs;
  let timer: NodeJS.Timeout | undefined;

  return {
    ...contact,
    awaited: Promise.race([refresh(), patience()]),
    follow(next, bounds) {
      limits = bounds;
      contact.follow(next);
    },
    refresh,
    close,
  };

  async function ask(): Promise<void> {
    clearTimeout(timer);
    const server = contact.server();
    const connection = parts.connectionFor(server);
    const found = await discover({ ...parts, server, limits, connection, signal: closing.signal });
    if (closing.signal.aborted) return;
    if (found.ok) {
      retryMs = retryFirstMs;
      for (const reason of found.refused) log.warn({ server: name, reason }, 'tool definition refused');
      contact.told(found.tools);
      again(limits.listTtlMs);
    } else if (found.busy) {
      again(retryFirstMs);
    } else {
      log.warn({ server: name, reason: found.reason }, 'server not available');
      contact.lost(found.reason);
      again(retryMs);
      retryMs = Math.min(retryMs * 2, retryLastMs);
    }
  }

  /** A server that stays silent is missed from then on, until it answers. */
  function patience(): Promise<void> {
    return new Promise((resolve) => {
      const waiting = setTimeout(() => {
        if (contact.state().state === 'pending') contact.lost('no answer yet');
        resolve();
      }, limits.discoveryWaitMs).unref();
      closing.signal.addEventListener('abort', () => clearTimeout(waiting));
    });
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
