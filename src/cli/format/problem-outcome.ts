import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type { Problem } from '../../config/problem.ts';
import { count, type Outcome } from './outcome.ts';

export interface ProblemParts {
  /** The command's words after `gatehouse`. */
  readonly command: string;
  /** Folder the problems' files are relative to. */
  readonly base: string;
  /** Working folder, absolute. */
  readonly cwd: string;
  /** Absolute path of the configuration file, which has passed when there is no error. */
  readonly config: string;
}

/** Problems of the files as results, errors first. */
export function outcomeOf(problems: readonly Problem[], { command, base, cwd, config }: ProblemParts): Outcome {
  const texts = codeTexts();
  const results = problems.map(({ code, severity, at, message, hint }) => ({
    rule: { id: code, text: texts.get(code) ?? code },
    level: severity,
    title: code,
    message: hint === '' ? message : `${message}\ntry: ${hint}`,
    place: { ...at, file: relative(cwd, resolve(base, at.file)) },
  }));
  const [errors, warnings] = (['error', 'warning'] as const).map((level) =>
    results.filter((result) => result.level === level),
  ) as [typeof results, typeof results];
  const file = relative(cwd, config);
  return {
    command,
    verdict: `${count(errors.length, 'error')}, ${count(warnings.length, 'warning')}`,
    results: [...errors, ...warnings],
    passed: errors.length > 0 ? [] : [{ title: file, place: { file, line: 1, col: 1 } }],
  };
}

/** What each code means, out of the manual, which is where codes are told. */
function codeTexts(): ReadonlyMap<string, string> {
  const manual = readFileSync(new URL('../../../docs/problems.md', import.meta.url), 'utf8');
  const rows = manual.matchAll(/^\| (GH\d{3}) \| (?:\*Warning\.\* )?(.+?) \|/gm);
  return new Map([...rows].map(([, code = '', text = '']) => [code, text.replaceAll('`', '')]));
}
