import { randomBytes } from 'node:crypto';
import type { Limits } from '../config/configuration.ts';
import type { Stop } from '../protocol/stop.ts';

/**
 * A legacy client's session: what its `initialize` said and what is under way. It holds an identity's key, never
 * rights; every request is authenticated and authorised anew (MCP security best practices, session hijacking).
 */
export interface Session {
  readonly id: string;
  /** `Identity.key` of the principal that opened it; nobody else may use it. */
  readonly principal: string;
  readonly version: string;
  readonly client: string;
  readonly clientVersion: string;
  /** Requests being answered, by raw JSON-RPC id: what `notifications/cancelled` refers to. */
  readonly inFlight: Map<string, Stop>;
  /** Fingerprint of the listing this client saw last. */
  listed: string | null;
  /** Ends the session's GET stream, when there is one. */
  endStream: (() => void) | null;
  /** Epoch milliseconds of the last request. */
  seenAt: number;
}

export interface Sessions {
  /** Never refused: where a principal, or the gateway, has all it may, the one longest unused makes room. */
  open(start: Pick<Session, 'principal' | 'version' | 'client' | 'clientVersion'>): Session;
  /** The session, if it is there and this principal's. */
  find(id: string, principal: string): Session | null;
  end(session: Session): void;
  count(): number;
  close(): void;
}

const sweepEveryMs = 60_000;

export function createSessions(limits: () => Limits, now: () => number): Sessions {
  const sessions = new Map<string, Session>();
  const sweeper = setInterval(sweep, sweepEveryMs).unref();
  return { open, find, end, count: () => sessions.size, close };

  function open(start: Parameters<Sessions['open']>[0]): Session {
    const { sessionsMax, sessionsPerPrincipalMax } = limits();
    const own = [...sessions.values()].filter(({ principal }) => principal === start.principal);
    if (own.length >= sessionsPerPrincipalMax) endFirst(own);
    if (sessions.size >= sessionsMax) endFirst(sessions.values());
    const id = randomBytes(24).toString('base64url');
    const session = { ...start, id, inFlight: new Map(), listed: null, endStream: null, seenAt: now() };
    sessions.set(id, session);
    return session;
  }

  function endFirst(among: Iterable<Session>): void {
    for (const session of among) return end(session);
  }

  function find(id: string, principal: string): Session | null {
    const session = sessions.get(id);
    if (session?.principal !== principal) return null;
    session.seenAt = now();
    // Put last: the map's order is the order of last use.
    sessions.delete(id);
    sessions.set(id, session);
    return session;
  }

  function end(session: Session): void {
    sessions.delete(session.id);
    session.endStream?.();
    for (const call of session.inFlight.values()) call.abort();
  }

  function sweep(): void {
    const idleSince = now() - limits().sessionIdleMs;
    for (const session of sessions.values()) {
      const idle = session.seenAt < idleSince && session.inFlight.size === 0 && session.endStream === null;
      if (idle) end(session);
    }
  }

  function close(): void {
    clearInterval(sweeper);
    for (const session of sessions.values()) end(session);
  }
}
