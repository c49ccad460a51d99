import { hash } from 'node:crypto';
import type { Authentication } from './identity.ts';

/** What was found out about a credential, for a while. */
export interface AuthenticationCache {
  /** The key a credential is kept under; the credential itself is not kept. */
  keyOf(credential: string): string;
  /** Null when nothing is known that still holds under this generation of the configuration. */
  get(key: string, generation: number): Authentication | null;
  /**
   * A provider that could not be asked is never remembered. Returns what to answer this once: the result, with `isNew`
   * for a credential that nothing is known of for a day.
   */
  set(key: string, generation: number, result: Authentication): Authentication;
}

/**
 * In milliseconds. Together with the key sets' own minute (`jwks.ts`) a key removed at its provider is refused after
 * 120 s at the latest.
 */
const identifiedMs = 60_000;
const refusedMs = 5_000;

/** A credential in use is told of once in this time, in milliseconds. */
const tellMs = 86_400_000;

/** Refusals have a store of their own: a flood of bad credentials must not drive out good ones. */
const identifiedMax = 20_000;
const refusedMax = 2_000;

/** `now` in epoch milliseconds. */
export function createAuthenticationCache(now: () => number): AuthenticationCache {
  const identified = createRecent<Entry>(identifiedMax);
  const refused = createRecent<Entry>(refusedMax);

  return {
    keyOf: (credential) => hash('sha256', credential, 'base64url'),

    get(key, generation) {
      const entry = identified.get(key) ?? refused.get(key);
      if (entry === undefined || entry.generation !== generation || entry.until <= now()) return null;
      return entry.result;
    },

    set(key, generation, result) {
      if (result.kind === 'identified') {
        const until = Math.min(now() + identifiedMs, result.identity.expiresAt ?? Number.POSITIVE_INFINITY);
        const before = identified.get(key)?.told ?? Number.NEGATIVE_INFINITY;
        const isNew = now() - before >= tellMs;
        identified.set(key, { result, generation, until, told: isNew ? now() : before });
        return isNew ? { ...result, isNew: { unrecorded: () => identified.delete(key) } } : result;
      }
      if (result.kind === 'refused') {
        refused.set(key, { result, generation, until: now() + refusedMs, told: Number.NEGATIVE_INFINITY });
      }
      return result;
    },
  };
}

interface Entry {
  readonly result: Authentication;
  readonly generation: number;
  /** Epoch milliseconds. */
  readonly until: number;
  /** When its being new was last told, epoch milliseconds. */
  readonly told: number;
}

interface Recent<T> {
  get(key: string): T | undefined;
  set(key: string, value: T): void;
  delete(key: string): void;
}

/**
 * Keeps the last used, between half of `max` and `max` of them. When the younger half is full the older is dropped
 * whole, so a hit need not reorder anything.
 */
function createRecent<T>(max: number): Recent<T> {
  let younger = new Map<string, T>();
  let older = new Map<string, T>();

  return { get, set, delete: remove };

  function get(key: string): T | undefined {
    const value = younger.get(key);
    if (value !== undefined) return value;
    const aged = older.get(key);
    if (aged !== undefined) set(key, aged);
    return aged;
  }

  function remove(key: string): void {
    younger.delete(key);
    older.delete(key);
  }

  function set(key: string, value: T): void {
    if (younger.size >= max / 2) {
      older = younger;
      younger = new Map();
    }
    younger.set(key, value);
  }
}
