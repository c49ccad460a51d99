import { fixed, median, spread } from './report.ts';

/** Every measurement by its name, one value a round. */
export interface Samples {
  add(name: string, value: number): void;
  of(name: string): readonly number[];
}

export function createSamples(): Samples {
  const byName = new Map<string, number[]>();
  return {
    of: (name) => byName.get(name) ?? [],
    add(name, value) {
      const own = byName.get(name);
      if (own === undefined) byName.set(name, [value]);
      else own.push(value);
    },
  };
}

/** The median, for people; a dash without any. */
export function middle(values: readonly number[], digits = 0): string {
  return fixed(median(values), digits);
}

/** A ratio is taken within each round, since the machine drifts between rounds; then the median. */
export function ratio(values: readonly number[], base: readonly number[], digits = 2): string {
  return middle(
    values.flatMap((value, round) => {
      const below = base[round];
      return below === undefined || below <= 0 ? [] : value / below;
    }),
    digits,
  );
}

/** Half the range, as a part of the median. */
export function apart(values: readonly number[]): string {
  return values.length === 0 ? '-' : spread(values);
}

/** A Markdown table: the first column to the left, numbers to the right. */
export function markdown(title: string, rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length), 2));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join(' | ')} |`;
  const rule = `|${widths.map((width, at) => (at === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  const [head = [], ...body] = rows;
  return `### ${title}\n\n${[line(head), rule, ...body.map(line)].join('\n')}\n`;
}
