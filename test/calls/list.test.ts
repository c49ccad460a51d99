import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { connect } from '../fixtures/client.ts';
import { everythingGranted, startTestGateway, type TestFiles, type TestGateway } from '../fixtures/gateway.ts';
import { mintRobots } from '../fixtures/robots.ts';
import { until } from '../fixtures/until.ts';
import { startUpstream, tool } from '../fixtures/upstream.ts';

const robots = mintRobots('alpha', 'beta');

async function start(t: TestContext, files: TestFiles): Promise<TestGateway> {
  const gateway = await startTestGateway(files);
  t.after(() => gateway.close());
  return gateway;
}

const fields = '"annotations":{"readOnlyHint":true,"future":1e400}';
const schema = '{"type":"object","properties":{"n":{"maximum":12345678901234567890}},"$comment":"\\u0061"}';
const whole = (name: string): string =>
  `{"name":"${name}","future":{"x":[1.0]},"inputSchema":${schema},${fields},"_meta":{"ui":{"resourceUri":"ui://a"}}}`;
const listing = `"outputSchema":{"type":"array","items":{"const":1e400}},"execution":{"taskSupport":"optional"}`;

test('a list is the upstream’s bytes under other names, with what the era has besides', async (t) => {
  const upstream = await startUpstream(t, { tools: [whole('look'), tool('array', listing)] });
  const gateway = await start(t, {
    servers: `\n  one: { url: "${upstream.url}" }`,
    policies: everythingGranted('one'),
  });
  const modern = await (await connect('modern', gateway)).ask('tools/list');
  const legacy = await (await connect('legacy', gateway)).ask('tools/list');
  const output = '"outputSchema":{"type":"array","items":{"const":1e400}}';
  const wrapped =
    '"outputSchema":{"type":"object","properties":{"result":{"type":"array","items":{"const":1e400}}},"required":["result"]}';
  const array = tool('one_array', output);
  const cache = '"ttlMs":60000,"cacheScope":"private","resultType":"complete"';
  const info = '"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"gatehouse","version":"0.1.0"}}';
  assert.equal(modern.result, `{"tools":[${array},${whole('one_look')}],${cache},${info}}`);
  assert.equal(
    legacy.result,
    `{"tools":[${tool('one_array', `${wrapped},"execution":{"taskSupport":"optional"}`)},${whole('one_look')}]}`,
  );
  assert.equal(modern.headers.get('cache-control'), 'no-store');
});

test('everybody sees what they may call, merged and sorted, and may call what they see', async (t) => {
  const one = await startUpstream(t, { tools: ['b', 'a', 'c'].map((name) => tool(name)) });
  const two = await startUpstream(t, { tools: [tool('x')], era: 'legacy' });
  const destroying = '{"name":"drop","inputSchema":{"type":"object"}}';
  one.tools = [...one.tools, destroying];
  const gateway = await start(t, {
    servers: `\n  one: { url: "${one.url}" }\n  two: { url: "${two.url}", prefix: "" }`,
    policies: `${robots.yaml}
roles:
  all: { description: All, allow: [{ read: [one/*, two/*] }] }
  some: { description: Some, allow: [{ read: [one/a] }, { any: [one/drop] }] }
grants:
  - { to: "robot:alpha", roles: [all] }
  - { to: "robot:beta", roles: [some] }
`,
  });
  const wanted = { alpha: ['one_a', 'one_b', 'one_c', 'x'], beta: ['one_a', 'one_drop'] };
  for (const [name, names] of Object.entries(wanted)) {
    for (const era of ['modern', 'legacy'] as const) {
      const client = await connect(era, { ...gateway, key: robots.keys[name as 'alpha'] });
      assert.deepEqual(await client.names(), names);
      for (const callable of [...wanted.alpha, ...wanted.beta]) {
        const { error } = await client.call(callable);
        assert.equal(error === null, names.includes(callable), `${name} ${era} ${callable}`);
      }
    }
  }
});

test('a long list comes in pages, and a cursor stays good when tools come and go', async (t) => {
  const upstream = await startUpstream(t, { tools: 'gfedcba'.split('').map((name) => tool(name)) });
  const gateway = await start(t, {
    servers: `\n  one: { url: "${upstream.url}" }`,
    policies: everythingGranted('one'),
    settings: 'limits: { list_page_tools: 3 }',
  });
  const page = async (cursor: string, era: 'modern' | 'legacy' = 'modern') => {
    const client = await connect(era, gateway);
    const { tools, nextCursor = '' } = JSON.parse(
      (await client.ask('tools/list', cursor && `"cursor":"${cursor}"`)).result,
    );
    return { names: tools.map(({ name }: { name: string }) => name).join(), next: nextCursor };
  };
  const first = await page('');
  assert.equal(first.names, 'one_a,one_b,one_c');
  const second = await page(first.next);
  assert.equal(second.names, 'one_d,one_e,one_f');
  assert.deepEqual(await page(second.next, 'legacy'), { names: 'one_g', next: '' });
  upstream.tools = ['a', 'cc', 'd', 'h'].map((name) => tool(name));
  upstream.sayChanged();
  await until(async () => !(await page('')).names.includes('one_b'), 'the new list');
  assert.deepEqual(await page(first.next), { names: 'one_cc,one_d,one_h', next: '' });
});

test('a list of exactly one page has no cursor to another', async (t) => {
  const upstream = await startUpstream(t, { tools: ['a', 'b'].map((name) => tool(name)) });
  const gateway = await start(t, {
    servers: `\n  one: { url: "${upstream.url}" }`,
    policies: everythingGranted('one'),
    settings: 'limits: { list_page_tools: 2 }',
  });
  assert.doesNotMatch((await (await connect('legacy', gateway)).ask('tools/list')).result, /nextCursor/);
});

test('a list is recorded with its length, and a bad cursor with its refusal', async (t) => {
  const upstream = await startUpstream(t, { tools: [tool('a')] });
  const gateway = await start(t, {
    servers: `\n  one: { url: "${upstream.url}" }`,
    policies: everythingGranted('one'),
  });
  const client = await connect('legacy', gateway);
  await client.ask('tools/list', '', { id: '"x"' });
  await client.ask('tools/list', '"cursor":"?"');
  const records = (await gateway.records()).filter(({ ev }) => ev === 'tool.list');
  assert.deepEqual(
    records.map(({ req, outcome, detail, actor }) => [req, outcome, detail, actor]),
    [
      ['"x"', 'ok', { tools: 1 }, 'you@localhost'],
      ['7', 'denied', { error: 'bad cursor' }, 'you@localhost'],
    ],
  );
});
