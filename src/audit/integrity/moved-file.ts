import type { LogFile } from '../files/log-files.ts';
import { DAY_MS } from '../files/log-files.ts';
import { lastRecord } from './chain.ts';
import type { LogProblem } from './chain-check.ts';

/**
 * A file in the folder of another day is passed over by questions about its own, with all records in their order. Those
 * it may hold are of its day and the one before; `first` is the `ts` of its first. Since clocks are set back, and what
 * a failing disk kept waiting is written late, both its ends have to be of another day.
 */
export function movedFile(file: LogFile, first: string): readonly LogProblem[] {
  const last = lastRecord(file.path).found?.ts ?? first;
  const begun = Date.parse(file.day);
  const ends = [Date.parse(first), Date.parse(last)];
  if (!(ends.every((at) => at >= begun + DAY_MS) || ends.every((at) => at < begun - DAY_MS))) return [];
  const message = `its records are of ${first.slice(0, 10)}: --since and --until do not find them in this folder`;
  return [{ file: file.path, line: 1, byte: 0, kind: 'moved', message }];
}
