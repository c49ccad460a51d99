import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { withheldCodes } from '../../config/pasted-secret.ts';
import type { Problem } from '../../config/problem.ts';
import { fileBytesMax } from '../../config/scan.ts';

export interface RenderOptions {
  /** Folder the problems' files are relative to, which is the configuration file's. */
  readonly base: string;
  /** Files are shown relative to it. */
  readonly cwd: string;
  readonly columns: number;
  readonly color: boolean;
  /** The bytes of a file that is not on the disk as it was read, by the name problems use; absent reads the disk. */
  readonly bytesOf?: (file: string) => Buffer | undefined;
}

/** Select Graphic Rendition codes, ECMA-48 8.3.117. */
const styles = { bold: 1, red: 31, yellow: 33, cyan: 36 } as const;

/** Problems for a person: by file, each with its line and a mark under the word; ends in a line of counts. */
export function renderProblems(problems: readonly Problem[], options: RenderOptions): string {
  const files = [...new Set(problems.map(({ at }) => at.file))];
  const blocks = files.map((file) => {
    const path = resolve(options.base, file);
    const lines = options.bytesOf === undefined ? linesOf(path) : textLines(options.bytesOf(file));
    const own = problems.filter(({ at }) => at.file === file);
    for (const { code, at } of own) if (withheldCodes.has(code)) delete lines[at.line - 1];
    const name = relative(options.cwd, path);
    return [paint('bold', name, options), ...own.map((problem) => renderOne(problem, lines, options))].join('\n');
  });
  return `${[...blocks, summary(problems, files.length)].join('\n\n')}\n`;
}

function renderOne(
  { code, severity, at, message, hint }: Problem,
  lines: readonly string[],
  options: RenderOptions,
): string {
  const style = severity === 'error' ? 'red' : 'yellow';
  const place = `${at.line}:${at.col}`;
  const head = `  ${place}  ${paint(style, severity, options)} ${code}`;
  const said = wrap(message, options.columns, '    ');
  const excerpt = excerptOf(lines[at.line - 1], at.col, options);
  const tried = hint === '' ? [] : [wrap(`try: ${hint}`, options.columns, '    ')];
  return [head, said, ...excerpt, ...tried].join('\n');
}

/** The line and a mark under the word; of a long line, the part around the word. */
function excerptOf(line: string | undefined, col: number, options: RenderOptions): readonly string[] {
  if (line === undefined || line.trim() === '') return [];
  const width = Math.max(20, options.columns - 8);
  const from = col > width - 10 ? col - Math.floor(width / 2) : 0;
  const part = stripVTControlCharacters(line)
    .slice(from, from + width)
    .replaceAll('\t', ' ');
  const mark = `${' '.repeat(Math.max(0, col - 1 - from))}^`;
  return [`    | ${part}`, `    | ${paint('cyan', mark, options)}`];
}

function summary(problems: readonly Problem[], files: number): string {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const counts = [
    [errors, 'error'],
    [problems.length - errors, 'warning'],
  ] as const;
  const words = counts.map(([count, noun]) => `${count} ${noun}${count === 1 ? '' : 's'}`);
  return `${words.join(', ')} in ${files} file${files === 1 ? '' : 's'}`;
}

/** The words in lines of at most `columns`, each after the indent; a word that is longer has a line of its own. */
export function wrap(text: string, columns: number, indent: string): string {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > columns && line !== indent) {
      lines.push(line);
      line = indent;
    }
    line += line === indent ? word : ` ${word}`;
  }
  return [...lines, line].join('\n');
}

function paint(style: keyof typeof styles, text: string, { color }: RenderOptions): string {
  return color ? `\u001b[${styles[style]}m${text}\u001b[0m` : text;
}

/** The file as it is now; a file that cannot be shown is reported without its lines. */
function linesOf(path: string): string[] {
  try {
    return textLines(readFileSync(path));
  } catch {
    return [];
  }
}

function textLines(bytes: Buffer | undefined): string[] {
  return bytes?.toString('utf8').slice(0, fileBytesMax).split('\n') ?? [];
}
