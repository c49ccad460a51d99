import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { connect } from '../fixtures/client.ts';
import { everythingGranted, startTestGateway, type TestGateway } from '../fixtures/gateway.ts';
import { until } from '../fixtures/until.ts';
import { startUpstream, tool } from '../fixtures/upstream.ts';

async function start(t: TestContext, servers: string, settings = ''): Promise<TestGateway> {
  const names = [...servers.matchAll(/^ {2}(\w+):/gm)].map(([, name = '']) => name);
  const gateway = await startTestGateway({ servers: `\n${servers}`, policies: everythingGranted(...names), settings });
  t.after(() => gateway.close());
  return gateway;
}

async function timed<T>(work: Promise<T>): Promise<readonly [T, number]> {
  const begun = performance.now();
  return [await work, performance.now() - begun];
}

test('fifty clients that list at once cost the upstream one question', async (t) => {
  const upstream = await startUpstream(t, {
    list: (asked) => setTimeout(() => asked.result(`{"tools":[${tool('a')}],"resultType":"complete"}`), 100),
  });
  const gateway = await start(t, `  one: { url: "${upstream.url}" }`);
  const lists = Array.from({ length: 50 }, async (_, index) =>
    (await connect(index % 2 === 0 ? 'modern' : 'legacy', gateway)).names(),
  );
  assert.deepEqual(new Set((await Promise.all(lists)).flat()), new Set(['one_a']));
  assert.equal(upstream.asked('tools/list').length, 1);
});

test('the upstream is asked again when it says so', async (t) => {
  const one = await startUpstream(t, { tools: [tool('a')] });
  const gateway = await start(t, `  one: { url: "${one.url}" }`, 'limits: { list_ttl_ms: 600000 }');
  const client = await connect('legacy', gateway);
  await client.names();
  await until(() => one.listeners() === 1, 'the gateway to listen');
  one.tools = [tool('b')];
  one.sayChanged();
  await until(async () => (await client.names()).join() === 'one_b', 'the change');
});

test('a dead and a hanging server neither hide nor delay the others, and their absence shows', async (t) => {
  const sound = await startUpstream(t, { tools: [tool('a')] });
  const hanging = await startUpstream(t, { list: () => undefined });
  const dead = await startUpstream(t);
  dead.stop();
  const servers = `  sound: { url: "${sound.url}" }
  hanging: { url: "${hanging.url}" }
  dead: { url: "${dead.url}" }`;
  const gateway = await start(t, servers, 'limits: { discovery_wait_ms: 2000 }');
  const [client, waited] = await timed(connect('modern', gateway));
  const [names, first] = await timed(client.names());
  assert.deepEqual(names, ['sound_a']);
  assert(waited + first < 20_000, `${waited} + ${first} ms`);
  const [again, second] = await timed(client.names());
  assert.deepEqual(again, names);
  assert(second < 1_500, `${second} ms: the wait is over for everybody`);
  assert.equal((await client.call('hanging_x')).error?.code, -32602);

  const { instructions } = JSON.parse((await client.ask('server/discover')).result);
  assert.match(instructions, /Not available at the moment: hanging .*\n.*Not available at the moment: dead /s);
  const health = JSON.parse(await (await fetch(`${gateway.adminUrl}/healthz`)).text());
  const states = health.servers.map(({ name, state }: Record<string, string>) => `${name} ${state}`);
  assert.deepEqual([health.status, ...states], ['degraded', 'sound up', 'hanging down', 'dead down']);
  const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
  for (const [name, up] of [
    ['dead', 0],
    ['hanging', 0],
    ['sound', 1],
  ]) {
    assert.match(metrics, new RegExp(`gatehouse_upstream_up\\{server="${name}"\\} ${up}`));
  }
});

test('a server that comes back is listed again, and those who see it are told', async (t) => {
  const one = await startUpstream(t, { tools: [tool('a')] });
  one.stop();
  const gateway = await start(t, `  one: { url: "${one.url}" }`);
  const client = await connect('legacy', gateway);
  assert.deepEqual(await client.names(), []);
  const ear = await client.listen(t);
  await one.restart();
  await until(() => ear.changes() === 1, 'the change to be told');
  assert.deepEqual(await client.names(), ['one_a']);
});
