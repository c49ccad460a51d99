import { type Io, UsageError } from './command.ts';

/** The process's own terminal. Writing to a closed pipe is not an error of ours. */
export function createIo(process: NodeJS.Process): Io {
  const { stdout, stderr, env } = process;
  for (const stream of [stdout, stderr]) stream.on('error', () => undefined);
  const isTty = stdout.isTTY === true;
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    get cwd() {
      return workingFolder(process);
    },
    environment: env,
    isTty,
    columns: isTty ? stdout.columns : 80,
    color: isTty && env['NO_COLOR'] === undefined && env['TERM'] !== 'dumb',
  };
}

function workingFolder(process: NodeJS.Process): string {
  try {
    return process.cwd();
  } catch (cause) {
    throw new UsageError('the working directory is gone: change to one that exists', { cause });
  }
}
