import { type Cell, textOf } from './cell.ts';
import { printable } from './printable.ts';
import type { Answer, AnswerColumn } from './query.ts';
import { renderTable } from './table.ts';

/** What an answer can be printed as. */
export const FORMATS = ['table', 'csv', 'json', 'markdown'] as const;
export type Format = (typeof FORMATS)[number];

/** The whole text with its last line feed. `columns` is the width of the terminal, null for none. */
export function renderAnswer(answer: Answer, format: Format, columns: number | null): string {
  switch (format) {
    case 'table':
      return renderTable(answer, columns);
    case 'csv':
      return renderCsv(answer);
    case 'json':
      return renderJson(answer);
    case 'markdown':
      return renderMarkdown(answer);
    default:
      return format satisfies never;
  }
}

/** RFC 4180. */
function renderCsv({ columns, rows }: Answer): string {
  const lines = [columns.map((column) => csvField(column.name)), ...rows.map((row) => row.map(csvField))];
  return lines.map((fields) => `${fields.join(',')}\r\n`).join('');
}

/** Spreadsheets run a text that begins like a formula; an apostrophe before it makes it plain text again. */
const FORMULA = /^[=+\-@\t\r]/;

function csvField(cell: Cell): string {
  const text = textOf(cell);
  const guarded = typeof cell !== 'number' && FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

/** An array of objects, one a line. */
function renderJson({ columns, rows }: Answer): string {
  const names = uniqueNames(columns);
  const objects = rows.map((row) => {
    const members = row.map((cell, index) => [names[index] ?? '', jsonValue(cell, columns[index])]);
    return JSON.stringify(Object.fromEntries(members));
  });
  return objects.length === 0 ? '[]\n' : `[\n${objects.join(',\n')}\n]\n`;
}

/** An object keeps one value a name: the second `count` becomes `count_1`, as DuckDB does. */
function uniqueNames(columns: readonly AnswerColumn[]): string[] {
  const used = new Map<string, number>();
  return columns.map(({ name }) => {
    const count = used.get(name) ?? 0;
    used.set(name, count + 1);
    return count === 0 ? name : `${name}_${count}`;
  });
}

function jsonValue(cell: Cell, column: AnswerColumn | undefined): unknown {
  return column?.kind === 'json' && typeof cell === 'string' ? JSON.parse(cell) : cell;
}

function renderMarkdown({ columns, rows }: Answer): string {
  const lines = [
    columns.map((column) => markdownCell(column.name)),
    columns.map((column) => (column.kind === 'number' ? '---:' : '---')),
    ...rows.map((row) => row.map(markdownCell)),
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

function markdownCell(cell: Cell): string {
  return printable(textOf(cell))
    .replace(/[\\`*_[\]|~#]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
