import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFleet, type Fleet } from './child.ts';
import type { Measured, Took } from './scale-child.ts';
import { leastOf, scaleTable } from './scale-report.ts';
import { company, writeTree } from './scale-tree.ts';

const childRuns = 3;
const childMsMax = 180_000;
const commandRuns = 7;
const commands: readonly (readonly string[])[] = [['check'], ['explain', 'user:ana@acme.example', 'files/read_file']];

/** Tells on its fourth pipe what the process has used up to its end, in microseconds. */
const tellCpu = `data:text/javascript,${encodeURIComponent(`
import { writeSync } from 'node:fs';
process.on('exit', () => { const { user, system } = process.cpuUsage(); writeSync(3, String(user + system)); });
`)}`;

process.exitCode = await run();

async function run(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-scale-'));
  const fleet = createFleet();
  try {
    writeTree(folder, company);
    const samples: Measured[] = [];
    for (let round = 0; round < childRuns; round += 1) samples.push(await measureIn(fleet, folder));
    print(scaleTable(samples, new Map(commands.map((args) => [args[0] ?? '', measureCommand(args)]))));
    return 0;
  } finally {
    await fleet.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureIn(fleet: Fleet, folder: string): Promise<Measured> {
  const child = fleet.fork('scale-child.ts', [folder]);
  const signal = AbortSignal.timeout(childMsMax);
  const told: Promise<[Measured]> = once(child, 'message', { signal }) as Promise<[Measured]>;
  const ended = once(child, 'exit', { signal });
  const first = await Promise.race([told, ended.then(([code]) => Number(code))]);
  if (typeof first === 'number') throw new Error(`a measurement ended with ${first}`);
  await ended;
  return first[0];
}

function measureCommand(args: readonly string[]): Took {
  const runs = Array.from({ length: commandRuns }, (): Took => {
    const start = performance.now();
    const { output } = spawnSync(process.execPath, ['--import', tellCpu, 'dist/main.js', ...args], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
    });
    return { wallMs: performance.now() - start, cpuMs: Number(output[3]) / 1_000 };
  });
  return leastOf(runs);
}

function print(table: string): void {
  const { servers, tools, people, roles, grants, guardrails } = company;
  process.stdout.write(`Node ${process.version}, ${availableParallelism()} × ${cpus()[0]?.model ?? ''}
${servers} servers × ${tools} tools, ${people} people, ${roles} roles, ${grants} grants, ${guardrails} guardrails
least of ${childRuns} processes, of ${commandRuns} runs of a command

${table}
`);
}
