import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import type { TestContext } from 'node:test';

/** A program to run, and where. */
export interface Installation {
  /** The script that node runs. */
  readonly main: string;
  readonly cwd: string;
}

const checkout: Installation = { main: resolve('dist/main.js'), cwd: process.cwd() };
const startMsMax = 120_000;
const commandMsMax = 180_000;

/** What a finished command printed, and its exit code. */
export interface Finished {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs `gatehouse` with these words to its end. */
export async function gatehouse(words: readonly string[], { main, cwd }: Installation = checkout): Promise<Finished> {
  const child = spawn(process.execPath, [main, ...words], { cwd });
  const printed = collect(child);
  const limit = setTimeout(() => child.kill('SIGKILL'), commandMsMax);
  const [code] = await once(child, 'close');
  clearTimeout(limit);
  return { code, out: printed.out(), err: printed.err() };
}

/** `gatehouse serve` as a process of its own. */
export interface GatewayProcess {
  readonly url: URL;
  /** Where `/healthz` and the like are. */
  readonly adminUrl: string;
  /** Everything printed so far. */
  out(): string;
  err(): string;
  /** Sends the signal. */
  signal(signal: NodeJS.Signals): void;
  /** Resolves to the exit code, or null after a deadly signal, once it has ended. */
  readonly ended: Promise<number | null>;
  /** Ends it by force unless it has ended. */
  end(): Promise<void>;
}

/** Resolves once it has printed its welcome; ended by force after the test. */
export async function serve(t: TestContext, port: number, words: readonly string[]): Promise<GatewayProcess> {
  const gateway = await startGateway(port, words);
  t.after(() => gateway.end());
  return gateway;
}

/** For several tests: whoever starts it calls `end`. */
export async function startGateway(
  port: number,
  words: readonly string[],
  { main, cwd }: Installation = checkout,
): Promise<GatewayProcess> {
  const listen = ['--listen', `127.0.0.1:${port}`, '--admin-listen', '127.0.0.1:0'];
  const child = spawn(process.execPath, [main, 'serve', ...listen, ...words], { cwd });
  const printed = collect(child);
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const end = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  await welcomed(child, printed, ended).catch(async (error: unknown) => {
    await end();
    throw error;
  });
  return {
    url: new URL(`http://127.0.0.1:${port}/mcp`),
    adminUrl: /^ {2}admin +(\S+)/m.exec(printed.out())?.[1] ?? '',
    ...printed,
    signal: (signal) => void child.kill(signal),
    ended,
    end,
  };
}

interface Printed {
  out(): string;
  err(): string;
}

function collect(child: ChildProcessWithoutNullStreams): Printed {
  const text = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text.out += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text.err += chunk;
  });
  return { out: () => text.out, err: () => text.err };
}

async function welcomed(
  child: ChildProcessWithoutNullStreams,
  printed: Printed,
  ended: Promise<unknown>,
): Promise<void> {
  const signal = AbortSignal.timeout(startMsMax);
  const over = ended.then(() => 'over');
  while (!printed.out().includes('Stop with Ctrl-C')) {
    if ((await Promise.race([once(child.stdout, 'data', { signal }), over])) === 'over')
      throw new Error(`the gateway did not start: ${printed.out()}${printed.err()}`);
  }
}

/** A port nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
