import type { AnswerColumn, Rendering, Row } from './answer.ts';
import type { Cell } from './cell.ts';

/** An array of objects, one a line. */
export function json(): Rendering {
  const objects = createObjects();
  let before = '[';
  return {
    begin: (columns) => {
      objects.begin(columns);
      return '';
    },
    rows: (rows) => {
      const text = rows.map((row, index) => `${index === 0 ? before : ','}\n${objects.of(row)}`).join('');
      if (rows.length > 0) before = ',';
      return text;
    },
    end: () => (before === '[' ? '[]\n' : '\n]\n'),
  };
}

/** JSON Lines: one object a line, nothing else. */
export function jsonLines(): Rendering {
  const objects = createObjects();
  return {
    begin: (columns) => {
      objects.begin(columns);
      return '';
    },
    rows: (rows) => rows.map((row) => `${objects.of(row)}\n`).join(''),
    end: () => '',
  };
}

/** Rows as JSON objects. */
interface Objects {
  begin(columns: readonly AnswerColumn[]): void;
  of(row: Row): string;
}

function createObjects(): Objects {
  let members: readonly (readonly [string, boolean])[] = [];
  return {
    begin: (columns) => {
      const names = uniqueNames(columns.map(({ name }) => name));
      members = columns.map(({ kind }, index) => [`${quoted(names[index] ?? '')}:`, kind === 'json']);
    },
    of: (row) => `{${row.map((cell, index) => member(cell, members[index])).join(',')}}`,
  };
}

function member(cell: Cell, [name, isJson]: readonly [string, boolean] = ['', false]): string {
  // JSON text stands as it was kept: written anew, numbers beyond 2^53 would change.
  if (isJson && typeof cell === 'string' && isJsonText(cell)) return name + escaped(cell.replace(/[\r\n]/g, ' '));
  return name + quoted(cell);
}

/** DuckDB's JSON may hold more than JSON allows, as NaN. */
function isJsonText(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

export function quoted(value: unknown): string {
  return escaped(JSON.stringify(value));
}

/** Characters that are legal in JSON, but steer a terminal or end a line for some readers; escaped they say the same. */
function escaped(text: string): string {
  return text.replace(/[\p{Cf}\p{Zl}\p{Zp}\u007f-\u009f]/gu, (char) =>
    char.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
}

/** An object keeps one value a name: the second `count` becomes `count_1`, as DuckDB does. */
export function uniqueNames(names: readonly string[]): readonly string[] {
  const taken = new Set(names);
  const used = new Set<string>();
  return names.map((name) => {
    let unique = name;
    for (let count = 1; used.has(unique); count += 1) {
      const next = `${name}_${count}`;
      unique = taken.has(next) ? name : next;
    }
    used.add(unique);
    return unique;
  });
}
