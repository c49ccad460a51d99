import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { provenFields } from '../calls/caller.ts';
import { clientAddress } from '../http/request.ts';
import { challenge } from '../identity/challenge.ts';
import { type AuthFailuresParts, createAuthFailures } from './auth-failures.ts';
import type { EndpointParts, Exchange } from './exchange.ts';
import { proofOf } from './headers.ts';
import { refusals, refuse } from './refuse.ts';

export interface AdmissionParts extends Pick<EndpointParts, 'snapshot' | 'authenticate'>, AuthFailuresParts {
  readonly log: Logger;
}

/** Finds out who is asking; null when the request has been refused for it. */
export function createAdmission(
  parts: AdmissionParts,
): (req: IncomingMessage, res: ServerResponse) => Promise<Exchange | null> {
  const recordFailure = createAuthFailures(parts);

  return async function admit(req, res) {
    const snapshot = parts.snapshot();
    const { gateway, hash } = snapshot.configuration;
    const proof = proofOf(req);
    const ip = clientAddress(req, gateway.trustedProxies);
    const agent = (req.headers['user-agent'] ?? '').slice(0, 256);
    const authentication = await parts.authenticate(proof);
    if (authentication.kind === 'identified' && authentication.isNew) {
      const { identity, isNew } = authentication;
      const event = { ...provenFields(identity, snapshot), ev: 'auth.ok', ip, agent, outcome: 'ok' } as const;
      await parts.record(event).catch((error: unknown) => {
        isNew.unrecorded();
        throw error;
      });
    }
    // Who was right under files that are gone may be wrong under those in force.
    if (parts.snapshot() !== snapshot) return admit(req, res);
    switch (authentication.kind) {
      case 'identified':
        return { req, res, proof, identity: authentication.identity, ip, agent, snapshot };
      case 'unavailable':
        parts.log.error({ detail: authentication.detail }, 'identity provider not available');
        refuse(res, refusals.unavailable);
        return null;
      case 'refused': {
        await recordFailure({ why: authentication.reason, ip, agent, cfg: hash });
        const headers = { 'WWW-Authenticate': challenge(gateway.url, proof.authorization !== null) };
        refuse(res, { ...refusals.unauthorized, headers });
        return null;
      }
      default:
        return authentication satisfies never;
    }
  };
}
