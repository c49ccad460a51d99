import type { Logger } from 'pino';
import { genesis, lineDigest } from './chain.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { AuditLog } from './event.ts';
import { type Encode, sealLine } from './record.ts';
import type { Segments } from './rotation.ts';

export interface LedgerParts {
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
  /** Links the encoded records in this order and keeps them, all or none; throws the disk's error. */
  append(encoded: readonly string[]): Promise<void>;
  health(): ReturnType<AuditLog['health']>;
}

interface Failure {
  readonly error: unknown;
  readonly since: Date;
  /** Records refused since. */
  readonly refused: number;
}

const LINE_FEED = Buffer.from('\n');

/**
 * After a failure the first record that is kept is `audit.recover`: it says which file is good up to which byte, for
 * what stands after that was refused to its callers and is not part of the chain.
 */
export function createLedger({ writer, encode, segments, checkpoints, now, log }: LedgerParts): Ledger {
  let seq = 0;
  let head = genesis(writer);
  let failure: Failure | null = null;

  return { append, health };

  async function append(encoded: readonly string[]): Promise<void> {
    const linked = link([...recovery(), ...encoded]);
    try {
      await segments.prepare(now());
      await segments.append(linked.bytes);
    } catch (error) {
      if (failure === null) log.error({ err: error }, 'the audit log cannot be written: calls are refused');
      failure = { error, since: failure?.since ?? now(), refused: (failure?.refused ?? 0) + encoded.length };
      throw error;
    }
    ({ seq, head } = linked);
    checkpoints.kept({ hashes: linked.hashes, file: segments.committed().file });
    if (failure !== null) log.info({ refused: failure.refused }, 'the audit log can be written again');
    failure = null;
  }

  function link(encoded: readonly string[]): { bytes: Buffer; seq: number; head: string; hashes: readonly Buffer[] } {
    let last = head;
    const hashes: Buffer[] = [];
    const lines = encoded.flatMap((text, index) => {
      const line = Buffer.from(sealLine(text, seq + index + 1, last));
      const digest = lineDigest(line);
      hashes.push(digest);
      last = digest.toString('base64url');
      return [line, LINE_FEED];
    });
    return { bytes: Buffer.concat(lines), seq: seq + encoded.length, head: last, hashes };
  }

  function recovery(): readonly string[] {
    if (failure === null) return [];
    const { error, since, refused } = failure;
    return [
      encode(
        { ev: 'audit.recover', detail: { ...segments.committed(), refused, since, reason: String(error) } },
        now(),
      ),
    ];
  }

  function health(): ReturnType<AuditLog['health']> {
    if (failure === null) return { ok: true, detail: segments.committed().file, head, seq };
    return { ok: false, detail: `cannot write: ${String(failure.error)}`, head, seq };
  }
}
