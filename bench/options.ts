import { parseArgs } from 'node:util';
import type { LoadPlan } from './load.ts';
import { type PathName, pathNames } from './paths.ts';

export interface BenchOptions {
  readonly rounds: number;
  /** How long one measurement lasts. */
  readonly seconds: number;
  /** Connections, each with one call in flight. */
  readonly concurrency: readonly number[];
  readonly paths: readonly PathName[];
  readonly era: LoadPlan['era'];
  readonly format: 'table' | 'json';
}

export const help: string = `Usage: npm run bench -- [options]

Measures the same tools/call directly to an upstream, through a bare proxy and
through the gateway, in interleaved rounds on this machine.

  --rounds N            rounds, 1 to 100 (default 5)
  --seconds N           seconds of one measurement, 0.1 to 60 (default 2)
  --concurrency LIST    connections, each 1 to 1000 (default 1,16,64)
  --paths LIST          of ${pathNames.join(',')} (default all)
  --era legacy|modern   how the client speaks (default legacy)
  --format table|json   json holds every single measurement (default table)
`;

/** Null asks for the help text. A mistake throws a `TypeError` that says what is wrong. */
export function readOptions(args: readonly string[]): BenchOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
      concurrency: { type: 'string', default: '1,16,64' },
      paths: { type: 'string', default: pathNames.join(',') },
      era: { type: 'string', default: 'legacy' },
      format: { type: 'string', default: 'table' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  return {
    rounds: Math.floor(within([1, 100], values.rounds)),
    seconds: within([0.1, 60], values.seconds),
    concurrency: values.concurrency.split(',').map((word) => Math.floor(within([1, 1_000], word))),
    paths: values.paths.split(',').map((word) => oneOf(pathNames, word)),
    era: oneOf(['legacy', 'modern'], values.era),
    format: oneOf(['table', 'json'], values.format),
  };
}

function within([low, high]: readonly [number, number], word: string): number {
  const value = Number(word);
  if (!(value >= low && value <= high)) throw new TypeError(`expected a number from ${low} to ${high}, found ${word}`);
  return value;
}

function oneOf<const Word extends string>(words: readonly Word[], word: string): Word {
  const found = words.find((known) => known === word);
  if (found === undefined) throw new TypeError(`expected one of ${words.join(', ')}, found ${word}`);
  return found;
}
