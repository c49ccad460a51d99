import type { Logger } from 'pino';
import type { AuditSettings } from '../../config/audit-settings.ts';
import { genesis, lineDigest } from '../integrity/chain.ts';
import type { AuditEvent, AuditHealth } from '../record/event.ts';
import { type Encode, sealLine } from '../record/record.ts';
import type { Checkpoints } from './checkpoints.ts';
import { commandHeads } from './command-heads.ts';
import type { Committed, RemovedFile, Segments } from './rotation.ts';

export interface LedgerParts {
  readonly settings: Pick<AuditSettings, 'onFailure' | 'dir'>;
  readonly writer: string;
  readonly encode: Encode;
  readonly segments: Segments;
  /** Told of the records that were kept. */
  readonly checkpoints: Pick<Checkpoints, 'kept'>;
  readonly now: () => Date;
  readonly log: Pick<Logger, 'error' | 'info'>;
}

/** The chain of one writer: it moves only over lines that were kept. */
export interface Ledger {
  /**
   * Links the encoded records in this order and keeps them, all or none. Resolves to the `seq` of the first; throws
   * the disk's error.
   */
  append(encoded: readonly string[]): Promise<number>;
  /** Nobody will try these again: `refused` to their callers or lost, but for `owed`, which go before the next ones. */
  giveUp(refused: number, owed: readonly string[]): void;
  /** Goes before the next records. */
  tell(event: AuditEvent): void;
  /** Records that were kept are gone: an `audit.gap` goes before the next ones. */
  missing(file: RemovedFile): void;
  health(): Pick<AuditHealth, 'ok' | 'detail' | 'head' | 'seq'>;
}

interface Failure {
  readonly error: unknown;
  readonly since: Date;
  /** Records given up since. */
  readonly refused: number;
}

/**
 * After a failure the first record that is kept is `audit.recover`: it says which file is good up to which byte, for
 * what stands after that was refused to its callers and is not part of the chain.
 */
export function createLedger(parts: LedgerParts): Ledger {
  const { writer, encode, segments, checkpoints, now, log } = parts;
  let seq = 0;
  let head = genesis(writer);
  let failure: Failure | null = null;
  let ahead: string[] = [];
  /** `seq` before the first record of the open file. */
  let fileFrom = 0;

  return { append, giveUp, tell, missing, health };

  async function append(encoded: readonly string[]): Promise<number> {
    if (failure === null && ahead.length + encoded.length === 0) return seq;
    const before = ahead;
    const file = segments.committed().file;
    let linked: Linked;
    try {
      const rotated = await segments.prepare(now());
      linked = link({ seq, head }, [...(await foreword(rotated)), ...before, ...encoded]);
      await segments.append(linked.bytes);
    } catch (error) {
      if (failure === null) log.error({ err: error }, 'an audit file cannot be written');
      failure = { error, since: failure?.since ?? now(), refused: failure?.refused ?? 0 };
      throw error;
    }
    if (segments.committed().file !== file) fileFrom = seq;
    ({ seq, head } = linked);
    checkpoints.kept({ hashes: linked.hashes, file: segments.committed().file });
    if (failure !== null) log.info({ refused: failure.refused }, 'the audit log can be written again');
    failure = null;
    ahead = ahead.slice(before.length);
    return seq - encoded.length + 1;
  }

  function giveUp(refused: number, owed: readonly string[]): void {
    if (failure !== null) failure = { ...failure, refused: failure.refused + refused };
    ahead = [...ahead, ...owed];
  }

  function tell(event: AuditEvent): void {
    ahead = [...ahead, encode(event, now())];
  }

  function missing({ file, reason }: RemovedFile): void {
    const lost = file === segments.committed().file ? seq - fileFrom : 0;
    const detail = { lost, reason, file, since: now() };
    log.error(detail, 'records of the audit log are gone');
    tell({ ev: 'audit.gap', detail });
  }

  /** What is to be said first of the file that is begun. */
  async function foreword(rotated: Committed | null): Promise<readonly string[]> {
    const recovery = failure === null ? [] : recoveryEvents(failure, segments.committed(), parts.settings);
    const rotation = rotated === null ? [] : [await rotationEvent(rotated)];
    return [...recovery, ...rotation].map((event) => encode(event, now()));
  }

  async function rotationEvent(rotated: Committed): Promise<AuditEvent> {
    return { ev: 'audit.rotate', detail: { ...rotated, ...(await commandHeads(parts.settings.dir, now())) } };
  }

  function health(): ReturnType<Ledger['health']> {
    if (failure === null) return { ok: true, detail: segments.committed().file, head, seq };
    return { ok: false, detail: `cannot write: ${String(failure.error)}`, head, seq };
  }
}

function recoveryEvents(
  { error, since, refused: lost }: Failure,
  committed: Committed,
  { onFailure }: LedgerParts['settings'],
): readonly AuditEvent[] {
  const reason = String(error);
  const refused = onFailure === 'deny' ? lost : 0;
  const gap: AuditEvent = { ev: 'audit.gap', detail: { lost, reason, since } };
  return [{ ev: 'audit.recover', detail: { ...committed, refused, since, reason } }, ...(lost > refused ? [gap] : [])];
}

interface Linked {
  readonly bytes: Buffer;
  readonly seq: number;
  readonly head: string;
  readonly hashes: readonly Buffer[];
}

function link(after: Pick<Linked, 'seq' | 'head'>, encoded: readonly string[]): Linked {
  let { head } = after;
  const hashes: Buffer[] = [];
  const lines = encoded.map((text, index) => {
    const line = Buffer.from(`${sealLine(text, after.seq + index + 1, head)}\n`);
    const digest = lineDigest(line.subarray(0, -1));
    hashes.push(digest);
    head = digest.toString('base64url');
    return line;
  });
  return { bytes: Buffer.concat(lines), seq: after.seq + encoded.length, head, hashes };
}
