import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Era } from '../../src/protocol/eras.ts';
import { type Client, connect } from '../fixtures/client.ts';
import { everythingGranted, startTestGateway, type TestGateway } from '../fixtures/gateway.ts';
import { until } from '../fixtures/until.ts';
import { type Asked, complete, startUpstream, type TestUpstream, tool } from '../fixtures/upstream.ts';

interface Cell extends TestGateway {
  readonly upstream: TestUpstream;
  readonly client: Client;
}

interface CellOptions {
  readonly client: Era;
  readonly upstream: Era;
  readonly call: (asked: Asked) => unknown;
  readonly timeout?: string;
}

async function startCell(t: TestContext, options: CellOptions): Promise<Cell> {
  const upstream = await startUpstream(t, { era: options.upstream, tools: [tool('look')], call: options.call });
  const gateway = await startTestGateway({
    servers: `\n  one: { url: "${upstream.url}", timeout: ${options.timeout ?? '10s'} }`,
    policies: everythingGranted('one'),
  });
  t.after(() => gateway.close());
  return { ...gateway, upstream, client: await connect(options.client, gateway) };
}

async function lastCall({ records }: Pick<Cell, 'records'>): Promise<Readonly<Record<string, unknown>>> {
  const calls = (await records()).filter(({ ev }) => ev === 'tool.call');
  return calls.at(-1) ?? assert.fail('no call was recorded');
}

/** Everything that is lost when JSON is read and written again. */
const exact =
  '{ "big": 12345678901234567890,"huge":1e400, "small":1.0,"text":"\\u0061\\/\\u00e9\\ud83d\\ude00\u2028", "":{"__proto__":[ ]} }';
const strange = `"content":[{"type":"hologram","x":${exact}},{"type":"text","text":"\\u0041"}],"structuredContent":${exact},"isError":false,"future":[1e400],"_meta":{"example.com/n":10000000000000000001}`;
const cells: readonly (readonly [Era, Era])[] = [
  ['legacy', 'legacy'],
  ['legacy', 'modern'],
  ['modern', 'legacy'],
  ['modern', 'modern'],
];

