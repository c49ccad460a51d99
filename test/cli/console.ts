import { join } from 'node:path';
import type { Io } from '../../src/cli/command.ts';
import { run } from '../../src/cli/run.ts';

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command as a terminal of 80 columns would, in this process; `args` are separated by spaces. */
export async function gatehouse(args: string, cwd: string, environment: Io['environment'] = {}): Promise<Said> {
  let out = '';
  let err = '';
  const io = {
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
    },
    cwd,
    environment,
    isTty: false,
    columns: 80,
    color: false,
  };
  const code = await run(args.split(' '), io, '0.0.0');
  return { code, out, err };
}

export const acme: string = join(import.meta.dirname, '../../examples/acme');
