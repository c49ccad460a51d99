import type { Measured, Took } from './scale-child.ts';
import { company, listers } from './scale-tree.ts';

/** What `gatehouse COMMAND` took on the sample configuration, by command. */
export type Commands = ReadonlyMap<string, Took>;

/** The least of several, wall and CPU each: what else the machine does can only add to them. */
export function leastOf(all: readonly Took[]): Took {
  return {
    wallMs: Math.min(...all.map(({ wallMs }) => wallMs)),
    cpuMs: Math.min(...all.map(({ cpuMs }) => cpuMs)),
  };
}

/** A Markdown table of the least figures, each beside its target. */
export function scaleTable(samples: readonly Measured[], commands: Commands): string {
  const rows = [
    ['what', 'wall', 'CPU', 'target'],
    ...timeRows(samples),
    ...commandRows(commands),
    ...memoryRows(samples),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0))) ?? [];
  const isNumber = (column: number): boolean => column === 1 || column === 2;
  const pad = (cell: string, column: number): string =>
    isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0);
  const rule = widths.map((width, column) => `${'-'.repeat(width + 1)}${isNumber(column) ? ':' : '-'}`);
  const [head = '', ...body] = rows.map((cells) => `| ${cells.map(pad).join(' | ')} |`);
  return [head, `|${rule.join('|')}|`, ...body].join('\n');
}

type TimeKey = Exclude<keyof Measured, 'memoryMb' | 'listsMb'>;

function timeRows(samples: readonly Measured[]): readonly string[][] {
  const row = (what: string, key: TimeKey, target = ''): string[] => {
    const { wallMs, cpuMs } = leastOf(samples.map((sample) => sample[key]));
    return [what, time(wallMs), time(cpuMs), target];
  };
  const tools = (company.servers * company.tools).toLocaleString('en');
  return [
    row('decide, asked before', 'decide', 'tens of ns'),
    row('decide, first question of a person', 'firstDecide'),
    row(`list of a person, ${tools} decisions`, 'list'),
    row('the same list again', 'listAgain'),
    row('cold load', 'cold', '< 2 s'),
    row('compile', 'compile'),
    row('reload after a change of one role', 'reload', '< 0.3 s'),
    row('plan of that change for everyone', 'plan', '< 0.5 s'),
  ];
}

function commandRows(commands: Commands): readonly string[][] {
  return [...commands].map(([name, { wallMs, cpuMs }]) => [
    `gatehouse ${name} on the sample`,
    time(wallMs),
    time(cpuMs),
    'CPU well under 0.5 s',
  ]);
}

function memoryRows(samples: readonly Measured[]): readonly string[][] {
  const row = (what: string, key: 'memoryMb' | 'listsMb', target: string): string[] => {
    return [what, `${Math.min(...samples.map((sample) => sample[key])).toFixed(0)} MB`, '', target];
  };
  return [
    row('memory, loaded and compiled', 'memoryMb', '< 100 MB'),
    row(`memory of ${listers} people's lists`, 'listsMb', ''),
  ];
}

function time(ms: number): string {
  if (ms >= 100) return `${(ms / 1_000).toFixed(2)} s`;
  if (ms >= 1) return `${ms.toFixed(0)} ms`;
  return ms >= 0.001 ? `${(ms * 1e3).toFixed(0)} µs` : `${(ms * 1e6).toFixed(0)} ns`;
}
