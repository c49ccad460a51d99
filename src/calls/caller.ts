import type { Snapshot } from '../access/snapshot.ts';
import type { AuditEvent } from '../audit/record/event.ts';
import type { Identity } from '../identity/identity.ts';

/** Who is behind a request, and what their client says of itself. */
export interface Caller {
  readonly identity: Identity;
  /** Peer address, or the client's behind a trusted proxy. */
  readonly ip: string;
  /** User-Agent, `clientInfo.name` and `.version`: self-declared, for display and audit only. */
  readonly agent: string;
  readonly client: string;
  readonly clientVersion: string;
  /** Protocol version spoken. */
  readonly proto: string;
  /** Trace id of a W3C `traceparent` in `_meta`; empty when there is none. */
  readonly trace: string;
}

/** The fields every record about a caller carries, with the policy that was in force. */
export function callerFields(caller: Caller, snapshot: Snapshot): Partial<AuditEvent> {
  // Spread last, as in `http/response.ts`.
  return {
    ip: caller.ip,
    proto: caller.proto,
    ...provenFields(caller.identity, snapshot),
    ...(caller.client !== '' && { client: caller.client, client_ver: caller.clientVersion }),
    ...(caller.agent !== '' && { agent: caller.agent }),
    ...(caller.trace !== '' && { trace: caller.trace }),
  };
}

/** Who it is and how that was proven, with the policy that was in force. */
export function provenFields(identity: Identity, { configuration }: Snapshot): Partial<AuditEvent> {
  return {
    actor: identity.user || identity.subject,
    actor_type: identity.kind === 'robot' ? 'robot' : 'human',
    iss: identity.issuer,
    email: identity.email,
    groups: identity.claims,
    auth: identity.proof,
    ...(identity.token !== '' && { tok: identity.token }),
    cfg: configuration.hash,
    ...(configuration.git !== null && { git: configuration.git }),
  };
}
