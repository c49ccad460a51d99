import type { AuditSettings } from '../../config/audit-settings.ts';
import { type AuditHealth, AuditUnavailable } from '../record/event.ts';
import type { BatchesParts } from './batches.ts';
import type { Ledger } from './ledger.ts';
import type { Segments } from './rotation.ts';
import type { Space, SpaceParts } from './space.ts';

export interface StoreParts {
  readonly settings: Pick<AuditSettings, 'onFailure'>;
  readonly limits: Pick<SpaceParts['limits'], 'auditReserveBytes'>;
  readonly ledger: Ledger;
  readonly segments: Pick<Segments, 'inspect'>;
  readonly space: Space;
}

/** The chain on a disk that can be full, broken or taken away: what is tried then, and what is told of it. */
export interface Store extends BatchesParts {
  /** A record for which the queue has no room: throws `AuditUnavailable`, or counts it as lost. */
  overflow(): null;
  health(closed: boolean): Omit<AuditHealth, 'signed'>;
  accepting(closed: boolean): AuditHealth['accepting'];
}

/** A new file on the same disk does not help against these; what the reserve gives back does. */
const FULL: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT']);

export function createStore({ settings, limits, ledger, segments, space }: StoreParts): Store {
  const goOn = settings.onFailure === 'allow';
  let lost = 0;
  let overflowed = 0;

  return { append, giveUp, look, overflow, health, accepting };

  function append(encoded: readonly string[]): Promise<number> {
    return ledger.append(encoded).catch(async (error: NodeJS.ErrnoException) => {
      const given = FULL.has(error.code) && (await space.release());
      const detail = { free: space.freeBytes(), reserve: limits.auditReserveBytes };
      if (given) ledger.tell({ ev: 'audit.full', detail });
      return ledger.append(encoded);
    });
  }

  function giveUp(batch: Parameters<BatchesParts['giveUp']>[0]): boolean {
    const owed = batch.filter((record) => record.owed).map(({ encoded }) => encoded);
    ledger.giveUp(batch.length - owed.length, owed);
    lost += batch.length - owed.length;
    return goOn;
  }

  async function look(): Promise<void> {
    await space.look();
    const removed = await segments.inspect();
    if (removed !== null) ledger.missing(removed);
    if (overflowed > 0)
      ledger.tell({ ev: 'audit.gap', detail: { lost: overflowed, reason: 'the audit queue was full' } });
    overflowed = 0;
  }

  function overflow(): null {
    if (!goOn) throw new AuditUnavailable('the audit queue is full');
    lost += 1;
    overflowed += 1;
    return null;
  }

  function health(closed: boolean): ReturnType<Store['health']> {
    const chain = ledger.health();
    const level = space.level();
    const ok = !closed && chain.ok && level !== 'full';
    const detail = chain.ok && level === 'full' ? 'the disk is full' : chain.detail;
    const known = { ...chain, lost, space: level, freeBytes: space.freeBytes() };
    return { ...known, ok, accepting: accepting(closed), detail: closed ? 'closed' : detail };
  }

  function accepting(closed: boolean): AuditHealth['accepting'] {
    if (closed) return 'nothing';
    if (goOn) return 'everything';
    const level = space.level();
    if (level === 'full' || !ledger.health().ok) return 'nothing';
    return level === 'scarce' ? 'reads' : 'everything';
  }
}
