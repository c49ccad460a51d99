import type { Grant, Policy, Role, Server, ToolClass } from './configuration.ts';
import type { Findings } from './findings.ts';
import type { WrittenRequire } from './written.ts';

const severity = { read: 0, write: 1, destructive: 2 } as const satisfies Record<ToolClass, number>;
const furthest = { read: 'read', write: 'write', any: 'destructive' } as const;

export interface RequiredParts {
  readonly policy: Policy;
  readonly servers: ReadonlyMap<string, Server>;
  readonly findings: Findings;
}

/** Holds grants and servers against what the configuration file asks of them. */
export function checkRequired(require: WrittenRequire, { policy, servers, findings }: RequiredParts): void {
  for (const grant of policy.grants) checkGrant(require, grant, { policy, findings });
  for (const { name, owner, at } of require.owner === true ? servers.values() : []) {
    if (owner !== '') continue;
    findings.error('GH089', at, {
      message: `expected an owner of ${name}`,
      hint: 'require.owner in the gateway configuration asks for one of every server',
    });
  }
}

function checkGrant(
  require: WrittenRequire,
  grant: Grant,
  { policy, findings }: Pick<RequiredParts, 'policy' | 'findings'>,
): void {
  const [role, reached] = mostSevere(grant, policy.roles);
  for (const key of ['why', 'ticket', 'expires'] as const) {
    const from = require[key];
    if (from === undefined || reached === null || severity[reached] < severity[from]) continue;
    if (grant[key] !== null && grant[key] !== '') continue;
    findings.error('GH089', grant.at, {
      message: `expected ${key} on this grant, because ${role} reaches ${reached} tools`,
      hint: `require.${key} in the gateway configuration asks for it`,
    });
  }
}

/** The granted role that reaches furthest, and how far; includes count. */
function mostSevere({ roles: granted }: Grant, roles: Policy['roles']): readonly [string, ToolClass | null] {
  const reached = granted.map((name) => [name, reachOf(name, roles)] as const);
  const rank = (toolClass: ToolClass | null): number => (toolClass === null ? -1 : severity[toolClass]);
  return reached.reduce((most, next) => (rank(next[1]) > rank(most[1]) ? next : most), ['', null]);
}

/** The verbs say it: which classes a server's tools are of is not known here. Null reaches nothing. */
function reachOf(name: string, roles: Policy['roles']): ToolClass | null {
  const classes = withIncluded(name, roles).flatMap(({ rules }) => rules.map(({ verb }) => furthest[verb]));
  return (['destructive', 'write', 'read'] as const).find((toolClass) => classes.includes(toolClass)) ?? null;
}

function withIncluded(name: string, roles: Policy['roles']): readonly Role[] {
  const names = new Set([name]);
  // A set that grows while it is gone through is gone through to its end.
  for (const each of names) for (const included of roles.get(each)?.includes ?? []) names.add(included);
  return [...names].flatMap((each) => roles.get(each) ?? []);
}
