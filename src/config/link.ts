import { checkLocked } from './check-locked.ts';
import type { Configuration, IdentitySettings, Limits, Policy, Server } from './configuration.ts';
import type { Findings } from './findings.ts';
import { collectNames, keysOf } from './known.ts';
import { resolveLimits } from './limits.ts';
import { linkAudit } from './link-audit.ts';
import { createLinkCondition } from './link-condition.ts';
import { linkLocks } from './link-locks.ts';
import { linkOwners } from './link-owners.ts';
import { linkPolicy } from './link-policy.ts';
import { checkPrefixes, linkServer } from './link-servers.ts';
import { linkGateway, linkIdentity, type Overrides } from './link-settings.ts';
import { createLockedReach, type LockedReach } from './locked-reach.ts';
import { checkRequired } from './required.ts';
import type { ReviewedLock } from './reviewed-lock.ts';
import type { Shaped } from './shape.ts';
import { suggest } from './suggest.ts';
import type { WrittenGateway } from './written.ts';

export interface LinkParts {
  readonly gateway: Shaped;
  readonly policies: readonly Shaped[];
  readonly locks: readonly (Shaped | ReviewedLock)[];
  /** Whether every policy file could be parsed; if not, no name is called unknown. */
  readonly isComplete: boolean;
  /** Folder of the configuration file. */
  readonly base: string;
  readonly overrides: Overrides;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly findings: Findings;
}

/** Everything but what identifies the tree; null when a section could not be read. */
export type Linked = Omit<Configuration, 'hash' | 'git'>;

/** Follows every reference between the files and says what does not hold together. */
export function link(parts: LinkParts): Linked | null {
  const { gateway: shaped, base, overrides, findings } = parts;
  const written = shaped.source.value as WrittenGateway;
  const context = { source: shaped.source, findings, overrides, base };
  const gateway = shaped.isSound('gateway') && written?.gateway ? linkGateway(written.gateway, context) : null;
  const identity = shaped.isSound('identity') ? linkIdentity(written?.identity ?? {}, gateway, context) : null;
  const servers = linkServers(shaped, base, findings);
  const locks = linkLocks(parts.locks, { servers: new Set(keysOf(shaped.source, 'servers')), findings });
  const reach = createLockedReach({ mode: gateway?.lock ?? 'off', servers, locks });
  const policy = linkPolicies(parts, identity, reach);
  if (identity !== null && parts.isComplete) checkClaims(identity, policy, parts);
  checkRobots(policy, findings);
  if (shaped.isSound('require')) checkRequired(written?.require ?? {}, { policy, servers, findings });
  const owners = linkOwners(parts);
  // A lock that is wrong has been reported; what it does not list may be what is wrong with it.
  const areSound = parts.locks.every((file) => 'lock' in file || file.isSound('tools'));
  if (gateway !== null && areSound) checkLocked(gateway, { servers: servers.values(), policy, locks, reach, findings });
  const known = { servers: new Set(keysOf(shaped.source, 'servers')) };
  const audit = shaped.isSound('audit') ? linkAudit(written?.audit ?? {}, { ...context, known }) : null;
  if (gateway === null || identity === null || audit === null || !shaped.isSound('limits')) return null;
  return { gateway, identity, audit, limits: limitsOf(written), servers, policy, owners, locks };
}

function limitsOf({ limits }: WrittenGateway): Limits {
  return resolveLimits(limits ?? {});
}

function linkServers({ source, isSound }: Shaped, base: string, findings: Findings): ReadonlyMap<string, Server> {
  const { servers: written } = (source.value ?? {}) as WrittenGateway;
  const servers = new Map<string, Server>();
  for (const name of keysOf(source, 'servers')) {
    const server = written?.[name];
    if (server && isSound('servers', name)) servers.set(name, linkServer(name, server, { source, findings, base }));
  }
  checkPrefixes(servers.values(), { source, findings, base });
  return servers;
}

function linkPolicies(parts: LinkParts, identity: IdentitySettings | null, reach: LockedReach): Policy {
  const { gateway, policies, isComplete, now, findings } = parts;
  const [groups, roles, robots] = (['groups', 'roles', 'robots'] as const).map((section) => {
    const names = collectNames(policies, section, findings);
    return isComplete ? names : null;
  });
  collectNames(policies, 'guardrails', findings);
  const servers = new Set(keysOf(gateway.source, 'servers'));
  const issuers = identity && new Set(identity.issuers.map(({ issuer }) => issuer));
  const known = { servers, issuers, groups: groups ?? null, roles: roles ?? null, robots: robots ?? null };
  return linkPolicy(policies, { known, now, findings, linkCondition: createLinkCondition(reach) });
}

/** A claim that no group heeds is a slip of the pen: it gives the local identity nothing. */
function checkClaims(identity: IdentitySettings, policy: Policy, { gateway, findings }: LinkParts): void {
  const claims = new Set([...policy.groups.values()].flatMap((group) => group.claims));
  for (const [index, claim] of (identity.local?.groups ?? []).entries()) {
    if (claims.has(claim)) continue;
    findings.error('GH051', gateway.source.at(['identity', 'local', 'groups', index]), {
      message: `expected a value some group names as its claim, found ${claim}`,
      hint: suggest(claim, claims),
    });
  }
}

/** Each proof proves one robot. */
function checkRobots({ robots }: Policy, findings: Findings): void {
  const proofs = new Map<string, string>();
  function once(proof: string, robot: string): string | null {
    const owner = proofs.get(proof);
    proofs.set(proof, owner ?? robot);
    return owner ?? null;
  }
  for (const { name, keys, oidc, at } of robots.values()) {
    const twin = oidc === null ? null : once(JSON.stringify(oidc), name);
    if (twin !== null) findings.error('GH076', at, `the same workload token would prove ${name} and ${twin}`);
    for (const key of keys) {
      const owner = once(`id ${key.id}`, name) ?? once(`hash ${key.sha256}`, name);
      if (owner !== null)
        findings.error('GH075', key.at, `expected each key once, found ${key.id} again, first in ${owner}`);
    }
  }
}
