import { parseArgs } from 'node:util';

export interface AuditBenchOptions {
  /** In the large log. */
  readonly records: number;
  readonly rounds: number;
  /** Equal seeds make equal logs. */
  readonly seed: number;
  /** What to measure, in this order. */
  readonly parts: readonly Part[];
}

const PARTS = ['writing', 'verifying', 'answers', 'reports'] as const;
export type Part = (typeof PARTS)[number];

export const help: string = `Usage: npm run bench:audit -- [OPTIONS]

Makes an audit log, measures what is done with it in interleaved rounds, prints
medians as tables of Markdown, and removes what it made. bench/README.md says
how to read them. Needs Linux, sha256sum, and 4 GB on the disk of temporary
files for each million of records.

Options:
  --records N            in the log; default 1000000
  --rounds N             default 3
  --seed N               another log; default 1
  --parts NAMES          of writing, verifying, answers and reports, with commas;
                         default all
  --help                 this text
`;

/** Null when help is asked for. Throws `TypeError` for an option that makes no sense. */
export function readOptions(argv: readonly string[]): AuditBenchOptions | null {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      records: { type: 'string', default: '1000000' },
      rounds: { type: 'string', default: '3' },
      seed: { type: 'string', default: '1' },
      parts: { type: 'string', default: PARTS.join() },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  return {
    records: whole('records', [1_000, 20_000_000], values.records),
    rounds: whole('rounds', [1, 100], values.rounds),
    seed: whole('seed', [0, 2 ** 31], values.seed),
    parts: values.parts.split(',').map(partOf),
  };
}

function partOf(word: string): Part {
  const part = PARTS.find((one) => one === word);
  if (part === undefined) throw new TypeError(`expected --parts of ${PARTS.join(', ')}, found ${word}`);
  return part;
}

function whole(name: string, [low, high]: readonly [number, number], word: string): number {
  const value = Number(word);
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw new TypeError(`expected --${name} to be a whole number from ${low} to ${high}, found ${word}`);
}
