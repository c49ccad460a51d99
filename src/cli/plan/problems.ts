import { dirname, relative, resolve } from 'node:path';
import { printable } from '../../audit/answer/printable.ts';
import type { Io } from '../command.ts';
import { outcomeFormats } from '../format/outcome-formats.ts';
import { outcomeOf } from '../format/problem-outcome.ts';
import { renderProblems } from '../format/problems.ts';
import type { Sides } from './sides.ts';

export interface WrongParts {
  /** Absolute path of the configuration file. */
  readonly config: string;
  readonly io: Io;
  /** One of the formats of plan. */
  readonly format: string;
}

/** Says what is wrong with a side, as `gatehouse check` would, and which side it is. */
export function tellWrong(
  { revision, problems: found, files }: Extract<Sides, { kind: 'wrong' }>,
  { config, io, format }: WrongParts,
): void {
  const base = dirname(config);
  const problems = found.map((problem) => ({ ...problem, at: { ...problem.at, file: printable(problem.at.file) } }));
  io.err(`${printable(revision.name)} cannot be compared: its files are wrong\n`);
  const outcome = () => outcomeOf(problems, { command: 'plan', base, cwd: io.cwd, config });
  const machine = Object.entries(outcomeFormats(outcome)).find(([name]) => name === format)?.[1];
  if (machine !== undefined) {
    io.out(machine(null));
  } else if (format === 'json') {
    const flat = problems.map(({ code, severity, at, message, hint }) => {
      return {
        code,
        severity,
        file: relative(io.cwd, resolve(base, at.file)),
        line: at.line,
        col: at.col,
        message,
        hint,
      };
    });
    io.out(`${JSON.stringify({ ok: false, problems: flat }, null, 2)}\n`);
  } else {
    const bytesOf = (name: string) => files.find((file) => printable(file.name) === name)?.bytes;
    io.err(renderProblems(problems, { ...io, base, bytesOf }));
  }
}
