import type { Git } from './git-command.ts';

/** What git tells of commits is no longer. */
export const answerBytesMax: number = 32 * 1024 * 1024;

export interface FieldsQuestion {
  readonly args: readonly string[];
  /** Placeholders of git's pretty formats; none of them gives a text with NUL. */
  readonly fields: readonly string[];
  readonly lines?: readonly string[];
}

/** One row a commit of `git log`. */
export async function readFields(git: Git, { args, fields, lines = [] }: FieldsQuestion): Promise<readonly string[][]> {
  const format = `--format=tformat:${fields.join('%x00')}`;
  const answer = await git({
    args: ['log', '-z', '--no-show-signature', '--encoding=UTF-8', format, ...args],
    lines,
    bytesMax: answerBytesMax,
  });
  const texts = answer?.toString('utf8').split('\0') ?? [];
  const rows = Math.floor(texts.length / fields.length);
  return Array.from({ length: rows }, (_, row) => texts.slice(row * fields.length, (row + 1) * fields.length));
}

/** The lines of an answer that hold something. */
export function linesOf(answer: Buffer | null): readonly string[] {
  return (
    answer
      ?.toString('utf8')
      .split('\n')
      .filter((line) => line !== '') ?? []
  );
}