for (const [client, upstream] of cells) {
  const cell = `${client} client, ${upstream} upstream`;

  test(`${cell}: arguments and result pass byte for byte, as JSON and as events`, async (t) => {
    const forms = ['json', 'events'] as const;
    let form: (typeof forms)[number] = 'json';
    const call = (asked: Asked): void => asked.result(complete(upstream, strange), form);
    const scene = await startCell(t, { client, upstream, call });
    for (form of forms) {
      const reply = await scene.client.ask('tools/call', `"name":"one_look","arguments":${exact},"future":1e400`, {
        meta: '"example.com/x":1.0,"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"',
      });
      assert.equal(reply.result, complete(client, strange), form);
      const { body } = scene.upstream.asked('tools/call').at(-1) ?? assert.fail();
      assert(body.includes(`"arguments":${exact}`), body);
      assert(body.includes('"name":"look"') && body.includes('"future":1e400'), body);
      assert(body.includes('"example.com/x":1.0,"traceparent":"00-0af'), body);
    }
    const { outcome, server, tool: name, tool_as, trace, proto } = await lastCall(scene);
    assert.deepEqual([outcome, server, name, tool_as], ['ok', 'one', 'look', 'one_look']);
    assert.deepEqual(
      [trace, proto],
      ['0af7651916cd43dd8448eb211c80319c', client === 'modern' ? '2026-07-28' : '2025-11-25'],
    );
  });

  test(`${cell}: nothing of the client’s hop reaches the upstream`, async (t) => {
    const scene = await startCell(t, {
      client,
      upstream,
      call: (asked) => asked.result(complete(upstream, '"content":[]')),
    });
    await scene.client.call('one_look', undefined, { id: '"mine"', meta: '"progressToken":"mine"' });
    const { body, headers, id } = scene.upstream.asked('tools/call')[0] ?? assert.fail();
    assert.doesNotMatch(body + JSON.stringify(headers), /mine|"raw"/);
    assert.match(id, /^"[\w-]{22}"$/);
    assert.equal(headers['mcp-session-id'], upstream === 'legacy' ? 'session-1' : undefined);
    assert.equal(headers['mcp-name'], upstream === 'modern' ? 'look' : undefined);
    assert.equal(body.includes('"arguments":{}'), upstream === 'legacy');
  });

  test(`${cell}: progress comes under the caller’s own token`, async (t) => {
    const call = (asked: Asked): void => {
      asked.progress('"progress":1,"total":1e400,"message":"\\u0061"');
      asked.progress('"progress":2');
      asked.result(complete(upstream, '"content":[]'));
    };
    const scene = await startCell(t, { client, upstream, call });
    for (const token of ['"mine"', '7', '"7"']) {
      const { messages } = await scene.client.call('one_look', '{}', { meta: `"progressToken":${token}` });
      const said = (members: string): string =>
        `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${token},${members}}}`;
      assert.deepEqual(messages.slice(0, 2), [
        said('"progress":1,"total":1e400,"message":"\\u0061"'),
        said('"progress":2'),
      ]);
      assert.equal(messages.length, 3);
    }
    const tokens = scene.upstream.asked('tools/call').map((asked) => asked.token);
    assert.equal(new Set(tokens).size, 3);
    assert.equal((await scene.client.call('one_look')).messages.length, 1, 'none is sent to who did not ask');
  });

  test(`${cell}: cancelling reaches the upstream and is recorded`, async (t) => {
    const scene = await startCell(t, { client, upstream, call: () => undefined });
    const gone = new AbortController();
    const reply = scene.client.call('one_look', '{}', { id: '"c"', signal: gone.signal });
    await until(() => scene.upstream.asked('tools/call').length === 1, 'the call to arrive');
    if (client === 'modern') gone.abort();
    else await scene.client.notify('notifications/cancelled', '"requestId":"c"');
    if (client === 'modern') await assert.rejects(reply);
    else assert.deepEqual([(await reply).status, (await reply).text], [202, '']);
    const [asked] = scene.upstream.asked('tools/call');
    await until(() => asked?.aborted === true, 'the upstream to be hung up on');
    const told = scene.upstream.asked('notifications/cancelled').map(({ body }) => JSON.parse(body).params.requestId);
    if (upstream === 'legacy')
      await until(() => scene.upstream.asked('notifications/cancelled').length === 1, 'word of it');
    assert.deepEqual(
      told.filter((id) => JSON.stringify(id) !== asked?.id),
      [],
    );
    await until(async () => (await scene.records()).some(({ outcome }) => outcome === 'cancelled'), 'the record');
  });

  test(`${cell}: an upstream that takes too long is recorded as a timeout`, async (t) => {
    const scene = await startCell(t, { client, upstream, call: () => undefined, timeout: '300ms' });
    const { status, error } = await scene.client.call('one_look');
    assert.deepEqual([status, error?.code, error?.data], [200, -32603, { reason: 'timeout' }]);
    assert.equal((await lastCall(scene))['outcome'], 'timeout');
    await until(() => scene.upstream.asked('tools/call')[0]?.aborted === true, 'the upstream to be hung up on');
  });
}

test('a modern upstream that asks for more cannot be answered by a legacy client; a modern one is asked', async (t) => {
  const asking = '{"resultType":"input_required","requestState":"s"}';
  const call = (asked: Asked): void => asked.result(asking);
  const scene = await startCell(t, { client: 'legacy', upstream: 'modern', call });
  const { error } = await scene.client.call('one_look');
  assert.deepEqual([error?.code, error?.data], [-32603, { reason: 'bad_answer' }]);
  assert.equal((await lastCall(scene))['outcome'], 'upstream_error');
  assert.equal((await (await connect('modern', scene)).call('one_look')).result, asking);
});
