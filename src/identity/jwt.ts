import { decodeJwt, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { Logger } from 'pino';
import type { IdentitySettings, Issuer } from '../config/configuration.ts';
import type { FetchJson } from './fetch-json.ts';
import type { Authentication, Identity, RefusalReason } from './identity.ts';
import { createKeySet, ProviderUnavailable } from './jwks.ts';
import { principalKey, robotIdentity } from './principal.ts';
import { tokenTrace } from './revoked.ts';

export interface JwtParts {
  readonly fetchJson: FetchJson;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log: Logger;
}

/** What a token is judged by. */
export interface JwtBasis {
  readonly issuers: IdentitySettings['issuers'];
  /** Robot names by the `principalKey` of the workload token that proves them. */
  readonly workloads: ReadonlyMap<string, string>;
}

/** Seconds by which clocks may differ. */
const clockTolerance = 60;

/** Verifies JWTs of the configured issuers (RFC 7519, RFC 8725): the token chooses the issuer, never how it is checked. */
export function createVerifyJwt(parts: JwtParts): (token: string, basis: JwtBasis) => Promise<Authentication> {
  let keySets = new Map<string, JWTVerifyGetKey>();
  let keptFor: JwtBasis['issuers'] = [];

  return async function verify(token, { issuers, workloads }) {
    const issuer = issuerOf(token, issuers);
    if (typeof issuer === 'string') return { kind: 'refused', reason: issuer };
    try {
      const { payload } = await jwtVerify(token, keySetOf(issuer, issuers), {
        algorithms: [...issuer.algorithms],
        issuer: issuer.issuer,
        audience: issuer.audience,
        requiredClaims: ['exp', 'sub'],
        clockTolerance,
        currentDate: new Date(parts.now()),
      });
      const identity = identityOf(payload, issuer, workloads);
      return identity === null ? { kind: 'refused', reason: 'claims' } : { kind: 'identified', identity };
    } catch (error) {
      return explain(error, issuer);
    }
  };

  /** Key sets outlive reloads; those no issuer uses any more are let go. */
  function keySetOf(issuer: Issuer, issuers: JwtBasis['issuers']): JWTVerifyGetKey {
    if (keptFor !== issuers) {
      const used = new Set(issuers.map(addressOf));
      keySets = new Map([...keySets].filter(([address]) => used.has(address)));
      keptFor = issuers;
    }
    const address = addressOf(issuer);
    const keySet = keySets.get(address) ?? createKeySet({ ...parts, issuer });
    keySets.set(address, keySet);
    return keySet;
  }

  function explain(error: unknown, { issuer }: Issuer): Authentication {
    if (error instanceof ProviderUnavailable) return { kind: 'unavailable', detail: error.message };
    const reason = reasonOf(error);
    if (reason !== null) return { kind: 'refused', reason };
    parts.log.error({ issuer, err: error }, 'a published key cannot be used');
    return { kind: 'unavailable', detail: `a key of ${issuer} cannot be used` };
  }
}

/** Read before anything is verified, and only to know by whose rules to verify. */
function issuerOf(token: string, issuers: JwtBasis['issuers']): Issuer | RefusalReason {
  let named: string | undefined;
  try {
    named = decodeJwt(token).iss;
  } catch (error) {
    if (error instanceof errors.JWTInvalid) return 'malformed';
    throw error;
  }
  return issuers.find(({ issuer }) => issuer === named) ?? 'unknown-issuer';
}

function addressOf({ issuer, jwks }: Issuer): string {
  return `${issuer} ${jwks ?? ''}`;
}

/** Null when the error does not come from the token. */
function reasonOf(error: unknown): RefusalReason | null {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWTClaimValidationFailed) return error.claim === 'aud' ? 'audience' : 'claims';
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported) return 'algorithm';
  if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid) return 'malformed';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'signature';
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) return 'signature';
  return null;
}

/** Null when a claim is missing that says who this is. */
function identityOf(payload: JWTPayload, issuer: Issuer, workloads: JwtBasis['workloads']): Identity | null {
  const { sub, jti, exp = 0 } = payload;
  if (typeof sub !== 'string' || sub === '') return null;
  const key = principalKey(issuer.issuer, sub);
  const token = typeof jti === 'string' ? tokenTrace(jti) : '';
  const expiresAt = exp * 1000;
  const robot = workloads.get(key);
  if (robot !== undefined) return robotIdentity(robot, { proof: 'workload', token, expiresAt });
  const user = claimOf(payload, issuer.claims.user);
  if (typeof user !== 'string' || user === '' || isUnverifiedEmail(payload, issuer)) return null;
  const email = typeof payload['email'] === 'string' ? payload['email'] : '';
  const claims = valuesOf(claimOf(payload, issuer.claims.groups));
  return {
    kind: 'person',
    key,
    issuer: issuer.issuer,
    subject: sub,
    user,
    email,
    claims,
    proof: 'jwt',
    token,
    expiresAt,
  };
}

/** An address its provider has not verified may be anyone's, so it names nobody (OpenID Connect Core section 5.7). */
function isUnverifiedEmail(payload: JWTPayload, { claims }: Issuer): boolean {
  return claims.user === 'email' && String(payload['email_verified']) === 'false';
}

/** A claim by its name, which may hold dots itself, else by the path the dots make. */
function claimOf(payload: JWTPayload, name: string): unknown {
  if (Object.hasOwn(payload, name)) return payload[name];
  return name.split('.').reduce<unknown>(memberOf, payload);
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

/** A list of strings, or strings separated by white space as in `scope`. */
function valuesOf(claim: unknown): readonly string[] {
  if (typeof claim === 'string') return claim.split(/\s+/).filter((value) => value !== '');
  return Array.isArray(claim) ? claim.filter((value) => typeof value === 'string') : [];
}
