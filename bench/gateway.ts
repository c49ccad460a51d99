import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Fleet, ServingChild } from './child.ts';

const readyMsMax = 20_000;

export interface GatewayPlan {
  /** Where its files and its state go. */
  readonly folder: string;
  readonly upstreamPort: number;
  /** `audit.durability`: `sync` is the default of the gateway. */
  readonly durability: 'sync' | 'flush';
}

/** Starts the built gateway in front of the raw upstream and resolves when it is ready. */
export async function startGateway(fleet: Fleet, plan: GatewayPlan): Promise<ServingChild> {
  const [port, adminPort] = [await freePort(), await freePort()];
  const config = writeConfiguration(plan, port);
  const logPath = join(plan.folder, 'gateway.log');
  const log = openSync(logPath, 'w');
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
  const args = ['serve', '--config', config, '--listen', `127.0.0.1:${port}`];
  args.push('--admin-listen', `127.0.0.1:${adminPort}`, '--var', join(plan.folder, 'var'));
  const child = fleet.spawn(process.execPath, [main, ...args], ['ignore', log, log]);
  try {
    await untilReady(child, adminPort);
  } catch (error) {
    throw new Error(`the gateway did not get ready:\n${readFileSync(logPath, 'utf8').slice(-2_000)}`, { cause: error });
  }
  return { child, port };
}

function writeConfiguration({ folder, upstreamPort, durability }: GatewayPlan, port: number): string {
  mkdirSync(join(folder, 'policies'), { recursive: true });
  const config = join(folder, 'gateway.config.yaml');
  writeFileSync(
    config,
    `apiVersion: gatehouse/v1
gateway: { name: bench, url: "http://127.0.0.1:${port}" }
identity: { local: { user: you@localhost } }
audit: { durability: ${durability} }
servers: { raw: { url: "http://127.0.0.1:${upstreamPort}/mcp" } }
`,
  );
  writeFileSync(
    join(folder, 'policies', 'access.yaml'),
    `apiVersion: gatehouse/v1
roles: { bench: { description: Everything, allow: [{ any: raw/* }] } }
grants: [{ to: everyone, roles: [bench] }]
`,
  );
  return config;
}

async function untilReady(child: ChildProcess, adminPort: number): Promise<void> {
  const deadline = performance.now() + readyMsMax;
  while (performance.now() < deadline && child.exitCode === null) {
    const status = await fetch(`http://127.0.0.1:${adminPort}/readyz`).then(
      (response) => response.status,
      () => 0,
    );
    if (status === 200) return;
    await sleep(50);
  }
  throw new Error(child.exitCode === null ? `not ready after ${readyMsMax} ms` : `ended with ${child.exitCode}`);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  return port;
}
