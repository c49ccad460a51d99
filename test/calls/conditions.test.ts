import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Era } from '../../src/protocol/eras.ts';
import { type Client, connect } from '../fixtures/client.ts';
import { startTestGateway, type TestGateway } from '../fixtures/gateway.ts';
import { startUpstream, type TestUpstream, tool } from '../fixtures/upstream.ts';

const eras = ['modern', 'legacy'] as const;
const input = '{"type":"object","properties":{"wh":{"type":"string"},"n":{"maximum":12345678901234567890}}}';
const query = `{"name":"query","title":"Q","inputSchema":${input},"annotations":{"readOnlyHint":true,"x":1e400}}`;

const policies = `
roles:
  analyst:
    description: Small warehouses
    allow: [{ read: one/query, args: { properties: { wh: { enum: [S, M] } }, required: [wh] } }]
  talker:
    description: Says things in one room
    allow: [{ read: one/say, when: 'args.room == "hall"' }]
  looker: { description: Looks, allow: [{ read: one/look }] }
guardrails:
  quiet: { deny: one/look, when: args.loud == true }
grants:
  - { to: everyone, roles: [analyst, talker, looker] }
`;

interface Scene extends TestGateway {
  readonly upstream: TestUpstream;
  client(era: Era): Promise<Client>;
}

async function start(t: TestContext): Promise<Scene> {
  const tools = [query, tool('say', '"description":"Says it."'), tool('look'), tool('drop')];
  const upstream = await startUpstream(t, { tools });
  const gateway = await startTestGateway({ servers: `\n  one: { url: "${upstream.url}" }`, policies });
  t.after(() => gateway.close());
  return { ...gateway, upstream, client: (era) => connect(era, gateway) };
}

test('a list shows what a call must be like, and leaves all else byte for byte', async (t) => {
  const scene = await start(t);
  for (const era of eras) {
    const { result } = await (await scene.client(era)).ask('tools/list');
    const { tools } = JSON.parse(result);
    const [look, shown, say] = tools;
    assert.deepEqual(
      tools.map(({ name }: { name: string }) => name),
      ['one_look', 'one_query', 'one_say'],
      era,
    );
    assert.deepEqual(shown.inputSchema.properties.wh, { type: 'string', enum: ['S', 'M'] });
    assert.deepEqual(shown.inputSchema.required, ['wh']);
    assert.ok(result.includes('"name":"one_query","title":"Q","inputSchema":{'), result);
    assert.ok(result.includes('"annotations":{"readOnlyHint":true,"x":1e400}'), result);
    assert.equal(shown.description, undefined);
    assert.equal(say.description, 'Says it.\n\nAllowed only when args.room == "hall".');
    assert.deepEqual(say.inputSchema, { type: 'object' });
    assert.equal(look.description, 'Denied when args.loud == true.');
  }
});

test('a call within its condition passes byte for byte; one outside is told what must hold', async (t) => {
  const scene = await start(t);
  const within = '{ "wh":"\\u0053","n":1.0 }';
  const refused: readonly (readonly [string, string, string])[] = [
    ['one_query', '{"wh":"XXL"}', '(role analyst): args.wh must be one of S, M.'],
    ['one_query', '{}', '(role analyst): args.wh is required.'],
    [
      'one_query',
      '{"wh":"S","n":1e400}',
      '(role analyst): the arguments hold a number that not every program reads alike.',
    ],
    [
      'one_query',
      '{"wh":"S","WH":"XXL"}',
      '(role analyst): the arguments hold two members whose names differ only in case.',
    ],
    ['one_say', '{"room":"cellar"}', '(role talker): args.room == "hall" does not hold.'],
    ['one_look', '{"loud":true}', '(guardrail quiet): it denies calls where args.loud == true.'],
  ];
  for (const era of eras) {
    const client = await scene.client(era);
    const asked = scene.upstream.asked('tools/call').length;
    assert.equal((await client.call('one_query', within)).error, null);
    assert.equal((await client.call('one_look', '{"loud":false,"n":1e400}')).error?.code, undefined);
    const bodies = scene.upstream.asked('tools/call').slice(asked);
    assert.ok(bodies[0]?.body.includes(`"arguments":${within}`));
    assert.equal(bodies.length, 1, 'an unfit number is not sent on where a guardrail asks');
    for (const [name, args, told] of refused) {
      const { status, result } = await client.call(name, args);
      const complete = era === 'modern' ? '"resultType":"complete",' : '';
      const text = JSON.stringify(`Not allowed with these arguments ${told}`);
      assert.equal(result, `{${complete}"content":[{"type":"text","text":${text}}],"isError":true}`);
      assert.equal(status, 200);
    }
    assert.equal(scene.upstream.asked('tools/call').length, asked + 1);
    assert.equal((await client.call('one_drop', '{}')).error?.message, 'Unknown tool.');
  }
});

test('a call is recorded with the role or guardrail whose condition refused it, and why', async (t) => {
  const scene = await start(t);
  const client = await scene.client('modern');
  for (const args of ['{"wh":"S"}', '{"wh":"XXL"}']) await client.call('one_query', args);
  await client.call('one_look', '{"loud":true}');
  const calls = (await scene.records()).filter(({ ev }) => ev === 'tool.call');
  assert.deepEqual(
    calls.map(({ decision, why, rule, outcome, err }) => [decision, why, rule, outcome, err]),
    [
      ['allow', undefined, 'analyst policies/access.yaml:6', 'ok', undefined],
      ['deny', 'condition', 'analyst policies/access.yaml:6', 'denied', 'args.wh must be one of S, M'],
      ['deny', 'condition', 'quiet policies/access.yaml:12', 'denied', 'it denies calls where args.loud == true'],
    ],
  );
});

test('no member of a call is passed on that some servers would read for the one that was judged', async (t) => {
  const scene = await start(t);
  for (const era of eras) {
    const client = await scene.client(era);
    for (const more of ['"Arguments":{"wh":"XXL"}', '"Name":"drop"', '"_Meta":{}', '"argument\u017f":{}']) {
      const { error } = await client.ask('tools/call', `"name":"one_query","arguments":{"wh":"S"},${more}`);
      assert.equal(error?.code, -32602, more);
    }
    assert.equal(scene.upstream.asked('tools/call').length, 0);
  }
});
