/** `npm run bench`: starts everything on loopback, measures in interleaved rounds, prints, and ends what it started. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFleet, usageOf } from './child.ts';
import type { Load, LoadPlan, LoadReport } from './load.ts';
import { type BenchOptions, help, readOptions } from './options.ts';
import { type Path, startPaths } from './paths.ts';
import { type Sample, table } from './report.ts';

const warmMs = 300;
/** Until so many are answered a path's code is still being compiled: the first thousand cost the gateway six-fold. */
const firstCalls = 20_000;
const firstMs = 500;
/** Beyond the plan's own time. */
const patienceMs = 15_000;

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  return 2;
});

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options === null) {
    process.stdout.write(help);
    return 0;
  }
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
  const fleet = createFleet();
  const end = async (): Promise<void> => {
    await fleet.end();
    rmSync(folder, { recursive: true, force: true });
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void end().then(() => process.exit(130)));
  }
  try {
    const paths = await startPaths(fleet, options.paths, folder);
    print(options, await measure(options, paths, fleet.fork('load.ts')));
    return 0;
  } finally {
    await end();
  }
}

async function measure(options: BenchOptions, paths: readonly Path[], load: ChildProcess): Promise<Sample[]> {
  const runMs = options.seconds * 1_000;
  const connectionsMax = Math.max(...options.concurrency);
  for (const path of paths) {
    const plan = planFor(path, options, { connections: connectionsMax, warmMs: 0, runMs: firstMs });
    for (let answered = 0; answered < firstCalls; ) answered += (await runLoad(load, plan)).calls;
  }
  const samples: Sample[] = [];
  for (let round = 1; round <= options.rounds; round++) {
    for (const connections of options.concurrency) {
      for (const path of paths) {
        const before = usageOf(path.child);
        const { calls, ...result } = await runLoad(load, planFor(path, options, { connections, warmMs, runMs }));
        const after = usageOf(path.child);
        const cpuUs = before && after ? ((after.cpuMs - before.cpuMs) * 1_000) / calls : null;
        samples.push({ round, connections, path: path.name, ...result, cpuUs, rssMb: after?.rssMb ?? null });
      }
    }
    process.stderr.write(`round ${round} of ${options.rounds}\n`);
  }
  return samples;
}

function planFor(
  { port, tool }: Path,
  { era }: BenchOptions,
  load: Pick<LoadPlan, 'connections' | 'warmMs' | 'runMs'>,
): LoadPlan {
  return { port, tool, era, ...load };
}

async function runLoad(load: ChildProcess, plan: LoadPlan): Promise<Load> {
  const signal = AbortSignal.timeout(plan.warmMs + plan.runMs + patienceMs);
  const told = once(load, 'message', { signal });
  load.send(plan);
  const [report]: LoadReport[] = await told;
  if (report?.ok !== true) throw new Error(`the load on port ${plan.port} failed: ${report?.error}`);
  return report.load;
}

function print(options: BenchOptions, samples: readonly Sample[]): void {
  const machine = { node: process.version, cpus: availableParallelism(), cpu: cpus()[0]?.model ?? '' };
  const { rounds, seconds, era } = options;
  process.stdout.write(
    options.format === 'json'
      ? `${JSON.stringify({ machine, rounds, seconds, era, samples }, null, 2)}\n`
      : `Node ${machine.node}, ${machine.cpus} × ${machine.cpu}; medians of ${rounds} rounds of ${seconds} s, ${era} client\n\n${table(samples)}\n`,
  );
}
