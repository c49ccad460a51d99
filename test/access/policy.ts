import type {
  Condition,
  Configuration,
  Grant,
  Guardrail,
  Policy,
  Revocation,
  Role,
  Rule,
  Server,
  SubjectPattern,
  Target,
} from '../../src/config/configuration.ts';
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
  readonly guardrails?: readonly Guardrail[];
  readonly revoked?: readonly Revocation[];
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
    guardrails: new Map((given.guardrails ?? []).map((guardrail) => [guardrail.name, guardrail])),
    revoked: given.revoked ?? [],
  };
}

/** `role('reader', [['read', 'notion/*']])`; the rules stand on lines 10, 11, … of the role's own file. */
export function role(
  name: string,
  rules: readonly (readonly [Rule['verb'], ...string[]])[],
  includes: readonly string[] = [],
): Role {
  const at = (index: number) => place(10 + index, `policies/${name}.yaml`);
  return {
    name,
    description: '',
    includes,
    prompts: [],
    resources: [],
    at: place(1, `policies/${name}.yaml`),
    rules: rules.map(([verb, ...targets], index) => ({
      verb,
      condition: null,
      at: at(index),
      targets: targets.map((text) => target(text, at(index))),
    })),
  };
}

/** `docs/file:///a` is the server `docs` and the URI `file:///a`. */
export function target(text: string, at: Place): Target {
  const slash = text.indexOf('/');
  return { server: text.slice(0, slash), tool: text.slice(slash + 1), at };
}

/** `condition({ when: 'args.n < 5', line: 3 })` */
export function condition(given: {
  readonly args?: Condition['args'];
  readonly when?: string;
  readonly line?: number;
}): Condition {
  return { args: given.args ?? null, when: given.when ?? null, at: place(given.line ?? 1) };
}

/** The same role where each rule has the condition at its place; rules beyond have none. */
export function conditional(given: Role, conditions: readonly (Condition | null)[]): Role {
  return { ...given, rules: given.rules.map((rule, index) => ({ ...rule, condition: conditions[index] ?? null })) };
}

/** `guardrail('calm', ['db/*'], { class: 'destructive', to: ['robot:*'], line: 7 })`; it holds for everyone by default. */
export function guardrail(
  name: string,
  deny: readonly string[],
  given: {
    readonly class?: Guardrail['class'];
    readonly to?: readonly string[];
    readonly except?: readonly string[];
    readonly prompts?: readonly string[];
    readonly resources?: readonly string[];
    readonly condition?: Condition | null;
    readonly line?: number;
  } = {},
): Guardrail {
  const at = place(given.line ?? 1);
  return {
    name,
    targets: deny.map((text) => target(text, at)),
    prompts: (given.prompts ?? []).map((text) => target(text, at)),
    resources: (given.resources ?? []).map((text) => target(text, at)),
    class: given.class ?? null,
    condition: given.condition ?? null,
    to: (given.to ?? ['everyone']).map(pattern),
    except: (given.except ?? []).map(pattern),
    at,
  };
}

/** A server whose registry entry says only which class some of its tools have. */
export function server(classes: Partial<Server['classes']> = {}, name = 'notion'): Server {
  return {
    name,
    description: '',
    owner: '',
    prefix: name,
    mode: 'shared',
    timeoutMs: 1000,
    protocol: 'auto',
    reach: { kind: 'http', transport: 'auto', url: 'http://127.0.0.1:9/mcp' },
    auth: { kind: 'none' },
    classes: { read: [], write: [], destructive: [], ...classes },
    fingerprint: '',
    at: place(1),
  };
}

function pattern(text: string): SubjectPattern {
  if (text === 'user:*') return { kind: 'users' };
  return text === 'robot:*' ? { kind: 'robots' } : subject(text);
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
