import type { TestContext } from 'node:test';
import { pino } from 'pino';
import type { Issuer, LocalIdentity, Revocation, Robot } from '../../src/config/configuration.ts';
import { type AuthenticateParts, createAuthenticate } from '../../src/identity/authenticate.ts';
import type { Authentication } from '../../src/identity/identity.ts';
import { place, policyOf } from '../access/policy.ts';

export const audience = 'https://mcp.acme.co/mcp';

export function issuerAt(url: string, given: Partial<Issuer> = {}): Issuer {
  return {
    issuer: url,
    audience,
    algorithms: ['ES256', 'RS256'],
    jwks: null,
    claims: { user: 'email', groups: 'groups' },
    ...given,
  };
}

export function robotNamed(name: string, given: Partial<Robot> = {}): Robot {
  return { name, owner: 'data', keys: [], oidc: null, at: place(1), ...given };
}

export interface Setting {
  /** Epoch milliseconds; tests move it. */
  time: number;
  /** Replaces the configuration, as a reload would. */
  configure(given: Configured): void;
  ask(authorization: string | null, loopback?: boolean): Promise<Authentication>;
  /** `identified`, the reason of a refusal, or `unavailable`. */
  verdict(authorization: string | null, loopback?: boolean): Promise<string>;
}

interface Configured {
  readonly issuers?: readonly Issuer[];
  readonly local?: LocalIdentity;
  readonly robots?: readonly Robot[];
  /** Without their places. */
  readonly revoked?: readonly Omit<Revocation, 'at'>[];
}

/** An authenticator under a clock and a configuration that the test holds. */
export function setUp(context: TestContext, first: Configured): Setting {
  let generation = 0;
  let current: ReturnType<AuthenticateParts['configuration']>;
  const setting: Setting = {
    time: Date.UTC(2027, 0, 1),
    configure({ issuers = [], local = null as LocalIdentity | null, robots = [], revoked = [] }) {
      generation += 1;
      const policy = policyOf({
        robots: new Map(robots.map((robot) => [robot.name, robot])),
        revoked: revoked.map((revocation) => ({ ...revocation, at: place(1) })),
      });
      current = { generation, configuration: { identity: { issuers, local }, policy } };
    },
    ask: (authorization, loopback = false) => authenticate({ authorization, loopback }),
    async verdict(authorization, loopback) {
      const found = await setting.ask(authorization, loopback);
      return found.kind === 'refused' ? found.reason : found.kind;
    },
  };
  setting.configure(first);
  const { authenticate, close } = createAuthenticate({
    configuration: () => current,
    now: () => setting.time,
    log: pino({ level: 'silent' }),
  });
  context.after(close);
  return setting;
}
