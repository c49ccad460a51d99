import type { Cell } from './cell.ts';

/** One row of an answer, in the order of its columns. */
export type Row = readonly Cell[];

export interface AnswerColumn {
  readonly name: string;
  /** `json` cells hold JSON text; `nested` ones lists and structures. */
  readonly kind: 'number' | 'json' | 'text' | 'nested';
  /** DuckDB's word for it: `BIGINT`, `TIMESTAMP`, `VARCHAR[]`. */
  readonly type: string;
}

/** Where an answer goes, piece by piece. */
export interface Sink {
  /** Told once, before the first row; not at all when the statement fails. */
  columns(columns: readonly AnswerColumn[]): void;
  /** Some of the rows, in order. Resolves to false when no more are wanted: the rest is only counted. */
  rows(rows: readonly Row[]): boolean | Promise<boolean>;
  /** How far the reading is, from 0 to 1; told every now and then. */
  progress(done: number): void;
}

/** A sink for who wants all rows, one by one, and neither columns nor progress. */
export function eachRow(keep: (row: Row) => void): Sink {
  return {
    columns: () => undefined,
    progress: () => undefined,
    rows: (rows) => {
      for (const row of rows) keep(row);
      return true;
    },
  };
}

/** An answer as text, piece by piece; the pieces in this order are the whole. No piece holds more than it was given. */
export interface Rendering<C = AnswerColumn> {
  begin(columns: readonly C[]): string;
  rows(rows: readonly Row[]): string;
  /** `count` is the number of rows there were, printed or not. */
  end(count: number): string;
}

/** For whom it is printed. */
export interface Page {
  /** Columns of the terminal it is read on; null for a file or a pipe. */
  readonly width: number | null;
  /** The statement, for formats that show it. */
  readonly sql: string;
}
