import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TestContext } from 'node:test';
import { freePort } from './gateway-process.ts';
import type { ReferenceServer } from './reference-calls.ts';
import type { Peer } from './reference-clients.ts';

/** One set of the reference servers with state of its own. */
export interface ServerSet {
  /** The folder the file server serves. */
  readonly dir: string;
  readonly peers: Readonly<Record<ReferenceServer, Peer>>;
}

/** The variables of ours that a server started by the gateway gets, in that order; `get-env` prints them. */
const inherited = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TMPDIR', 'TZ', 'USER', 'LOGNAME', 'SHELL', 'TERM'];

export async function freshServers(t: TestContext): Promise<ServerSet> {
  const root = await mkdtemp(join(tmpdir(), 'gatehouse-servers-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  const dir = join(root, 'served');
  await mkdir(dir);
  await writeFile(join(dir, 'dot.png'), Buffer.from('89504e470d0a1a0a', 'hex'));
  const env = Object.fromEntries(inherited.flatMap((name) => [[name, process.env[name]] as const]).filter(isSet));
  const stdio = (name: string, ...args: string[]) => ({ command: ['node', scriptOf(name), ...args], env });
  return {
    dir,
    peers: {
      everything: stdio('everything', 'stdio'),
      'everything-http': { url: await startHttp(t, env) },
      files: stdio('filesystem', dir),
      memory: { ...stdio('memory'), env: { ...env, MEMORY_FILE_PATH: join(root, 'memory.jsonl') } },
    },
  };
}

/** The `servers:` block that puts such a set behind a gateway. */
export function registryOf({ peers }: ServerSet): string {
  const lines = Object.entries(peers).map(([name, peer]) => {
    if ('url' in peer) return `  ${name}: { url: "${peer.url}" }`;
    const { MEMORY_FILE_PATH: file } = peer.env;
    const env = file === undefined ? {} : { env: { MEMORY_FILE_PATH: file } };
    return `  ${name}: ${JSON.stringify({ command: peer.command, ...env })}`;
  });
  return `\n${lines.join('\n')}\n`;
}

async function startHttp(t: TestContext, env: Readonly<Record<string, string>>): Promise<URL> {
  const port = await freePort();
  const server = spawn('node', [scriptOf('everything'), 'streamableHttp'], {
    env: { ...env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  t.after(async () => {
    server.kill('SIGKILL');
    if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
  });
  await once(server.stderr, 'data', { signal: AbortSignal.timeout(120_000) });
  server.stderr.resume();
  return new URL(`http://127.0.0.1:${port}/mcp`);
}

function scriptOf(name: string): string {
  return resolve(`node_modules/@modelcontextprotocol/server-${name}/dist/index.js`);
}

function isSet(entry: readonly [string, string | undefined]): entry is readonly [string, string] {
  return entry[1] !== undefined;
}
