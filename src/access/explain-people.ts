import type { Policy, SubjectPattern } from '../config/configuration.ts';
import type { Identity } from '../identity/identity.ts';
import { identityOf, isOneOf } from './explain-caller.ts';

/**
 * Everybody whom no subject of the policy means yet: a person without name or group, and each robot. All others that
 * the policy can tell apart are one of these with a name and claims added by `joined`.
 */
export function strangers({ robots }: Policy): readonly Identity[] {
  const somebody = identityOf({ kind: 'user', name: '', claims: [] });
  return [somebody, ...[...robots.keys()].map((name) => identityOf({ kind: 'robot', name }))];
}

/** Every way in which the identity could be one of those a pattern means; empty when it never could. */
export function joined(who: Identity, pattern: SubjectPattern, policy: Policy): readonly Identity[] {
  if (isOneOf(pattern, who, policy)) return [who];
  if (who.kind === 'robot') return [];
  if (pattern.kind === 'user') return named(who, pattern.name);
  if (pattern.kind !== 'group') return [];
  const { claims = [], members = [] } = policy.groups.get(pattern.name) ?? {};
  return [
    ...claims.map((claim) => identityOf({ kind: 'user', name: who.user, claims: [...who.claims, claim].sort() })),
    ...members.flatMap((member) => named(who, member)),
  ];
}

/** Nobody has two names. */
function named(who: Identity, name: string): readonly Identity[] {
  return who.user === '' ? [identityOf({ kind: 'user', name, claims: who.claims })] : [];
}

/** `user:ana@acme.co in group:staff`, `somebody in group:staff`, `robot:nightly`. */
export function describe(who: Identity, { groups }: Policy): string {
  if (who.kind === 'robot') return `robot:${who.subject}`;
  const names = [...groups.values()].filter(({ claims }) => claims.some((claim) => who.claims.includes(claim)));
  const name = who.user === '' ? 'somebody' : `user:${who.user}`;
  return names.length === 0 ? name : `${name} in ${names.map((group) => `group:${group.name}`).join(' and ')}`;
}
