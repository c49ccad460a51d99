import type { LocalIdentity } from '../config/configuration.ts';
import type { Identity } from './identity.ts';

/** An issuer is a URL or one of our two words, so it holds no space and the pair can be read back from the key. */
export function principalKey(issuer: string, subject: string): string {
  return `${issuer} ${subject}`;
}

/** A robot is the same principal whichever key or workload token proves it: its name is unique in the policy files. */
export function robotIdentity(name: string, proven: Pick<Identity, 'proof' | 'token' | 'expiresAt'>): Identity {
  const issuer = 'gatehouse';
  return {
    kind: 'robot',
    key: principalKey(issuer, name),
    issuer,
    subject: name,
    user: '',
    email: '',
    claims: [],
    ...proven,
  };
}

/** Whoever calls a loopback listener without a credential. */
export function localIdentity({ user, groups }: LocalIdentity): Identity {
  return {
    kind: 'person',
    key: principalKey('local', user),
    issuer: 'local',
    subject: user,
    user,
    email: user.includes('@') ? user : '',
    claims: groups,
    proof: 'local',
    token: '',
    expiresAt: null,
  };
}
