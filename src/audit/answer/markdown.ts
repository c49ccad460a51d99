import type { Rendering } from './answer.ts';
import { type Cell, textOf } from './cell.ts';
import { printable } from './printable.ts';

/** A table in the Markdown of GitHub. */
export function markdown(): Rendering {
  return {
    begin: (columns) =>
      line(columns.map(({ name }) => markdownText(name))) +
      line(columns.map(({ kind }) => (kind === 'number' ? '---:' : '---'))),
    rows: (rows) => rows.map((row) => line(row.map(markdownText))).join(''),
    end: () => '',
  };
}

/** Text that stays text: it begins no markup, no HTML and no link. */
export function markdownText(cell: Cell): string {
  return printable(textOf(cell))
    .replace(/[\\`*_[\]|~#$]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/:(?=\/\/)/g, '&#58;')
    .replace(/@/g, '&#64;')
    .replace(/\b(www)\./gi, '$1&#46;');
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |\n`;
}
