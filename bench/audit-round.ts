import { fileURLToPath } from 'node:url';
import type { Samples } from './audit-table.ts';
import type { Cost, Program } from './cost.ts';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** A command of the built program. */
export function gatehouse(word: string, ...args: readonly string[]): Program {
  return { command: process.execPath, args: [MAIN, 'audit', word, ...args] };
}

export function addCost(samples: Samples, name: string, { wallMs, cpuMs }: Cost): void {
  samples.add(`${name} wall`, wallMs);
  samples.add(`${name} CPU`, cpuMs);
}

/** Tells how far it is, on stderr. */
export async function inRounds(rounds: number, what: string, round: () => Promise<void>): Promise<void> {
  for (let done = 1; done <= rounds; done += 1) {
    await round();
    tell(`${what}: round ${done} of ${rounds}`);
  }
}

export function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}
