import type { Configuration, Grant, Policy, Role, Rule } from '../../src/config/configuration.ts';
import type { Place } from '../../src/config/problem.ts';
import type { Identity } from '../../src/identity/identity.ts';

export function place(line: number, file = 'policies/access.yaml'): Place {
  return { file, line, col: 1 };
}

export const gateway: Configuration['gateway'] = {
  name: 'acme',
  environment: 'prod',
  url: 'http://127.0.0.1:8080',
  listen: { host: '127.0.0.1', port: 8080 },
  adminListen: { host: '127.0.0.1', port: 8081 },
  lock: 'warn',
  allowedHosts: [],
  allowedOrigins: [],
  trustedProxies: [],
};

/** A policy in short: what a test does not care about is empty. */
export function policyOf(given: {
  readonly groups?: Readonly<Record<string, { readonly claims?: string[]; readonly members?: string[] }>>;
  readonly roles?: readonly Role[];
  readonly grants?: readonly Grant[];
  readonly robots?: Policy['robots'];
}): Policy {
  return {
    groups: new Map(
      Object.entries(given.groups ?? {}).map(([name, { claims = [], members = [] }]) => [
        name,
        { name, claims, members, at: place(1) },
      ]),
    ),
    roles: new Map((given.roles ?? []).map((role) => [role.name, role])),
    robots: given.robots ?? new Map(),
    grants: given.grants ?? [],
    guardrails: new Map(),
    revoked: [],
  };
}

/** `role('reader', [['read', 'notion/*']])`; the rules stand on lines 10, 11, … of the role's own file. */
export function role(name: string, rules: readonly (readonly [Rule['verb'], ...string[]])[]): Role {
  const at = (index: number) => place(10 + index, `policies/${name}.yaml`);
  return {
    name,
    description: '',
    includes: [],
    at: place(1, `policies/${name}.yaml`),
    rules: rules.map(([verb, ...targets], index) => ({
      verb,
      at: at(index),
      targets: targets.map((target) => {
        const [server = '', tool = ''] = target.split('/');
        return { server, tool, at: at(index) };
      }),
    })),
  };
}

/** `grant('user:ana', ['reader'], { line: 7 })` */
export function grant(
  to: string,
  roles: readonly string[],
  given: Partial<Omit<Grant, 'to' | 'roles' | 'at'>> & { readonly line?: number } = {},
): Grant {
  const { line = 1, ...rest } = given;
  const blank = { starts: null, expires: null, why: '', ticket: '', environments: [] };
  return { ...blank, ...rest, to: subject(to), roles, at: place(line) };
}

function subject(text: string): Grant['to'] {
  const [kind = '', name = ''] = text.split(':');
  if (kind === 'user' || kind === 'group' || kind === 'robot') return { kind, name };
  return { kind: 'everyone' };
}

export function person(user: string, claims: readonly string[] = []): Identity {
  return {
    kind: 'person',
    key: `https://idp.example ${user}`,
    issuer: 'https://idp.example',
    subject: user,
    user,
    email: user,
    claims,
    proof: 'jwt',
    token: '',
    expiresAt: null,
  };
}

export function robot(name: string): Identity {
  return {
    ...person(''),
    kind: 'robot',
    key: `gatehouse ${name}`,
    issuer: 'gatehouse',
    subject: name,
    email: '',
    proof: 'robot-key',
  };
}
