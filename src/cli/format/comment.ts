import { markdownCode, markdownText } from './markdown.ts';
import type { Outcome, Result } from './outcome.ts';

/** By which a job finds the comment it wrote before, to change that one instead of adding another. */
export const stickyMarker = '<!-- gatehouse-check -->';

/** A pull request's comment holds 65,535 characters; four commands' answers fit one. */
export const commentCharsMax = 16_000;

/** Markdown for a comment: the marker, verdict and counts, then a table of the results, the worst first. */
export function comment({ command, verdict, results }: Outcome): string {
  const head = `${stickyMarker}\n### gatehouse ${command}: ${markdownText(verdict)}\n`;
  if (results.length === 0) return head;
  return `${head}${boundedTable(['', 'Where', 'What'], results.map(cells), commentCharsMax - head.length)}`;
}

/** A table of cells that are Markdown already, with as many rows as fit, after an empty line; then how many more. */
export function boundedTable(heads: readonly string[], rows: readonly (readonly string[])[], charsMax: number): string {
  let text = `\n${row(heads)}${row(heads.map(() => '---'))}`;
  for (const [index, each] of rows.entries()) {
    const line = row(each);
    const more = `\n+${rows.length - index} more\n`;
    if (text.length + line.length + more.length > charsMax) return `${text}${more}`;
    text += line;
  }
  return text;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |\n`;
}

function cells({ rule, level, title, message, place: { file, line } }: Result): readonly string[] {
  const named = title === rule.id ? markdownCode(title) : `**${markdownText(title)}**`;
  const lines = message.split('\n').map((text) => markdownText(text.trim()));
  return [level, markdownCode(`${file}:${line}`), [named, ...lines].join('<br>')];
}
