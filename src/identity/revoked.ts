import { hash } from 'node:crypto';
import type { Policy } from '../config/configuration.ts';
import type { Identity } from './identity.ts';

/** Whether an identity's proof is refused at `at`, epoch milliseconds. */
export type IsRevoked = (identity: Identity, at: number) => boolean;

/**
 * Reads `revoked:` of a policy. From `since` on everything of that user, subject, token or key is refused, whenever it
 * was issued: someone who has left must not come back by signing in again.
 */
export function createIsRevoked({ revoked, robots }: Pick<Policy, 'revoked' | 'robots'>): IsRevoked {
  const since = new Map<string, number>();
  for (const { kind, value, since: from } of revoked) {
    const mark = markOf[kind](value);
    since.set(mark, Math.min(from, since.get(mark) ?? Number.POSITIVE_INFINITY));
  }
  return (identity, at) => since.size > 0 && marksOf(identity).some((mark) => at >= (since.get(mark) ?? Number.NaN));

  function marksOf({ kind, proof, user, subject, token }: Identity): readonly string[] {
    if (proof === 'robot-key') return [markOf.key(token)];
    const jti = `jti ${token}`;
    if (kind === 'person') return [markOf.user(user), markOf.sub(subject), jti];
    return [markOf.sub(robots.get(subject)?.oidc?.subject ?? ''), jti];
  }
}

const markOf = {
  /** A capital letter more or less must not open the door again. */
  user: (name: string) => `user ${name.toLowerCase()}`,
  sub: (subject: string) => `sub ${subject}`,
  /** As `Identity.token` holds it. */
  jti: (jti: string) => `jti ${tokenTrace(jti)}`,
  key: (id: string) => `key ${id}`,
} as const;

/** 16 hex digits of a hash of a token's `jti`: enough to find a token again, useless to make one. */
export function tokenTrace(jti: string): string {
  return hash('sha256', jti, 'hex').slice(0, 16);
}
