import { performance } from 'node:perf_hooks';

export interface DebounceParts {
  /** Milliseconds of quiet after the last ring. */
  readonly quietMs: number;
  /** Milliseconds after the first ring at the most. */
  readonly longestMs: number;
  readonly act: () => void;
}

export interface Debounce {
  ring(): void;
  /** Nothing acts after it. */
  stop(): void;
}

/** Acts once for many rings. */
export function createDebounce({ quietMs, longestMs, act }: DebounceParts): Debounce {
  let timer: NodeJS.Timeout | null = null;
  let deadline = 0;
  let isStopped = false;
  return {
    ring: () => {
      if (isStopped) return;
      const now = performance.now();
      if (timer === null) deadline = now + longestMs;
      else clearTimeout(timer);
      timer = setTimeout(
        () => {
          timer = null;
          act();
        },
        Math.max(0, Math.min(quietMs, deadline - now)),
      );
    },
    stop: () => {
      isStopped = true;
      if (timer !== null) clearTimeout(timer);
    },
  };
}
