import type { PathName } from './paths.ts';

/** One measurement. */
export interface Sample {
  readonly round: number;
  readonly connections: number;
  readonly path: PathName;
  readonly callsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the proxy, or of the upstream itself on the direct path, per call; null where it cannot be read. */
  readonly cpuUs: number | null;
  readonly rssMb: number | null;
}

type Measure = 'callsPerSecond' | 'p50Ms' | 'p99Ms' | 'cpuUs' | 'rssMb';

const columns = [
  'connections',
  'path',
  'calls/s',
  'spread',
  'to bare',
  'to direct',
  'p50 ms',
  'to bare',
  'p99 ms',
  'to bare',
  'CPU µs',
  'RSS MB',
];

/** A Markdown table of medians. A ratio is taken within each round first, since the machine drifts between rounds. */
export function table(samples: readonly Sample[]): string {
  const lines = [columns, ...rows(samples)];
  const widths = columns.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  const pad = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => (column === 1 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`;
  const rule = `|${widths.map((width, column) => (column === 1 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  const [head = [], ...body] = lines.map(pad);
  return [head, rule, ...body].join('\n');
}

function rows(samples: readonly Sample[]): string[][] {
  const keys = new Map(samples.map(({ connections, path }) => [`${connections} ${path}`, { connections, path }]));
  return [...keys.values()].map(({ connections, path }) => {
    const same = samples.filter((sample) => sample.connections === connections);
    const own = same.filter((sample) => sample.path === path);
    const middle = (measure: Measure, digits: number): string =>
      fixed(median(own.map((sample) => sample[measure])), digits);
    const ratio = (measure: Measure, to: PathName): string =>
      fixed(
        median(
          own.map((sample) =>
            quotient(
              sample,
              same.find((s) => s.path === to && s.round === sample.round),
              measure,
            ),
          ),
        ),
        2,
      );
    return [
      String(connections),
      path,
      middle('callsPerSecond', 0),
      spread(own.map((sample) => sample.callsPerSecond)),
      ratio('callsPerSecond', 'bare'),
      ratio('callsPerSecond', 'direct'),
      middle('p50Ms', 3),
      ratio('p50Ms', 'bare'),
      middle('p99Ms', 2),
      ratio('p99Ms', 'bare'),
      middle('cpuUs', 0),
      middle('rssMb', 0),
    ];
  });
}

function quotient(sample: Sample, other: Sample | undefined, measure: Measure): number | null {
  const [value, base] = [sample[measure], other?.[measure]];
  return value === null || base === null || base === undefined || base === 0 ? null : value / base;
}

/** Null without any. */
export function median(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  const [low, high] = [known[Math.floor((known.length - 1) / 2)], known[Math.ceil((known.length - 1) / 2)]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

/** How far the rounds lie apart: half the range, as a part of the median. */
export function spread(values: readonly number[]): string {
  const middle = median(values);
  return middle === null ? '-' : `±${((50 * (Math.max(...values) - Math.min(...values))) / middle).toFixed(0)} %`;
}

/** Null is a dash. */
export function fixed(value: number | null, digits: number): string {
  return value === null ? '-' : value.toFixed(digits);
}
