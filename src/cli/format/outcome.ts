/** What a command found, in the words from which every format for machines is made. */
export interface Outcome {
  /** The command's words after `gatehouse`, such as `check`. */
  readonly command: string;
  /** Verdict and counts on one line, such as `2 errors, 1 warning`. */
  readonly verdict: string;
  /** Worst first. */
  readonly results: readonly Result[];
  /** What was tried and is right; empty when it is not counted one by one. */
  readonly passed: readonly Pick<Result, 'title' | 'place'>[];
}

/** One thing found, and where; SARIF's word. */
export interface Result {
  readonly rule: Rule;
  /** `error` is why the command fails; `warning` changes nothing; `note` is nothing bad. */
  readonly level: 'error' | 'warning' | 'note';
  /** A few words: what an annotation or a test case is called. */
  readonly title: string;
  /** Sentences, one a line. */
  readonly message: string;
  /** `file` is relative to the working folder. */
  readonly place: ResultPlace;
}

export interface ResultPlace {
  readonly file: string;
  readonly line: number;
  readonly col: number;
}

/** A kind of result. */
export interface Rule {
  /** Stable across releases, such as `GH051` or `policy-test`. */
  readonly id: string;
  /** A sentence about all results of this kind. */
  readonly text: string;
}

/** `1 error`, `2 errors` */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
