import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { request } from 'undici';
import { mintRobotKey } from '../../src/identity/robot-key.ts';
import { readRecords } from '../fixtures/gateway.ts';
import { startEchoUpstream } from './echo-upstream.ts';
import { freePort, type GatewayProcess, serve } from './gateway-process.ts';
import { callModern } from './modern-caller.ts';

const reloads = 500;
const modernCallers = 6;
const patienceMs = 60_000;
/** Between two calls of one caller. */
const breathMs = 4;

const steady = mintRobotKey();
const guest = mintRobotKey();

/** What the files say at one step. */
interface State {
  readonly step: number;
  readonly guestMayCall: boolean;
  /** A role nobody has defined: the whole change is refused. */
  readonly broken: boolean;
}

test(`${reloads} reloads under load fail no call, and the last state is in force`, { timeout: 600_000 }, async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'gatehouse-reload-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  await mkdir(join(dir, 'policies'));
  const upstream = await startEchoUpstream(t, ['echo', 'visit']);
  const write = (state: State) => writeState(dir, upstream, state);
  await write({ step: 0, guestMayCall: true, broken: false });
  const gateway = await serve(t, await freePort(), [
    ...['--config', join(dir, 'gateway.config.yaml'), '--var', join(dir, 'var'), '--log', 'silent'],
  ]);
  const load = startLoad(t, gateway.url);
  let generation = 1;
  for (let step = 1; step <= reloads; step += 1) {
    const state: State = { step, guestMayCall: step % 3 !== 0, broken: step % 10 === 9 };
    await write(state);
    // Most are asked for, as by SIGHUP; every fifth is noticed by the watcher alone.
    if (step % 5 !== 0) gateway.signal('SIGHUP');
    generation = await inForce(gateway, state.broken ? generation : generation + 1, state);
  }
  await write({ step: reloads + 1, guestMayCall: false, broken: false });
  const since = performance.now();
  await until(() => isDenied(gateway.url));
  const denied = Math.round(performance.now() - since);
  const { calls, failures, legacyCalls } = await load.stop();

  t.diagnostic(`${calls} calls, ${legacyCalls} of them in a legacy session; denied ${denied} ms after the last write`);
  assert.deepEqual(failures, []);
  assert(calls > reloads && legacyCalls > reloads / 10, `only ${calls} calls`);
  generation = await inForce(gateway, generation + 1, { step: reloads + 1, guestMayCall: false, broken: false });
  await assertGuestStaysOut(gateway.url);
  gateway.signal('SIGTERM');
  assert.equal(await gateway.ended, 0);
  const events = (await readRecords(join(dir, 'var/audit'))).map(({ ev }) => ev);
  assert.equal(events.filter((ev) => ev === 'config.reload').length, generation - 1);
  assert(events.filter((ev) => ev === 'config.reject').length >= reloads / 10);
});

/** By turns written in place and put there by a rename, as editors and deploy tools do. */
async function writeState(dir: string, upstream: string, { step, guestMayCall, broken }: State): Promise<void> {
  const files = {
    'gateway.config.yaml': `apiVersion: gatehouse/v1
gateway: { name: reload }
servers: { raw: { url: "${upstream}", protocol: modern, description: Description ${Math.floor(step / 2)} } }
`,
    'policies/access.yaml': `apiVersion: gatehouse/v1
# step ${step}
roles:
  caller: { description: Calls, allow: [{ read: raw/echo }] }
  visitor: { description: Visits, allow: [{ read: raw/visit }] }
robots:
  steady: { owner: test, keys: [{ id: "${steady.id}", sha256: "${steady.sha256}" }] }
  guest: { owner: test, keys: [{ id: "${guest.id}", sha256: "${guest.sha256}" }] }
grants:
  - { to: robot:steady, roles: [caller] }
  - { to: user:ana@example.com, roles: [caller, visitor] }
${guestMayCall ? '  - { to: robot:guest, roles: [visitor] }' : ''}
${broken ? `  - { to: everyone, roles: [nobody-${step}] }` : ''}
`,
  };
  for (const [file, text] of Object.entries(files)) {
    const path = join(dir, file);
    await writeFile(step % 2 === 0 ? path : join(dir, 'next'), text);
    if (step % 2 !== 0) await rename(join(dir, 'next'), path);
  }
}

/**
 * Waits until the gateway says that this state is what counts, or that it is refused; resolves to its generation. A
 * state is two files: a reload between them, on a busy machine, is one more.
 */
async function inForce(gateway: GatewayProcess, least: number, { step, broken }: State): Promise<number> {
  let generation = 0;
  await until(async () => {
    const { body } = await request(`${gateway.adminUrl}/healthz`);
    const health = (await body.json()) as { generation: number; refused: string | null };
    const isTold = broken ? health.refused?.includes(`nobody-${step}`) === true : health.refused === null;
    generation = health.generation;
    return generation >= least && isTold;
  });
  return generation;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await holds())) {
    assert(performance.now() < deadline, `not within ${patienceMs} ms`);
    await sleep(breathMs);
  }
}

interface Load {
  stop(): Promise<{ readonly calls: number; readonly legacyCalls: number; readonly failures: readonly unknown[] }>;
}

function startLoad(t: TestContext, url: URL): Load {
  const stopped = new AbortController();
  t.after(() => stopped.abort());
  const failures: unknown[] = [];
  const count = async (call: (n: number) => Promise<unknown>): Promise<number> => {
    let calls = 0;
    for (; !stopped.signal.aborted; calls += 1) {
      const failure = await call(calls).catch((error: unknown) => error);
      if (failure !== null) failures.push(failure);
      await sleep(breathMs);
    }
    return calls;
  };
  const modern = Array.from({ length: modernCallers }, (_, caller) =>
    count((n) => callSteadily(url, `${caller}-${n}`)),
  );
  const legacy = openSession(t, url).then((client) => count(() => callInSession(client)));
  return {
    async stop() {
      stopped.abort();
      const legacyCalls = await legacy;
      const counts = await Promise.all(modern);
      return { calls: counts.reduce((sum, calls) => sum + calls, legacyCalls), legacyCalls, failures };
    },
  };
}

/** Null when it was answered with a result. */
async function callSteadily(url: URL, id: string): Promise<unknown> {
  const answer = await callModern({ url, id, tool: 'raw_echo', arguments: {}, key: steady.key });
  return answer.status === 200 && answer.message.result !== undefined ? null : answer;
}

async function openSession(t: TestContext, url: URL): Promise<Client> {
  const client = new Client({ name: 'session', version: '1' });
  const headers = { authorization: `Bearer ${steady.key}` };
  // The SDK's own transport does not satisfy its interface under exactOptionalPropertyTypes.
  await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }) as Transport);
  t.after(() => client.close());
  return client;
}

async function callInSession(client: Client): Promise<unknown> {
  const result = await client.callTool({ name: 'raw_echo', arguments: {} });
  return result.isError === undefined ? null : result;
}

async function isDenied(url: URL): Promise<boolean> {
  const { message } = await callModern({ url, id: 'guest', tool: 'raw_visit', arguments: {}, key: guest.key });
  return message.error !== undefined;
}

async function assertGuestStaysOut(url: URL): Promise<void> {
  const call = (tool: string) => callModern({ url, id: '1', tool, arguments: {}, key: guest.key });
  assert.deepEqual(await call('raw_visit'), await call('raw_nothing'), 'denied and unknown answer alike');
  const { message } = await call('raw_visit');
  assert.equal(message.error?.code, -32602);
}
