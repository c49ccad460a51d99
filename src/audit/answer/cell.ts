/** A value of an answer; lists and structures hold further cells. */
export type Cell = string | number | boolean | null | readonly Cell[] | { readonly [name: string]: Cell };

const TIMESTAMP = /^(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d+)?(?:\+00(?::00)?)?$/;

/**
 * A value as DuckDB's client gives it, as plain data: integers beyond 2^53 as text, moments as ISO 8601 in UTC, so
 * that they can be put back into SQL or `--since`.
 */
export function toCell(value: unknown): Cell {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === 'object' && 'scale' in value) return decimal(String(value));
  return nested(value as Nested) ?? moment(String(value));
}

/** The shapes of DuckDB's list, array, struct and map values. */
interface Nested {
  readonly items?: readonly unknown[];
  readonly entries?: Readonly<Record<string, unknown>> | readonly { readonly key: unknown; readonly value: unknown }[];
}

function nested({ items, entries }: Nested): Cell | null {
  if (items !== undefined) return items.map(toCell);
  if (entries === undefined) return null;
  const pairs = Array.isArray(entries)
    ? entries.map(({ key, value }) => [textOf(toCell(key)), toCell(value)] as const)
    : Object.entries(entries).map(([key, value]) => [key, toCell(value)] as const);
  return Object.fromEntries(pairs);
}

/** A double holds 15 decimal digits without loss. */
function decimal(text: string): Cell {
  return text.length <= 16 ? Number(text) : text;
}

function moment(text: string): Cell {
  const [, day, time, fraction = ''] = TIMESTAMP.exec(text) ?? [];
  return day === undefined ? text : `${day}T${time}${fraction}Z`;
}

/** The cell in one piece of text; NULL is empty. */
export function textOf(cell: Cell): string {
  if (cell === null) return '';
  return typeof cell === 'object' ? JSON.stringify(cell) : String(cell);
}
