import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport as TransportV1 } from '@modelcontextprotocol/sdk/shared/transport.js';
import { referenceServers, startTestGateway, type TestGateway } from '../fixtures/gateway.ts';

/** What a program sees that knows nothing of conditions. */
interface Program {
  listTools(): Promise<{ readonly tools: readonly { readonly name: string; readonly inputSchema: unknown }[] }>;
  callTool(call: { readonly name: string; readonly arguments: { readonly path: string } }): Promise<unknown>;
}

const policies = `
roles:
  reader:
    description: Reads what lies in the open
    allow:
      - read: files/read_text_file
        args: { properties: { path: { pattern: "^/.*/open/[a-z]+$" } }, required: [path] }
grants:
  - { to: everyone, roles: [reader] }
`;

async function start(t: TestContext): Promise<TestGateway> {
  const gateway = await startTestGateway((dir) => ({ servers: referenceServers(dir), policies }));
  t.after(() => gateway.close());
  for (const folder of ['open', 'closed']) {
    await mkdir(join(gateway.dir, folder), { recursive: true });
    await writeFile(join(gateway.dir, folder, 'note'), `from ${folder}`);
  }
  return gateway;
}

async function connectV2(t: TestContext, url: URL, mode: 'auto' | 'legacy'): Promise<Program> {
  const client = new Client({ name: 'journey', version: '2' }, { versionNegotiation: { mode } });
  await client.connect(new StreamableHTTPClientTransport(url));
  t.after(() => client.close());
  return client;
}

async function connectV1(t: TestContext, url: URL): Promise<Program> {
  const client = new ClientV1({ name: 'journey', version: '1' });
  // The SDK's own transports do not satisfy its interface under exactOptionalPropertyTypes.
  await client.connect(new HttpV1(url) as TransportV1);
  t.after(() => client.close());
  return client;
}

test('clients of every kind see the condition in the schema, pass within it and are told outside of it', async (t) => {
  const { url, dir, records } = await start(t);
  const programs = [await connectV2(t, url, 'auto'), await connectV2(t, url, 'legacy'), await connectV1(t, url)];
  const name = 'files_read_text_file';
  for (const program of programs) {
    const { tools } = await program.listTools();
    assert.deepEqual(
      tools.map((tool) => tool.name),
      [name],
    );
    assert.match(JSON.stringify(tools[0]?.inputSchema), /"path":\{"type":"string","pattern":"\^\/\.\*\/open/);
    const read = await program.callTool({ name, arguments: { path: join(dir, 'open/note') } });
    assert.match(JSON.stringify(read), /"text":"from open"/);
    const refused = await program.callTool({ name, arguments: { path: join(dir, 'open/../closed/note') } });
    assert.match(JSON.stringify(refused), /Not allowed with these arguments \(role reader\): args\.path /);
    assert.match(JSON.stringify(refused), /"isError":true/);
    assert.doesNotMatch(JSON.stringify(refused), /closed/, 'no value of an argument');
  }
  const calls = (await records()).filter(({ ev }) => ev === 'tool.call');
  assert.deepEqual(
    calls.map(({ decision, why, outcome }) => `${decision} ${why ?? outcome}`),
    programs.flatMap(() => ['allow ok', 'deny condition']),
  );
});
