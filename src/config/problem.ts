/** Where a word stands in a file. `line` and `col` count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly col: number;
}

/**
 * One thing wrong with the files, told so that the author can mend it without reading our code.
 * `error` refuses the configuration; `warning` is reported and changes nothing.
 */
export interface Problem {
  /** Stable across releases, listed in `docs/problems.md`: `GH` and three digits. */
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly at: Place;
  /** What was expected and what was found, one sentence. */
  readonly message: string;
  /** What to try, one sentence; empty when there is nothing useful to say. */
  readonly hint: string;
}
