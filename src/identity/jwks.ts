import { createLocalJWKSet, errors, type JSONWebKeySet, type JWK, type JWTVerifyGetKey } from 'jose';
import type { Logger } from 'pino';
import type { Issuer } from '../config/configuration.ts';
import type { FetchJson } from './fetch-json.ts';

/** The issuer's keys are not to be had: nothing can be said about a token. */
export class ProviderUnavailable extends Error {
  override readonly name = 'ProviderUnavailable';
  readonly code = 'provider_unavailable';
}

export interface KeySetParts {
  readonly issuer: Pick<Issuer, 'issuer' | 'jwks'>;
  readonly fetchJson: FetchJson;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log: Logger;
}

/** Milliseconds. A key removed at the provider is unknown here after this long. */
const freshMs = 60_000;
/** How long known keys stand in while the provider cannot be asked. */
const staleMs = 3_600_000;
/** Between two questions to the provider, whatever tokens come. */
const cooldownMs = 30_000;
/** The same while there are no keys at all and everyone is waiting. */
const retryMs = 1_000;
const timeoutMs = 5_000;

/**
 * Finds the key a token names among its issuer's published keys. Asks the provider when the keys have aged or the
 * token names an unknown one, once for all who wait; tokens that name a fresh key never wait. Throws
 * `ProviderUnavailable`, or jose's `JWKSNoMatchingKey` when the issuer does not have the key.
 */
export function createKeySet({ issuer, fetchJson, now, log }: KeySetParts): JWTVerifyGetKey {
  let keys: JWTVerifyGetKey | null = null;
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let triedAt = Number.NEGATIVE_INFINITY;
  let failure: unknown = null;
  let pending: Promise<void> | null = null;

  return async function keyFor(header, token) {
    if (now() - fetchedAt >= freshMs) await refresh();
    try {
      return await known()(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await refresh();
      if (failure !== null) throw unavailable();
      return known()(header, token);
    }
  };

  function known(): JWTVerifyGetKey {
    if (keys === null || now() - fetchedAt >= staleMs) throw unavailable();
    return keys;
  }

  function unavailable(): ProviderUnavailable {
    return new ProviderUnavailable(`the keys of ${issuer.issuer} cannot be fetched`, { cause: failure });
  }

  async function refresh(): Promise<void> {
    const waitMs = keys === null ? retryMs : cooldownMs;
    if (pending === null && now() - triedAt >= waitMs) {
      triedAt = now();
      pending = load().finally(() => {
        pending = null;
      });
    }
    await pending;
  }

  async function load(): Promise<void> {
    try {
      const signal = AbortSignal.timeout(timeoutMs);
      const url = issuer.jwks ?? (await discover(issuer.issuer, fetchJson, signal));
      keys = createLocalJWKSet(keysIn(await fetchJson(url, signal)));
      fetchedAt = now();
      failure = null;
    } catch (error) {
      failure = error;
      log.warn({ issuer: issuer.issuer, err: error }, 'keys of an issuer cannot be fetched');
    }
  }
}

/** The issuer's own metadata must name it (OpenID Connect Discovery 1.0 section 4.3), or its keys may be another's. */
async function discover(issuer: string, fetchJson: FetchJson, signal: AbortSignal): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const metadata = await fetchJson(url, signal);
  const { issuer: named, jwks_uri: found } = isObject(metadata) ? metadata : {};
  if (named !== issuer) throw new Error(`${url} does not name ${issuer} as its issuer`);
  if (typeof found !== 'string' || !isAsSafe(found, issuer)) throw new Error(`${url} has no usable jwks_uri`);
  return found;
}

/** Keys may come over plain HTTP only where the operator wrote the issuer so. */
function isAsSafe(found: string, issuer: string): boolean {
  if (!URL.canParse(found)) return false;
  const { protocol } = new URL(found);
  return protocol === 'https:' || (protocol === 'http:' && new URL(issuer).protocol === 'http:');
}

/** A malformed entry must not spoil the set. Of the others jose takes public keys for signatures only. */
function keysIn(document: unknown): JSONWebKeySet {
  const found = isObject(document) ? document['keys'] : undefined;
  if (!Array.isArray(found)) throw new Error('the key set has no keys array');
  return { keys: found.filter((key): key is JWK => isObject(key)) };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
