/** Who is asking, verified. Nothing self-declared by a client is ever in here. */
export interface Identity {
  readonly kind: 'person' | 'robot';
  /** `(issuer, subject)` in one string: the key of everything that outlives a request. */
  readonly key: string;
  /** The token's `iss`; `gatehouse` for robots, whatever proves them; `local` for the local identity. */
  readonly issuer: string;
  /** The token's `sub`; a robot's name. */
  readonly subject: string;
  /** What `user:` in a grant is compared with; empty for robots. */
  readonly user: string;
  /** Empty for robots. */
  readonly email: string;
  /** Values of the issuer's groups claim, as the token carries them. */
  readonly claims: readonly string[];
  readonly proof: 'jwt' | 'robot-key' | 'workload' | 'local';
  /** Key id, or 16 hex digits of a hash of the token's `jti`; empty when there is none. Traces, never grants. */
  readonly token: string;
  /** When the proof ends, epoch milliseconds; null when it does not. */
  readonly expiresAt: number | null;
}

export type Authentication =
  /** `isNew` for a credential that was not proven within a day before: to be recorded, once. */
  | { readonly kind: 'identified'; readonly identity: Identity; readonly isNew?: NewProof }
  | { readonly kind: 'refused'; readonly reason: RefusalReason }
  /** A provider could not be asked: 503, never access and never remembered. */
  | { readonly kind: 'unavailable'; readonly detail: string };

export interface NewProof {
  /** It is not on record after all: the credential is new again. */
  unrecorded(): void;
}

/** For the audit log and metrics; the client hears the same words for each. */
export type RefusalReason =
  | 'missing'
  | 'malformed'
  | 'checksum'
  | 'unknown-key'
  | 'expired'
  | 'revoked'
  | 'unknown-issuer'
  | 'signature'
  | 'audience'
  | 'claims'
  | 'algorithm';

/** What authentication may look at. */
export interface Proof {
  /** The whole Authorization header, or null. */
  readonly authorization: string | null;
  /** The TCP peer is a loopback address and Host names one: what `local` asks for besides a loopback listener. */
  readonly loopback: boolean;
}

export type Authenticate = (proof: Proof) => Promise<Authentication>;
