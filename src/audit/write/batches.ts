import { setImmediate } from 'node:timers/promises';
import { AuditUnavailable } from '../record/event.ts';

export interface BatchesParts {
  /** Keeps these, all or none, and resolves to the `seq` of the first. */
  readonly append: (encoded: readonly string[]) => Promise<number>;
  /** Told of those that were not kept; true when their callers are to go on all the same. */
  readonly giveUp: (batch: readonly Queued[]) => boolean;
  /** What is done between two batches, when it was asked for. */
  readonly look: () => Promise<void>;
}

export interface Queued {
  readonly encoded: string;
  /** The outcome of an attempt: it is recorded late rather than never. */
  readonly owed: boolean;
}

/** One batch is written while the next one gathers. */
export interface Batches {
  readonly length: () => number;
  /** Resolves to the record's `seq`, or null when it is lost and that is allowed; else rejects. */
  add(record: Queued): Promise<number | null>;
  /** Looks, and appends at least nothing: after a failure that tries whether it is over. */
  lookNow(): void;
  /** Resolves when nothing waits. */
  settled(): Promise<void>;
}

interface Waiting extends Queued {
  resolve(seq: number | null): void;
  reject(error: AuditUnavailable): void;
}

/** A batch is one write and one sync; more than this waits for the next, in bytes of text. */
const BATCH_LENGTH_MAX = 4 * 1024 * 1024;

export function createBatches({ append, giveUp, look }: BatchesParts): Batches {
  const queue: Waiting[] = [];
  let draining: Promise<void> | null = null;
  let lookDue = false;

  return { length: () => queue.length, add, lookNow, settled: async () => draining ?? undefined };

  function add({ encoded, owed }: Queued): Promise<number | null> {
    return new Promise((resolve, reject) => {
      queue.push({ encoded, owed, resolve, reject });
      draining ??= drain();
    });
  }

  function lookNow(): void {
    lookDue = true;
    draining ??= drain();
  }

  /** Never rejects: what goes wrong is told to those who wait. */
  async function drain(): Promise<void> {
    do {
      if (lookDue) {
        lookDue = false;
        await look();
      }
      await commit(take());
      // Whoever is heard in the rest of this turn of the event loop joins: a batch costs far more than a record.
      await setImmediate();
    } while (queue.length > 0);
    draining = null;
  }

  function take(): Waiting[] {
    let length = 0;
    const end = queue.findIndex((waiting) => {
      length += waiting.encoded.length;
      return length > BATCH_LENGTH_MAX;
    });
    return queue.splice(0, end < 1 ? queue.length : end);
  }

  async function commit(batch: readonly Waiting[]): Promise<void> {
    try {
      const first = await append(batch.map((waiting) => waiting.encoded));
      for (const [index, waiting] of batch.entries()) waiting.resolve(first + index);
    } catch (cause) {
      const goOn = giveUp(batch);
      for (const waiting of batch) {
        if (goOn) waiting.resolve(null);
        else waiting.reject(new AuditUnavailable('the audit log cannot be written', { cause }));
      }
    }
  }
}
