import { type ChildProcess, fork, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

const startMsMax = 20_000;
const stopMsMax = 5_000;

/** The processes of one benchmark, so that none of them outlives it. */
export interface Fleet {
  /** Starts a program of this folder. */
  fork(file: string, args?: readonly string[]): ChildProcess;
  spawn(command: string, args: readonly string[], stdio: StdioOptions): ChildProcess;
  /** Asks every process to end, then insists. */
  end(): Promise<void>;
}

/** A process that serves HTTP on a loopback port of its own. */
export interface ServingChild {
  readonly child: ChildProcess;
  readonly port: number;
}

export function createFleet(): Fleet {
  const children: ChildProcess[] = [];
  const keep = (child: ChildProcess): ChildProcess => {
    children.push(child);
    return child;
  };
  return {
    fork: (file, args = []) => {
      const path = fileURLToPath(new URL(file, import.meta.url));
      return keep(fork(path, args, { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }));
    },
    spawn: (command, args, stdio) => keep(spawn(command, args, { stdio })),
    end: async () => {
      await Promise.all(children.map(stop));
    },
  };
}

/** Starts a program that calls `serveAsChild` and resolves when it listens. */
export async function startServing(fleet: Fleet, file: string, args: readonly string[] = []): Promise<ServingChild> {
  const child = fleet.fork(file, args);
  const [{ port }] = await once(child, 'message', { signal: AbortSignal.timeout(startMsMax) });
  return { child, port };
}

/** The child's side: listens, tells the port, and ends with its parent. */
export function serveAsChild(server: Server): void {
  process.on('disconnect', () => process.exit());
  server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const insist = setTimeout(() => child.kill('SIGKILL'), stopMsMax);
  await ended;
  clearTimeout(insist);
}

/** What a process has used so far; null where there is no `/proc`. */
export interface Usage {
  readonly cpuMs: number;
  readonly rssMb: number;
}

/** Clock ticks are 10 ms on every Linux Node runs on. */
const tickMs = 10;

export function usageOf(child: ChildProcess): Usage | null {
  if (process.platform !== 'linux') return null;
  const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
  // proc(5): utime and stime are fields 14 and 15; the name before them, in parentheses, may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const rssKb = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1];
  return { cpuMs: (Number(fields[11]) + Number(fields[12])) * tickMs, rssMb: Number(rssKb) / 1024 };
}
