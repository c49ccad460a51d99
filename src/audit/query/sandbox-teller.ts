import type { DuckDBDataChunk, DuckDBType } from '@duckdb/node-api';
import type { AnswerColumn, Row } from '../answer/answer.ts';
import { type Cell, textOf, toCell } from '../answer/cell.ts';

/** Where rows go. */
export interface AnswerPort {
  columns(columns: readonly AnswerColumn[]): void;
  /** Resolves to false when the rest is only to be counted. */
  rows(rows: readonly Row[]): Promise<boolean>;
}

/** An amount of answer: whichever is reached first. */
export interface Holding {
  readonly rows: number;
  /** Characters of text. */
  readonly chars: number;
}

/** A value is longer than can be passed on. */
export class CellTooLong extends Error {
  override readonly name = 'CellTooLong';
}

const MESSAGE: Holding = { rows: 512, chars: 2 * 1024 * 1024 };
const CELL_CHARS_MAX = 16 * 1024 * 1024;

/** Passes an answer on in messages of bounded size, the first of them only once `held` is over or the answer is. */
export interface Teller {
  begin(names: readonly string[], types: readonly DuckDBType[]): void;
  /** Resolves to false, with nothing passed on, when there is more than may be held back. Throws `CellTooLong`. */
  take(chunk: DuckDBDataChunk): Promise<boolean>;
  /** Passes on what is left; resolves to the number of rows. */
  end(): Promise<number>;
}

export function createTeller(port: AnswerPort, held: Holding | null): Teller {
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
      if (held === null && isFull(MESSAGE)) await pass();
    }
    return held === null || !isFull(held);
  }

  async function end(): Promise<number> {
    const rest = waiting;
    waiting = [];
    for (const row of rest) {
      waiting.push(row);
      if (waiting.length === MESSAGE.rows) await pass();
    }
    await pass();
    return count;
  }

  function isFull(limit: Holding): boolean {
    return waiting.length >= limit.rows || chars > limit.chars;
  }

  async function pass(): Promise<void> {
    if (columns !== null) port.columns(columns);
    columns = null;
    if (wanted && waiting.length > 0) wanted = await port.rows(waiting);
    waiting = [];
    chars = 0;
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
