import type { DuckDBDataChunk, DuckDBType } from '@duckdb/node-api';
import type { AnswerColumn, Row } from '../answer/answer.ts';
import { type Cell, textOf, toCell } from '../answer/cell.ts';
import type { Spool } from './spool.ts';

/** Where rows go. */
export interface AnswerPort {
  columns(columns: readonly AnswerColumn[]): void;
  /** Resolves to false when the rest is only to be counted. */
  rows(rows: readonly Row[]): Promise<boolean>;
}

/** A value is longer than can be passed on. */
export class CellTooLong extends Error {
  override readonly name = 'CellTooLong';
}

/** A message holds no more: whichever is reached first. */
const MESSAGE_ROWS_MAX = 512;
const MESSAGE_CHARS_MAX = 2 * 1024 * 1024;
const CELL_CHARS_MAX = 16 * 1024 * 1024;

/** Passes an answer on in messages of bounded size, as it comes or, with a spool, only when it is whole. */
export interface Teller {
  begin(names: readonly string[], types: readonly DuckDBType[]): void;
  /** Resolves to false, with nothing passed on, when there is more than can be held back. Throws `CellTooLong`. */
  take(chunk: DuckDBDataChunk): Promise<boolean>;
  /** Passes on what is left; resolves to the number of rows. */
  end(): Promise<number>;
}

export function createTeller(port: AnswerPort, spool: Spool | null): Teller {
  let columns: readonly AnswerColumn[] | null = null;
  let waiting: Row[] = [];
  let chars = 0;
  let count = 0;
  let wanted = true;

  return { begin, take, end };

  function begin(names: readonly string[], types: readonly DuckDBType[]): void {
    columns = names.map((name, index) => columnOf(name, types[index]));
  }

  async function take(chunk: DuckDBDataChunk): Promise<boolean> {
    count += chunk.rowCount;
    if (!wanted) return true;
    for (const values of chunk.getRows()) {
      const row = values.map(toCell);
      waiting.push(row);
      chars += lengthOf(row);
      if (waiting.length < MESSAGE_ROWS_MAX && chars <= MESSAGE_CHARS_MAX) continue;
      if (spool === null) await pass(waiting);
      else if (!spool.add(waiting)) return false;
      waiting = [];
      chars = 0;
    }
    return true;
  }

  async function end(): Promise<number> {
    for (const rows of spool?.batches() ?? []) {
      if (wanted) await pass(rows);
    }
    await pass(waiting);
    return count;
  }

  async function pass(rows: readonly Row[]): Promise<void> {
    if (columns !== null) port.columns(columns);
    columns = null;
    if (wanted && rows.length > 0) wanted = await port.rows(rows);
  }
}

function lengthOf(row: Row): number {
  let length = 0;
  for (const cell of row) length += checked(typeof cell === 'string' ? cell.length : nestedLength(cell));
  return length;
}

function nestedLength(cell: Cell): number {
  return typeof cell === 'object' && cell !== null ? textOf(cell).length : 8;
}

function checked(length: number): number {
  if (length <= CELL_CHARS_MAX) return length;
  throw new CellTooLong(`a value of ${length} characters is too long for an answer: at most ${CELL_CHARS_MAX}`);
}

const NUMERIC = /^(?:U?(?:TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL)/;
const NESTED = /\]$|^(?:STRUCT|MAP|UNION)\(/;

function columnOf(name: string, type: DuckDBType | undefined): AnswerColumn {
  const text = type?.alias ?? String(type);
  if (text === 'JSON') return { name, type: text, kind: 'json' };
  if (NESTED.test(text)) return { name, type: text, kind: 'nested' };
  return { name, type: text, kind: NUMERIC.test(text) ? 'number' : 'text' };
}
