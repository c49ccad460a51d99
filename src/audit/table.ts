import { textOf } from './cell.ts';
import { fit, printable, widthOf } from './printable.ts';
import type { Answer } from './query.ts';

/** Narrower columns say nothing: with less room each record is printed as a list of its fields. */
const NARROWEST = 8;
const GAP = '  ';

/** Rows under their names, numbers to the right, within `columns` of a terminal, then a line that counts them. */
export function renderTable(answer: Answer, columns: number | null): string {
  const { rows } = answer;
  const names = answer.columns.map((column) => printable(column.name));
  const texts = rows.map((row) => row.map((cell) => printable(textOf(cell))));
  const natural = names.map((name, index) =>
    texts.reduce((width, row) => Math.max(width, widthOf(row[index] ?? '')), widthOf(name)),
  );
  const widths = columns === null ? natural : shrink(natural, columns - GAP.length * (names.length - 1));
  const count = `(${rows.length} ${rows.length === 1 ? 'row' : 'rows'})\n`;
  if (widths === null) return `${renderRecords(names, texts, columns ?? 0)}${count}`;
  const lines = [names, widths.map((width) => '-'.repeat(width)), ...texts].map((cells) =>
    cells.map((cell, index) => {
      const width = widths[index] ?? 0;
      const kept = fit(cell, width);
      const space = ' '.repeat(width - widthOf(kept));
      return answer.columns[index]?.kind === 'number' ? space + kept : kept + space;
    }),
  );
  return `${lines.map((cells) => `${cells.join(GAP).trimEnd()}\n`).join('')}${count}`;
}

/** Takes from the widest until all fit; null when that would make one too narrow. */
function shrink(natural: readonly number[], room: number): readonly number[] | null {
  const widths = [...natural];
  let over = widths.reduce((sum, width) => sum + width, 0) - room;
  while (over > 0) {
    const widest = Math.max(...widths);
    if (widest <= NARROWEST) return null;
    widths[widths.indexOf(widest)] = widest - 1;
    over -= 1;
  }
  return widths;
}

/** Empty fields are left out. */
function renderRecords(names: readonly string[], rows: readonly (readonly string[])[], columns: number): string {
  const label = Math.max(...names.map(widthOf));
  const room = Math.max(NARROWEST, columns - label - GAP.length);
  return rows
    .map((row, index) => {
      const fields = names.flatMap((name, at) => {
        const text = row[at] ?? '';
        return text === '' ? [] : [`${name}${' '.repeat(label - widthOf(name))}${GAP}${fit(text, room)}\n`];
      });
      return `- row ${index + 1}\n${fields.join('')}`;
    })
    .join('');
}
