import { type Backoff, createBackoff } from './backoff.ts';

/** Starts the stream; it hears `ended` once: `again` opens another after a wait, `stop` does not. Returns how to end it. */
export type StartStream = (ended: (next: 'again' | 'stop') => void, opened: () => void) => () => void;

/**
 * Keeps a stream of unsolicited messages open. Whatever was said while it was away is lost, so `missed` is told each
 * time it comes back. Returns how to end it for good.
 */
export function stayOpen(start: StartStream, missed: () => void): () => void {
  const backoff: Backoff = createBackoff({ now: () => performance.now(), random: Math.random });
  let stopped = false;
  let before = false;
  let retry: NodeJS.Timeout | null = null;
  let stop = begin();

  function begin(): () => void {
    return start(
      (next) => {
        if (stopped || next === 'stop') return;
        retry = setTimeout(() => {
          stop = begin();
        }, backoff.failed());
      },
      () => {
        backoff.succeeded();
        if (before) missed();
        before = true;
      },
    );
  }

  return () => {
    stopped = true;
    if (retry !== null) clearTimeout(retry);
    stop();
  };
}
