import type { Policy, Revocation, SubjectPattern } from '../config/configuration.ts';
import type { Caller } from '../config/policy-tests.ts';
import type { Identity } from '../identity/identity.ts';

/** Somebody that no credential has proved, to ask what they could do. */
export function identityOf(caller: Caller): Identity {
  const isRobot = caller.kind === 'robot';
  return {
    kind: isRobot ? 'robot' : 'person',
    key: `${caller.kind}:${caller.name}`,
    issuer: '',
    subject: caller.name,
    user: isRobot ? '' : caller.name,
    email: '',
    claims: isRobot ? [] : caller.claims,
    proof: isRobot ? 'robot-key' : 'jwt',
    token: '',
    expiresAt: null,
  };
}

/** Whether the identity is one of those that the pattern means. */
export function isOneOf(pattern: SubjectPattern, who: Identity, { groups }: Policy): boolean {
  switch (pattern.kind) {
    case 'everyone':
      return true;
    case 'users':
      return who.kind === 'person';
    case 'robots':
      return who.kind === 'robot';
    case 'user':
      return who.kind === 'person' && who.user === pattern.name;
    case 'robot':
      return who.kind === 'robot' && who.subject === pattern.name;
    case 'group': {
      const group = groups.get(pattern.name);
      if (who.kind === 'robot' || group === undefined) return false;
      return group.members.includes(who.user) || group.claims.some((claim) => who.claims.includes(claim));
    }
    default:
      return pattern satisfies never;
  }
}

/** The revocation that leaves nobody able to prove they are this user, in whatever letters a credential names them. */
export function revocationOf({ revoked }: Policy, who: Identity, at: number): Revocation | null {
  if (who.kind === 'robot') return null;
  const name = who.user.toLowerCase();
  return (
    revoked.find(({ kind, value, since }) => kind === 'user' && value.toLowerCase() === name && at >= since) ?? null
  );
}

/** `user:ana@acme.co`, `group:staff`, `robot:*`, `everyone`: as the files write it. */
export function nameOf(pattern: SubjectPattern): string {
  switch (pattern.kind) {
    case 'everyone':
      return 'everyone';
    case 'users':
      return 'user:*';
    case 'robots':
      return 'robot:*';
    default:
      return `${pattern.kind}:${pattern.name}`;
  }
}
