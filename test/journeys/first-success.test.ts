import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freePort, type GatewayProcess, gatehouse, startGateway } from './gateway-process.ts';
import { type ClientKind, clientKinds, connectClient } from './reference-clients.ts';

/** The repository's own configuration, as a newcomer runs it; only ports and state folder are the test's. */
const stage: { state: string; gateway: GatewayProcess | null } = { state: '', gateway: null };

before(async () => {
  stage.state = await mkdtemp(join(tmpdir(), 'gatehouse-first-'));
  stage.gateway = await startGateway(await freePort(), ['--var', stage.state]);
});

after(async () => {
  await stage.gateway?.end();
  await rm(stage.state, { recursive: true, force: true });
});

const running = (): GatewayProcess => {
  assert(stage.gateway !== null);
  return stage.gateway;
};

test('serve prints what is loaded, the endpoint and a line to paste', () => {
  const { url } = running();
  const said = running().out();
  assert.match(said, new RegExp(`^ {2}claude mcp add --transport http gateway ${url}$`, 'm'));
  assert.match(said, new RegExp(`^ {2}endpoint +${url}$`, 'm'));
  assert.match(said, /^ {2}audit log +\S+audit$/m);
  assert.match(said, /everything: \d+ tools\n +files: \d+ tools\n +memory: \d+ tools\n/);
});

for (const kind of Object.keys(clientKinds) as ClientKind[]) {
  test(`${kind} lists and calls tools of all three servers, and denied ones are not there`, async (t) => {
    const client = await connectClient(kind, { url: running().url });
    t.after(() => client.close());
    const tools = await client.toolNames();
    for (const tool of ['everything_echo', 'files_list_directory', 'memory_read_graph']) assert(tools.includes(tool));
    for (const tool of ['everything_get-env', 'files_move_file', 'memory_delete_entities'])
      assert(!tools.includes(tool));
    assert.deepEqual(tools, [...tools].sort());

    assert.match(await client.call('everything_echo', { message: kind }), new RegExp(`Echo: ${kind}`));
    assert.match(await client.call('files_list_directory', { path: '.' }), /^result .*\[FILE\]/);
    assert.match(await client.call('memory_search_nodes', { query: 'nothing of that kind' }), /^result .*entities/);
    const denied = await client.call('files_move_file', { source: 'a', destination: 'b' });
    assert.equal(denied, await client.call('files_no_such_tool', {}));
    assert.match(denied, /^error .*-32602/);
  });
}

test('audit query shows the calls in every format', async () => {
  const sql = `SELECT server, tool, outcome, count(*) AS n FROM calls GROUP BY ALL ORDER BY ALL LIMIT 1`;
  const ask = async (...format: readonly string[]): Promise<string> => {
    const { code, out, err } = await gatehouse(['audit', 'query', '--var', stage.state, ...format, sql]);
    assert.deepEqual([code, err], [0, '']);
    return out;
  };
  assert.match(await ask(), /everything +\W? *echo +\W? *ok +\W? *3/);
  assert.equal(await ask('--format', 'csv'), 'server,tool,outcome,n\r\neverything,echo,ok,3\r\n');
  assert.deepEqual(JSON.parse(await ask('--format', 'json')), [
    { server: 'everything', tool: 'echo', outcome: 'ok', n: 3 },
  ]);
  assert.match(await ask('--format', 'markdown'), /^\| *everything *\| *echo *\| *ok *\| *3 *\|$/m);
});

test("the README's question is answered, denied calls included", async () => {
  const sql = 'SELECT ts, actor, server, tool_as, outcome FROM calls ORDER BY ts DESC LIMIT 10';
  const { code, out } = await gatehouse(['audit', 'query', '--var', stage.state, '--format', 'json', sql]);
  assert.equal(code, 0);
  const rows: { actor: string; tool_as: string; outcome: string }[] = JSON.parse(out);
  assert.equal(rows.length, 10);
  assert(rows.every(({ actor }) => actor === 'you@localhost'));
  assert(rows.some(({ tool_as, outcome }) => tool_as === 'files_move_file' && outcome === 'denied'));
});

test('audit verify passes while the gateway runs', async () => {
  const { code, out } = await gatehouse(['audit', 'verify', '--var', stage.state]);
  assert.equal(code, 0);
  assert.match(out, /^Intact: \d+ records/m);
});
