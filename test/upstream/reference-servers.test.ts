import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Connected,
  connect,
  http,
  modernCommand,
  reasonOf,
  reference,
  resultText,
  stdio,
  until,
} from './connect.ts';

const { execPath } = process;

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'upstream-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

/** Starts a server that listens on a free port and waits until it accepts connections. */
async function listening(t: TestContext, script: string, transport: string): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  const child = spawn(execPath, [script, transport], { env: { ...process.env, PORT: String(port) }, stdio: 'ignore' });
  t.after(() => ended(child));
  for (let tries = 0; tries < 200; tries += 1) {
    const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => null);
    if (answer !== null) return port;
    await sleep(50);
  }
  throw new Error('the server did not start');
}

async function ended(child: ChildProcess): Promise<void> {
  child.kill();
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

async function provesEverything({ request, call, connection }: Connected): Promise<void> {
  const { tools } = JSON.parse(resultText(await request('tools/list')));
  assert(tools.some(({ name }: { name: string }) => name === 'get-sum'));
  assert.equal(connection.era(), 'legacy');
  assert.equal(
    resultText(await call('echo', { message: 'añ€😀' })),
    '{"content":[{"type":"text","text":"Echo: añ€😀"}]}',
  );
  const steps: string[] = [];
  const long = await call(
    'trigger-long-running-operation',
    { duration: 0.1, steps: 2 },
    {
      onProgress: (members) => steps.push(members.map(({ key, value }) => `${key}=${value}`).join()),
    },
  );
  assert.match(resultText(long), /completed/);
  assert.deepEqual(steps, ['progress=1,total=2', 'progress=2,total=2']);
  assert.match(resultText(await call('get-sum', { a: 'x' })), /"isError":true/);
}

test('reference servers: everything over stdio', async (t) => {
  await provesEverything(connect(t, stdio(execPath, reference('everything'), 'stdio')));
});

test('reference servers: everything over Streamable HTTP', async (t) => {
  const port = await listening(t, reference('everything'), 'streamableHttp');
  await provesEverything(connect(t, http(`http://127.0.0.1:${port}/mcp`)));
});

test('reference servers: everything over HTTP+SSE', async (t) => {
  const port = await listening(t, reference('everything'), 'sse');
  await provesEverything(connect(t, http(`http://127.0.0.1:${port}/sse`)));
});

test('reference servers: filesystem', async (t) => {
  const path = folder(t);
  writeFileSync(join(path, 'note.txt'), 'a note\n');
  const { call } = connect(t, stdio(execPath, reference('filesystem'), path));
  assert.match(resultText(await call('read_text_file', { path: join(path, 'note.txt') })), /"text":"a note\\n"/);
});

test('reference servers: memory', async (t) => {
  const reach = { ...stdio(execPath, reference('memory')), env: { MEMORY_FILE_PATH: join(folder(t), 'memory.jsonl') } };
  const { call } = connect(t, reach);
  const entities = [{ name: 'Gate', entityType: 'house', observations: ['stands'] }];
  assert.match(resultText(await call('create_entities', { entities })), /Gate/);
  assert.match(resultText(await call('read_graph')), /stands/);
});

async function provesModern({ request, call, connection, events }: Connected): Promise<void> {
  assert.match(resultText(await request('tools/list')), /"name":"echo"/);
  assert.equal(connection.era(), 'modern');
  assert.match(resultText(await call('echo', { text: 'añ€' })), /"text":"\{\\"text\\":\\"añ€\\"\}"/);
  const steps: string[] = [];
  await call('count', {}, { onProgress: (members) => steps.push(String(members[0]?.value)) });
  assert.deepEqual(steps, ['1', '2', '3']);
  const before = events.length;
  assert.equal(reasonOf(await call('change')), 'result');
  await until(() => events.slice(before).includes('changed'), 'list_changed');
}

/** Cancels a call once the server says that it runs; the server must say that it heard. */
async function provesCancellation({ call }: Connected, said: () => string): Promise<void> {
  const abort = new AbortController();
  const answer = call('wait', {}, { signal: abort.signal });
  await until(() => said().includes('waiting'), 'the call');
  abort.abort();
  assert.equal(reasonOf(await answer), 'cancelled');
  await until(() => said().includes('cancelled'), 'the cancellation');
}

test('modern servers: over stdio', async (t) => {
  const connected = connect(t, stdio(...modernCommand), { protocol: 'modern' });
  await provesModern(connected);
  await provesCancellation(connected, () => connected.log.join());
});

test('modern servers: over HTTP', async (t) => {
  const [command, ...args] = modernCommand;
  const child = spawn(command, [...args, 'http'], { stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => ended(child));
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const [port] = await once(child.stdout, 'data');
  const connected = connect(t, http(`http://127.0.0.1:${String(port).trim()}/mcp`));
  await provesModern(connected);
  await provesCancellation(connected, () => said);
});
