import type { Place, Problem } from './problem.ts';

/**
 * More errors, and more warnings, than a person reads. It also bounds the work a hostile file causes. Each has a bound of
 * its own: no number of warnings may hide an error, which refuses the files.
 */
const problemsMax = 500;

/** What a problem says: the message alone, or with a hint. */
export type Words = string | { readonly message: string; readonly hint: string };

/** Collects problems. No error is reported after the bound, so loops may stop when `full`. */
export interface Findings {
  error(code: string, at: Place, words: Words): void;
  warning(code: string, at: Place, words: Words): void;
  readonly full: boolean;
  readonly problems: readonly Problem[];
}

export function createFindings(): Findings {
  const problems: Problem[] = [];
  const counts = { error: 0, warning: 0 };
  function add(severity: Problem['severity'], code: string): (at: Place, words: Words) => void {
    return (at, words) => {
      if (counts[severity] >= problemsMax) return;
      counts[severity] += 1;
      const { message, hint } = typeof words === 'string' ? { message: words, hint: '' } : words;
      problems.push({ code, severity, at, message, hint });
    };
  }
  return {
    error: (code, at, words) => add('error', code)(at, words),
    warning: (code, at, words) => add('warning', code)(at, words),
    get full() {
      return counts.error >= problemsMax;
    },
    problems,
  };
}
