import type { AnswerColumn, Page, Rendering, Row } from './answer.ts';
import { textOf } from './cell.ts';
import { fit, printable, widthOf } from './printable.ts';

/** Narrower columns say nothing: with less room each record is printed as a list of its fields. */
const NARROWEST = 8;
const GAP = '  ';
/** So many rows decide how wide the columns are; a terminal is shown no more. */
const MEASURED_ROWS_MAX = 1_000;

/**
 * Rows under their names, numbers to the right, within the width of the terminal, then a line that counts them. On a
 * terminal the first thousand rows; a file or pipe gets all, in columns as wide as the first thousand need.
 */
export function table({ width }: Pick<Page, 'width'>): Rendering<TableColumn> {
  let columns: readonly TableColumn[] = [];
  let measured: Row[] | null = [];
  let lines: ((rows: readonly Row[]) => string) | null = null;
  let shown = 0;

  return {
    begin: (told) => {
      columns = told;
      return '';
    },
    rows: (rows) => {
      if (measured === null) return width === null ? show(rows) : '';
      measured.push(...rows);
      return measured.length < MEASURED_ROWS_MAX ? '' : flush();
    },
    end: (count) => `${flush()}${countLine(count)}`,
  };

  function flush(): string {
    if (measured === null) return '';
    const first = width === null ? measured : measured.slice(0, MEASURED_ROWS_MAX);
    measured = null;
    const layout = layOut(columns, first, width);
    ({ lines } = layout);
    return layout.head + show(first);
  }

  function show(rows: readonly Row[]): string {
    shown += rows.length;
    return lines === null ? '' : lines(rows);
  }

  function countLine(count: number): string {
    const rows = `${count} ${count === 1 ? 'row' : 'rows'}`;
    if (shown === count) return `(${rows})\n`;
    return `(the first ${shown} of ${rows}; a file or pipe gets all)\n`;
  }
}

/** What a table needs to know of a column. */
export type TableColumn = Pick<AnswerColumn, 'name' | 'kind'>;

/** A small table in one piece. */
export function renderTable(
  { columns, rows }: { readonly columns: readonly TableColumn[]; readonly rows: readonly Row[] },
  width: number | null,
): string {
  const { begin, ...rest } = table({ width });
  return begin(columns) + rest.rows(rows) + rest.end(rows.length);
}

interface Layout {
  readonly head: string;
  lines(rows: readonly Row[]): string;
}

function layOut(columns: readonly TableColumn[], measured: readonly Row[], width: number | null): Layout {
  const names = columns.map(({ name }) => printable(name));
  const natural = measured.reduce<readonly number[]>(
    (widths, row) => widths.map((widest, index) => Math.max(widest, widthOf(textAt(row, index)))),
    names.map(widthOf),
  );
  const widths = width === null ? natural : shrink(natural, width - GAP.length * (names.length - 1));
  if (widths === null) return records(names, width ?? 0);
  const isNumber = columns.map(({ kind }) => kind === 'number');
  const line = (cells: readonly string[]): string => {
    const padded = cells.map((cell, index) => {
      const kept = width === null ? cell : fit(cell, widths[index] ?? 0);
      const space = ' '.repeat(Math.max(0, (widths[index] ?? 0) - widthOf(kept)));
      return isNumber[index] ? space + kept : kept + space;
    });
    return `${padded.join(GAP).trimEnd()}\n`;
  };
  return {
    head: line(names) + line(widths.map((columnWidth) => '-'.repeat(columnWidth))),
    lines: (rows) => rows.map((row) => line(row.map((_, index) => textAt(row, index)))).join(''),
  };
}

function textAt(row: Row, index: number): string {
  return printable(textOf(row[index] ?? null));
}

/** Takes from the widest until all fit; null when that would make one too narrow. */
function shrink(natural: readonly number[], room: number): readonly number[] | null {
  const widths = natural.map((width) => Math.min(width, Math.max(room, 0)));
  let over = widths.reduce((sum, width) => sum + width, 0) - room;
  while (over > 0) {
    const widest = Math.max(...widths);
    if (widest <= NARROWEST) return null;
    widths[widths.indexOf(widest)] = widest - 1;
    over -= 1;
  }
  return widths;
}

/** Each record as a list of its fields; empty ones are left out. */
function records(names: readonly string[], width: number): Layout {
  const label = Math.max(...names.map(widthOf));
  const room = Math.max(NARROWEST, width - label - GAP.length);
  let number = 0;
  const field = (name: string, text: string): string =>
    text === '' ? '' : `${name}${' '.repeat(label - widthOf(name))}${GAP}${fit(text, room)}\n`;
  const record = (row: Row): string => {
    number += 1;
    return `- row ${number}\n${names.map((name, index) => field(name, textAt(row, index))).join('')}`;
  };
  return { head: '', lines: (rows) => rows.map(record).join('') };
}
