import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Command, Io } from '../../src/cli/command.ts';
import { run } from '../../src/cli/run.ts';

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command as a terminal of 80 columns would, in this process; a text is split at its spaces. */
export async function gatehouse(
  args: string | readonly string[],
  cwd: string,
  environment: Io['environment'] = {},
): Promise<Said> {
  return listen(cwd, environment, (io) => run(typeof args === 'string' ? args.split(' ') : args, io, '0.0.0'));
}

/** Runs one command without what `run` does around it: what it throws is thrown. */
export async function runCommand(command: Command, args: readonly string[], cwd: string): Promise<Said> {
  const { values, positionals } = parseArgs({ args: [...args], options: command.options, allowPositionals: true });
  return listen(cwd, { PATH: process.env['PATH'] }, (io) => command.run({ values, positionals }, io));
}

async function listen(cwd: string, environment: Io['environment'], act: (io: Io) => Promise<number>): Promise<Said> {
  let [out, err] = ['', ''];
  const code = await act({
    ...{ cwd, environment, isTty: false, columns: 80, color: false },
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
  });
  return { code, out, err };
}

export const acme: string = join(import.meta.dirname, '../../examples/acme');
