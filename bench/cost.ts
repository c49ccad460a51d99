import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** What something took of the clock and of the processors. */
export interface Cost {
  readonly wallMs: number;
  /** Of every process that it needed. */
  readonly cpuMs: number;
}

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
}

/** Clock ticks are 10 ms on every Linux Node runs on. */
const TICK_MS = 10;
const OUTPUT_CHARS_MAX = 4_000;

/** Runs a program to its end, which has to be a good one. Its cost is exact only while this process starts no other. */
export async function costOfProgram({ command, args }: Program): Promise<Cost> {
  const cpuBefore = endedChildrenCpuMs();
  const begun = performance.now();
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let told = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    told = (told + text).slice(0, OUTPUT_CHARS_MAX);
  });
  const [code] = await once(child, 'close');
  const wallMs = performance.now() - begun;
  if (code !== 0) throw new Error(`${command} ${args.slice(0, 4).join(' ')} ended with ${code}: ${told}`);
  return { wallMs, cpuMs: endedChildrenCpuMs() - cpuBefore };
}

/** CPU time of the processes that this one started and that have ended, and of theirs; proc(5), fields 16 and 17. */
export function endedChildrenCpuMs(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) * TICK_MS;
}
