import { rmSync } from 'node:fs';
import type { DuckDBConnection } from '@duckdb/node-api';
import { archive } from './sandbox-archive.ts';
import { convert } from './sandbox-convert.ts';
import { failureOf } from './sandbox-failure.ts';
import { type Gate, openGate } from './sandbox-gate.ts';
import type { FromSandbox, QueryTask, Resources, ToSandbox } from './sandbox-messages.ts';
import { type QueryPort, runQuery } from './sandbox-query.ts';

/** How often the process tells that it is alive, how far it is and how much memory it has. */
const PULSE_MS = 50;

listen();

/** The program of the process that runs statements: it does what it is told, and ends with whoever started it. */
function listen(): void {
  let connection: DuckDBConnection | null = null;
  let folder: string | null = null;
  let interrupted = false;
  let gate: Promise<Gate> | null = null;
  let answered: (wanted: boolean) => void = () => undefined;
  const port: QueryPort = {
    columns: (columns) => tell({ kind: 'columns', columns }),
    rows: (rows) =>
      new Promise((resolve) => {
        answered = resolve;
        tell({ kind: 'rows', rows });
      }),
    connected: (opened) => {
      connection = opened;
      if (interrupted) opened?.interrupt();
    },
    isInterrupted: () => interrupted,
  };

  process.on('message', (message: ToSandbox) => {
    switch (message.kind) {
      case 'ask':
        return void run(message.task.resources, () => ask(message.task));
      case 'convert':
        return void run(message.task.resources, () => convert(message.task, port));
      case 'archive':
        return void run(message.task.resources, () => archive(message.task, port));
      case 'more':
      case 'count':
        return answered(message.kind === 'more');
      case 'interrupt':
        interrupted = true;
        return connection?.interrupt();
      default:
        return message satisfies never;
    }
  });
  // The terminal sends Ctrl-C to every process of the command; the one that was started by the user decides.
  process.on('SIGINT', () => undefined);
  process.on('disconnect', () => {
    if (folder !== null) rmSync(folder, { recursive: true, force: true });
    process.kill(process.pid, 'SIGKILL');
  });

  async function ask(task: QueryTask): Promise<FromSandbox> {
    gate ??= openGate();
    return { kind: 'end', ...(await runQuery(task, port, await gate)) };
  }

  async function run({ spillDir }: Resources, work: () => Promise<FromSandbox>): Promise<void> {
    folder = spillDir;
    process.chdir(folder);
    interrupted = false;
    const pulse = setInterval(() => {
      const done = Math.max(0, connection?.progress.percentage ?? 0) / 100;
      tell({ kind: 'pulse', done, residentBytes: process.memoryUsage.rss() });
    }, PULSE_MS);
    tell(await work().catch((error: unknown): FromSandbox => ({ kind: 'failed', ...failureOf(error) })));
    clearInterval(pulse);
  }
}

/** Nobody may be left to be told: then `disconnect` follows, which ends this process. */
function tell(message: FromSandbox): void {
  process.send?.(message, () => undefined);
}
