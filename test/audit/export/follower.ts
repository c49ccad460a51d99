import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { isOfCommands } from '../../../src/audit/write/access-record.ts';
import { until } from '../../fixtures/until.ts';

const PROGRAM = join(import.meta.dirname, '../../../src/main.ts');

/** `gatehouse audit export --as ecs` in a process of its own. */
export interface Exporter {
  readonly child: ChildProcess;
  /** `WRITER:SEQ` of every whole line of a gateway it has printed. */
  ids(): readonly string[];
  err(): string;
  /** Resolves when it has printed so many lines. */
  has(lines: number): Promise<void>;
  /** Resolves to the exit code when it has ended; null when a signal ended it. */
  ended(): Promise<number | null>;
}

/** `args` are separated by spaces. It does not outlive the test. */
export function startExport(t: TestContext, args: string): Exporter {
  const words = ['--import', 'tsx', PROGRAM, 'audit', 'export', '--as', 'ecs', ...args.split(' ')];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  let [rest, err] = ['', ''];
  const ids: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) ids.push(JSON.parse(line).event.id);
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    err += chunk;
  });
  // Each run puts itself on record.
  const ofGateways = (): readonly string[] => ids.filter(isOfGateway);
  return {
    ...{ child, ids: ofGateways, err: () => err, ended: () => ended },
    has: (lines) => until(() => ofGateways().length >= lines, `${lines} lines`, 120_000),
  };
}

/** Commands record what they read, exports too, in chains of their own. `id` is `WRITER:SEQ`. */
export function isOfGateway(id: string): boolean {
  return !isOfCommands(id.split(':')[0] ?? '');
}
