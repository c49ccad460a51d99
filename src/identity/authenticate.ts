import type { Logger } from 'pino';
import type { Configuration, RobotKey } from '../config/configuration.ts';
import { createAuthenticationCache } from './cache.ts';
import { createFetchJson } from './fetch-json.ts';
import type { Authenticate, Authentication, RefusalReason } from './identity.ts';
import { createVerifyJwt, type JwtBasis } from './jwt.ts';
import { localIdentity, principalKey, robotIdentity } from './principal.ts';
import { createIsRevoked, type IsRevoked } from './revoked.ts';
import { isKeyOnFile, parseRobotKey, robotKeyPrefix } from './robot-key.ts';

export interface AuthenticateParts {
  /** The configuration in force; every reload has another generation and voids all that was remembered. */
  readonly configuration: () => {
    readonly generation: number;
    readonly configuration: Pick<Configuration, 'identity' | 'policy'>;
  };
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log: Logger;
}

/** Longest Authorization header looked at, in characters. */
const authorizationMax = 16 * 1024;

/**
 * Finds out who is asking. The shape of the credential chooses how it is proven; one that is presented and fails is
 * refused, never taken for an absent one.
 */
export function createAuthenticate(parts: AuthenticateParts): {
  readonly authenticate: Authenticate;
  close(): Promise<void>;
} {
  const { fetchJson, close } = createFetchJson();
  const verifyJwt = createVerifyJwt({ ...parts, fetchJson });
  const cache = createAuthenticationCache(parts.now);
  let known = knownIn(parts.configuration());

  return { authenticate, close };

  /** What is revoked is asked after the cache, and after waiting for a provider, of the configuration as it is then. */
  async function authenticate(proof: Parameters<Authenticate>[0]): Promise<Authentication> {
    const result = await identify(proof);
    if (result.kind !== 'identified' || !inForce().isRevoked(result.identity, parts.now())) return result;
    result.isNew?.unrecorded();
    return refused('revoked');
  }

  async function identify({ authorization, loopback }: Parameters<Authenticate>[0]): Promise<Authentication> {
    const basis = inForce();
    if (authorization === null) return loopback ? basis.local : refused('missing');
    if (authorization.length > authorizationMax) return refused('malformed');
    const [, token] = bearer.exec(authorization) ?? [];
    if (token === undefined) return refused('malformed');
    // The scheme may be written in many ways; it is one credential all the same.
    const key = cache.keyOf(token);
    const remembered = cache.get(key, basis.generation);
    if (remembered !== null) return remembered;
    const result = await prove(token, basis);
    // What is found out holds for the generation it was found out under.
    return cache.set(key, basis.generation, result);
  }

  function inForce(): Known {
    const current = parts.configuration();
    if (known.generation !== current.generation) known = knownIn(current);
    return known;
  }

  async function prove(token: string, basis: Known): Promise<Authentication> {
    if (token.startsWith(robotKeyPrefix)) return proveRobotKey(token, basis);
    return jwtShape.test(token) ? verifyJwt(token, basis) : refused('malformed');
  }

  function proveRobotKey(text: string, { keys }: Known): Authentication {
    const parsed = parseRobotKey(text);
    if (parsed.kind !== 'parsed') return refused(parsed.kind);
    const onFile = keys.get(parsed.id);
    if (!isKeyOnFile(parsed.sha256, onFile)) return refused('unknown-key');
    if (onFile.expires !== null && onFile.expires <= parts.now()) return refused('expired');
    const proven = { proof: 'robot-key', token: parsed.id, expiresAt: onFile.expires } as const;
    return { kind: 'identified', identity: robotIdentity(onFile.robot, proven) };
  }
}

/** RFC 6750 section 2.1, the scheme in any case (RFC 9110 section 11.1). */
const bearer = /^Bearer +([\w.~+/-]+=*)$/i;

const jwtShape = /^[\w-]+\.[\w-]+\.[\w-]*$/;

function refused(reason: RefusalReason): Authentication {
  return { kind: 'refused', reason };
}

/** One generation of the configuration, laid out for finding. */
interface Known extends JwtBasis {
  readonly generation: number;
  readonly keys: ReadonlyMap<string, RobotKey & { readonly robot: string }>;
  /** The answer to a caller from loopback without a credential. */
  readonly local: Authentication;
  readonly isRevoked: IsRevoked;
}

function knownIn({ generation, configuration }: ReturnType<AuthenticateParts['configuration']>): Known {
  const { issuers, local } = configuration.identity;
  const robots = [...configuration.policy.robots.values()];
  return {
    generation,
    issuers,
    keys: new Map(robots.flatMap(({ name, keys }) => keys.map((key) => [key.id, { ...key, robot: name }]))),
    workloads: new Map(
      robots.flatMap(({ name, oidc }) => (oidc === null ? [] : [[principalKey(oidc.issuer, oidc.subject), name]])),
    ),
    isRevoked: createIsRevoked(configuration.policy),
    local: local === null ? refused('missing') : { kind: 'identified', identity: localIdentity(local) },
  };
}
