import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { BenchQuestion } from './audit-question.ts';
import { type BenchReport, benchReports } from './audit-reports.ts';
import { addCost, gatehouse, inRounds } from './audit-round.ts';
import { apart, createSamples, markdown, middle, ratio, type Samples } from './audit-table.ts';
import { costOfProgram } from './cost.ts';

const QUESTION = fileURLToPath(new URL('audit-question.ts', import.meta.url));
const ANSWER_MS_MAX = 300_000;
/** After the last day of the log. */
const END = new Date('2026-11-23');

/** Folders of logs. */
export interface ReportedLogs {
  readonly plain: string;
  /** The same records, every day archived. */
  readonly archived: string;
  /** Of one record. */
  readonly single: string;
}

/** CPU of each report as plain DuckDB and as Gatehouse answer it, and from archived days; tables go into `folder`. */
export async function reporting(folder: string, logs: ReportedLogs, rounds: number): Promise<string> {
  const samples = createSamples();
  const reports = await benchReports(folder, END);
  const child = fork(QUESTION, { execArgv: ['--import', 'tsx'] });
  const ask = createAsk(child);
  const overview = gatehouse('report', 'overview', '--from', 'jsonl', '--dir', logs.plain);
  try {
    await inRounds(rounds, 'reporting', async () => {
      const starts = { ...{ sql: 'FROM audit', brought: { values: [], tables: [] } }, dir: logs.single };
      for (const how of ['plain', 'jsonl'] as const) samples.add(`start ${how}`, await ask({ ...starts, how }));
      for (const { name, sql, brought } of reports) {
        for (const how of ['plain', 'jsonl', 'parquet'] as const) {
          const dir = how === 'parquet' ? logs.archived : logs.plain;
          samples.add(`${name} ${how}`, await ask({ sql, brought, how, dir }));
        }
      }
      addCost(samples, 'whole', await costOfProgram(overview));
    });
  } finally {
    child.kill();
  }
  const head = ['CPU ms', 'DuckDB', 'ours', 'spread', 'ratio', 'less start', 'Parquet', 'JSONL / Parquet'];
  const start = ['(start)', middle(samples.of('start plain')), middle(samples.of('start jsonl'))];
  const rows = [[...start, '', '', '', '', ''], ...reports.map((report) => reportRow(samples, report))];
  const whole = `\`audit report overview\`, with hashing and verifying the log: ${middle(samples.of('whole CPU'))} ms CPU, ${middle(samples.of('whole wall'))} ms wall.\n`;
  return `${markdown('Reports', [head, ...rows])}\n${whole}`;
}

function reportRow(samples: Samples, { name }: BenchReport): readonly string[] {
  const of = (how: string): readonly number[] => samples.of(`${name} ${how}`);
  const beyond = (how: string): readonly number[] => {
    const starts = samples.of(`start ${how === 'plain' ? how : 'jsonl'}`);
    return of(how).map((cpuMs, round) => cpuMs - (starts[round] ?? 0));
  };
  return [
    ...[name, middle(of('plain')), middle(of('jsonl')), apart(of('jsonl')), ratio(of('jsonl'), of('plain'))],
    ...[ratio(beyond('jsonl'), beyond('plain')), middle(of('parquet')), ratio(beyond('jsonl'), beyond('parquet'), 1)],
  ];
}

/** Resolves to milliseconds of CPU. */
function createAsk(child: ChildProcess): (question: BenchQuestion) => Promise<number> {
  const gone = once(child, 'exit');
  return async (question) => {
    const stop = AbortSignal.timeout(ANSWER_MS_MAX);
    const told = once(child, 'message', { signal: stop });
    child.send(question);
    const [cost] = await Promise.race([told, gone]);
    if (typeof cost?.cpuMs !== 'number') throw new Error(`a question failed: ${question.sql.slice(0, 200)}`);
    return cost.cpuMs;
  };
}
