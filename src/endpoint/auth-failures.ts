import type { AuditEvent } from '../audit/record/event.ts';
import type { RefusalReason } from '../identity/identity.ts';

/** A credential that was refused. */
export interface AuthFailure {
  readonly why: RefusalReason;
  readonly ip: string;
  readonly agent: string;
  readonly cfg: string;
}

export interface AuthFailuresParts {
  readonly record: (event: AuditEvent) => Promise<unknown>;
  /** Records a second; noise from outside must not fill the disk. None are made while it is 0. */
  readonly perSecondMax: () => number;
  /** Told of every one, recorded or not. */
  readonly authFailed: (why: RefusalReason) => void;
  readonly now: () => number;
}

/**
 * Records refused credentials, at most `perSecondMax` a second; the next record kept says how many were not
 * (`detail.unrecorded`).
 */
export function createAuthFailures(parts: AuthFailuresParts): (failure: AuthFailure) => Promise<void> {
  let second = 0;
  let recorded = 0;
  let unrecorded = 0;

  return async function record(failure) {
    parts.authFailed(failure.why);
    const current = Math.floor(parts.now() / 1000);
    if (current !== second) {
      second = current;
      recorded = 0;
    }
    if (recorded >= parts.perSecondMax()) {
      unrecorded += 1;
      return;
    }
    recorded += 1;
    const missed = unrecorded;
    unrecorded = 0;
    await parts.record({
      ev: 'auth.fail',
      actor_type: 'anonymous',
      outcome: 'denied',
      ...failure,
      ...(missed > 0 && { detail: { unrecorded: missed } }),
    });
  };
}
