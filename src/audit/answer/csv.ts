import type { AnswerColumn, Page, Rendering, Row } from './answer.ts';
import { type Cell, textOf } from './cell.ts';
import { printable } from './printable.ts';

/** RFC 4180, with a header. On a terminal what could steer it is made visible; a file keeps every character. */
export function csv({ width }: Pick<Page, 'width'>): Rendering {
  let numeric: readonly boolean[] = [];
  return {
    begin: (columns) => {
      numeric = columns.map(({ kind }) => kind === 'number');
      return line(columns.map((column: AnswerColumn) => field(column.name, false)));
    },
    rows: (rows) =>
      rows.map((row: Row) => line(row.map((cell, index) => field(cell, numeric[index] === true)))).join(''),
    end: () => '',
  };

  function field(cell: Cell, isNumeric: boolean): string {
    const text = width === null ? textOf(cell) : printable(textOf(cell));
    const guarded = !isNumeric && typeof cell !== 'number' && FORMULA.test(text) ? `'${text}` : text;
    return /[",;\t\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
  }
}

/** Spreadsheets run a text that begins like a formula; an apostrophe before it makes it plain text again. */
const FORMULA = /^[\t\r\n]|^[\s\p{Cf}]*[=+\-@\uff1d\uff0b\uff0d\uff20]/u;

function line(fields: readonly string[]): string {
  return `${fields.join(',')}\r\n`;
}
