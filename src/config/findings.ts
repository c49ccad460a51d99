import type { Place, Problem } from './problem.ts';

/** More problems than a person reads; what is beyond is counted as one. It also bounds the work a hostile file causes. */
const problemsMax = 500;

/** What a problem says: the message alone, or with a hint. */
export type Words = string | { readonly message: string; readonly hint: string };

/** Collects problems. Nothing is reported after the bound, so loops may stop when `full`. */
export interface Findings {
  error(code: string, at: Place, words: Words): void;
  warning(code: string, at: Place, words: Words): void;
  readonly full: boolean;
  readonly problems: readonly Problem[];
}

export function createFindings(): Findings {
  const problems: Problem[] = [];
  function add(severity: Problem['severity'], code: string): (at: Place, words: Words) => void {
    return (at, words) => {
      if (problems.length >= problemsMax) return;
      const { message, hint } = typeof words === 'string' ? { message: words, hint: '' } : words;
      problems.push({ code, severity, at, message, hint });
    };
  }
  return {
    error: (code, at, words) => add('error', code)(at, words),
    warning: (code, at, words) => add('warning', code)(at, words),
    get full() {
      return problems.length >= problemsMax;
    },
    problems,
  };
}
