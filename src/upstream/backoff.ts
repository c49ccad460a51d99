export interface BackoffParts {
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** At least 0, below 1. */
  readonly random: () => number;
}

/** How long to wait before trying again. */
export interface Backoff {
  /** It works from now on; after a healthy minute earlier failures are forgotten. */
  succeeded(): void;
  /** It failed or was lost: milliseconds until the next try, at most 30,000. */
  failed(): number;
}

const firstMs = 500;
const longestMs = 30_000;
const healthyMs = 60_000;

/** Exponential back-off; half of each delay is random, so that many gateways do not return in step. */
export function createBackoff({ now, random }: BackoffParts): Backoff {
  let failures = 0;
  let goodSince: number | null = null;
  return {
    succeeded() {
      goodSince ??= now();
    },
    failed() {
      if (goodSince !== null && now() - goodSince >= healthyMs) failures = 0;
      goodSince = null;
      const ceiling = Math.min(longestMs, firstMs * 2 ** failures);
      failures += 1;
      return ceiling * (0.5 + random() / 2);
    },
  };
}
