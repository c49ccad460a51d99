import { annotations } from './annotation.ts';
import { comment } from './comment.ts';
import { junitOf } from './junit.ts';
import type { Outcome } from './outcome.ts';
import { sarifOf } from './sarif.ts';

const formats = { github: annotations, sarif: sarifOf, junit: junitOf, markdown: comment };

export type OutcomeFormat = 'github' | 'sarif' | 'junit' | 'markdown';

/** The formats that need nothing but an outcome, by their words for `--format`, for a command that reports otherwise. */
export function outcomeFormats<T>(outcomeOf: (report: T) => Outcome): Record<OutcomeFormat, (report: T) => string> {
  return {
    github: (report) => formats.github(outcomeOf(report)),
    sarif: (report) => formats.sarif(outcomeOf(report)),
    junit: (report) => formats.junit(outcomeOf(report)),
    markdown: (report) => formats.markdown(outcomeOf(report)),
  };
}
