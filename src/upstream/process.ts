import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Reach } from '../config/configuration.ts';
import type { ConnectionParts } from './connection.ts';
import type { Channel } from './duplex.ts';
import { createLines } from './lines.ts';
import { type Failed, failed } from './pending.ts';
import { logStderr } from './stderr.ts';

export interface ProcessParts extends Pick<ConnectionParts, 'limits' | 'log' | 'environment'> {
  readonly reach: Extract<Reach, { kind: 'stdio' }>;
  /** The secrets among the child's variables. */
  readonly secrets: Readonly<Record<string, string>>;
  line(bytes: Buffer): void;
  overlong(head: Buffer, tail: Buffer): void;
  /** Hears once, after all output: it has exited, or could not be started. */
  ended(failure: Failed): void;
}

/** A child process that speaks in lines over its pipes. */
export interface ServerProcess extends Channel {
  /** Closes its input, then asks its process group to end, then makes it; resolves when it has ended. */
  close(): Promise<void>;
}

/** What programs need to run at all; everything else is configured by name. */
const basics = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TMPDIR', 'TZ', 'USER', 'LOGNAME', 'SHELL', 'TERM'] as const;
/** How long each gentler way of ending may take, in milliseconds. */
const patienceMs = 1500;
/** How long output may still arrive after the exit, in milliseconds; a grandchild could hold the pipe for ever. */
const lastWordsMs = 250;
/** A child that stops reading may have this many of the largest requests waiting for it. */
const queuedBodiesMax = 4;
const newline = Buffer.from('\n');

/** Starts the command without a shell, as the leader of a process group of its own. */
export function startProcess(parts: ProcessParts): ServerProcess {
  const { reach, limits, log } = parts;
  const [command, ...args] = reach.command;
  const child = spawn(command, args, { cwd: reach.cwd, env: environmentOf(parts), detached: true, stdio: 'pipe' });
  // Without a free file descriptor there are no pipes, and the event that says so ends us if nobody hears it.
  child.on('error', (error) => log.debug({ code: codeOf(error) }, 'it could not be started'));
  if (child.stdout === undefined) throw Object.assign(new Error('it has no pipes'), { name: 'EMFILE' });
  const lines = createLines({
    lineBytesMax: limits.resultBytesMax,
    ends: 'lf',
    line: (bytes) => {
      if (bytes.length > 0) parts.line(bytes);
    },
    overlong: parts.overlong,
  });
  child.stdout.on('data', lines.push);
  logStderr(child.stderr, log);
  child.stdin.on('error', (error) => log.debug({ code: codeOf(error) }, 'its input was closed'));
  const gone = whenGone(child, reach).then((failure) => {
    endGroup(child, 'SIGTERM');
    parts.ended(failure);
  });

  return {
    send(bytes, undelivered) {
      const { stdin } = child;
      const tooMuch = stdin.writableLength + bytes.length > limits.bodyBytesMax * queuedBodiesMax;
      if (!stdin.writable) undelivered(failed('closed', 'its input is closed'));
      else if (tooMuch) undelivered(failed('overloaded', 'it does not read its input'));
      else stdin.write(Buffer.concat([bytes, newline]));
    },
    async close() {
      child.stdin.end();
      if (await within(gone, patienceMs)) return;
      endGroup(child, 'SIGTERM');
      if (await within(gone, patienceMs)) return;
      endGroup(child, 'SIGKILL');
      await gone;
    },
  };
}

function environmentOf({ reach, secrets, environment }: ProcessParts): Record<string, string> {
  const inherited = basics.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const plain = Object.entries(reach.env).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as const] : [],
  );
  return { ...Object.fromEntries(inherited), ...Object.fromEntries(plain), ...secrets };
}

function whenGone(child: ChildProcessWithoutNullStreams, reach: ProcessParts['reach']): Promise<Failed> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      if (child.pid === undefined) resolve(failed('unreachable', whyNotStarted(error, reach)));
    });
    child.once('exit', (code, signal) => {
      const failure = failed('closed', `it ended with ${signal === null ? `exit code ${code}` : `signal ${signal}`}`);
      const timer = setTimeout(() => resolve(failure), lastWordsMs);
      child.once('close', () => {
        clearTimeout(timer);
        resolve(failure);
      });
    });
  });
}

function whyNotStarted(error: Error, { command, cwd }: ProcessParts['reach']): string {
  const code = codeOf(error);
  if (code === 'ENOENT' && !existsSync(cwd)) return `its working directory ${cwd} does not exist`;
  if (code === 'ENOENT') return `the command ${command[0]} was not found`;
  if (code === 'EACCES') return `the command ${command[0]} may not be executed`;
  return `the command ${command[0]} could not be started (${code})`;
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

/** Ends what the child started, too. A group that is gone is ESRCH, on some systems EPERM. */
function endGroup({ pid }: ChildProcessWithoutNullStreams, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!(error instanceof Error) || !['ESRCH', 'EPERM'].includes(codeOf(error))) throw error;
  }
}

function within(event: Promise<void>, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), ms);
    void event.then(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
