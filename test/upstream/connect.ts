import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import type { Limits, Reach, Server } from '../../src/config/configuration.ts';
import { limitTable } from '../../src/config/limits.ts';
import type { Credential, UpstreamAnswer, UpstreamConnection, UpstreamRequest } from '../../src/upstream/connection.ts';
import { createConnection } from '../../src/upstream/create-connection.ts';

export const limits: Limits = Object.fromEntries(
  Object.entries(limitTable).map(([name, row]) => [name, row.default]),
) as unknown as Limits;

export function serverOf(reach: Reach, more: Partial<Server> = {}): Server {
  return {
    name: 'server',
    description: '',
    owner: '',
    prefix: 'server',
    mode: 'shared',
    timeoutMs: 5000,
    protocol: 'auto',
    reach,
    auth: { kind: 'none' },
    classes: { read: [], write: [], destructive: [] },
    fingerprint: JSON.stringify([reach, more]),
    at: { file: 'gateway.config.yaml', line: 1, col: 1 },
    ...more,
  };
}

export function http(url: string, transport: 'auto' | 'http' | 'sse' = 'auto'): Reach {
  return { kind: 'http', transport, url };
}

export function stdio(...command: [string, ...string[]]): Extract<Reach, { kind: 'stdio' }> {
  return { kind: 'stdio', command, env: {}, cwd: fileURLToPath(new URL('../..', import.meta.url)) };
}

/** The command of a fixture in plain JavaScript. */
export function scripted(...args: string[]): Extract<Reach, { kind: 'stdio' }> {
  return stdio(process.execPath, fileURLToPath(new URL('./fixtures/scripted-server.mjs', import.meta.url)), ...args);
}

/** The command line of the fixture of the modern era. */
export const modernCommand: [string, ...string[]] = [
  process.execPath,
  '--import',
  'tsx',
  fileURLToPath(new URL('./fixtures/modern-server.ts', import.meta.url)),
];

/** The script of a reference server. */
export function reference(name: 'everything' | 'filesystem' | 'memory'): string {
  return fileURLToPath(import.meta.resolve(`@modelcontextprotocol/server-${name}/dist/index.js`));
}

export interface Connected {
  readonly connection: UpstreamConnection;
  /** `up`, `down` and `changed`, with details, in the order they came. */
  readonly events: string[];
  /** Every line of the log as it was written. */
  readonly log: string[];
  readonly request: (method: string, more?: Partial<UpstreamRequest>) => Promise<UpstreamAnswer>;
  readonly call: (name: string, args?: unknown, more?: Partial<UpstreamRequest>) => Promise<UpstreamAnswer>;
}

export interface ConnectOptions extends Partial<Server> {
  readonly limits?: Partial<Limits>;
  readonly credential?: () => Promise<Credential>;
}

/** A connection that is closed after the test. */
export function connect(t: TestContext, reach: Reach, options: ConnectOptions = {}): Connected {
  const { limits: bounds, credential, ...server } = options;
  const events: string[] = [];
  const lines: string[] = [];
  const connection = createConnection({
    server: serverOf(reach, server),
    limits: { ...limits, ...bounds },
    credential: credential ?? (async () => ({ kind: 'ready', headers: {}, env: {} })),
    events: {
      toolsChanged: () => events.push('changed'),
      stateChanged: (state, detail) => events.push(`${state}: ${detail}`),
    },
    log: pino({ level: 'debug' }, { write: (line: string) => lines.push(line) }),
    version: '1.2.3',
    environment: process.env,
  });
  t.after(() => connection.close(0));
  const request: Connected['request'] = (method, more = {}) => connection.request({ ...requestOf(method), ...more });
  return {
    connection,
    events,
    log: lines,
    request,
    call: (name, args, more) => request('tools/call', { params: paramsOf(name, args), name, ...more }),
  };
}

function requestOf(method: string): UpstreamRequest {
  const signal = new AbortController().signal;
  return { method, params: [], meta: [], name: null, headers: {}, onProgress: null, signal, timeoutMs: 5000 };
}

/** `args` as they are when they are bytes, else written as JSON. */
function paramsOf(name: string, args: unknown): UpstreamRequest['params'] {
  const params = [{ key: 'name', value: Buffer.from(JSON.stringify(name)) }];
  if (args === undefined) return params;
  return [...params, { key: 'arguments', value: Buffer.isBuffer(args) ? args : Buffer.from(JSON.stringify(args)) }];
}

/** The bytes of a result as text; what else came, for the assertion's message. */
export function resultText(answer: UpstreamAnswer): string {
  if (answer.kind !== 'result') return JSON.stringify(answer);
  return answer.bytes.toString('utf8', answer.value.start, answer.value.end);
}

/** Why a request failed; `result` or `error` when it did not. */
export function reasonOf(answer: UpstreamAnswer): string {
  return answer.kind === 'failed' ? answer.reason : answer.kind;
}

/** Waits until `done`, for at most three seconds. */
export async function until(done: () => boolean, what: string): Promise<void> {
  for (let waited = 0; !done(); waited += 10) {
    if (waited > 3000) throw new Error(`waited in vain for ${what}`);
    await sleep(10);
  }
}
