import type { UpstreamAnswer, UpstreamFailure, UpstreamRequest } from './connection.ts';

export type Failed = Extract<UpstreamAnswer, { kind: 'failed' }>;

export function failed(reason: UpstreamFailure, detail: string): Failed {
  return { kind: 'failed', reason, detail };
}

/** Everything the deadline and the abort signal of one request need. */
export type Bounds = Pick<UpstreamRequest, 'signal' | 'timeoutMs'>;

/** One request's way to exactly one answer: the first of answer, deadline and the caller's abort settles it. */
export class Exchange {
  readonly answer: Promise<UpstreamAnswer>;
  /** Set by whoever sends the request: tells the upstream to stop. */
  stop: (() => void) | null = null;
  /** Sends the request a second time, on a new session: taken at most once, and only if it was certainly not processed. */
  again: (() => void) | null = null;
  readonly #bounds: Bounds;
  readonly #timer: NodeJS.Timeout;
  #resolve: ((answer: UpstreamAnswer) => void) | null = null;

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
    this.answer = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#timer = setTimeout(this.#expire, bounds.timeoutMs);
    if (bounds.signal.aborted) this.#abort();
    else bounds.signal.addEventListener('abort', this.#abort, { once: true });
  }

  get settled(): boolean {
    return this.#resolve === null;
  }

  /** Does nothing once settled. */
  settle(answer: UpstreamAnswer): void {
    const resolve = this.#resolve;
    if (resolve === null) return;
    this.#resolve = null;
    clearTimeout(this.#timer);
    this.#bounds.signal.removeEventListener('abort', this.#abort);
    resolve(answer);
  }

  /** Settles without the upstream's word, and tells it to stop. */
  giveUp(failure: Failed): void {
    if (this.settled) return;
    this.settle(failure);
    this.stop?.();
  }

  readonly #expire = (): void => {
    this.giveUp(failed('timeout', `no answer within ${this.#bounds.timeoutMs} ms`));
  };

  readonly #abort = (): void => {
    this.giveUp(failed('cancelled', 'the caller gave up'));
  };
}

/** The requests of one connection that wait for an answer: a bulkhead, so that one upstream cannot hold everything. */
export interface Pending {
  /** Null when as many requests as allowed are waiting already. */
  begin(bounds: Bounds): Exchange | null;
  /** Resolves when none waits, at the latest after `graceMs`, when the rest is given up as `closed`. */
  drain(graceMs: number): Promise<void>;
}

/**
 * Slots in an array, not a set: a set that is added to and deleted from all the time keeps what it held alive until a
 * full garbage collection (measured: half the throughput).
 */
export function createPending(exchangesMax: number): Pending {
  const slots: (Exchange | null)[] = [];
  const free: number[] = [];
  let onIdle: (() => void) | null = null;

  async function leaveOnceAnswered(exchange: Exchange, slot: number): Promise<void> {
    await exchange.answer;
    slots[slot] = null;
    free.push(slot);
    if (free.length === slots.length) onIdle?.();
  }

  return {
    begin(bounds) {
      if (free.length === 0 && slots.length >= exchangesMax) return null;
      const exchange = new Exchange(bounds);
      const slot = free.pop() ?? slots.length;
      slots[slot] = exchange;
      void leaveOnceAnswered(exchange, slot);
      return exchange;
    },
    async drain(graceMs) {
      if (free.length === slots.length) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, graceMs);
        onIdle = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      for (const exchange of slots) exchange?.giveUp(failed('closed', 'the connection was closed'));
    },
  };
}
