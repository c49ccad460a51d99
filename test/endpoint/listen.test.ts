import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, connect, type Ear } from '../fixtures/client.ts';
import { startTestGateway, type TestGateway } from '../fixtures/gateway.ts';
import { mintRobots } from '../fixtures/robots.ts';
import { until } from '../fixtures/until.ts';
import { startUpstream, type TestUpstream, tool } from '../fixtures/upstream.ts';
import { gather, open } from '../http/raw-client.ts';
import { bytesOf } from './raw-request.ts';

const robots = mintRobots('alpha', 'beta', 'gamma');
type Name = keyof typeof robots.keys;

type Clients = Readonly<Record<`${Name} ${Client['era']}`, Client>>;

interface Scene extends TestGateway {
  readonly one: TestUpstream;
  readonly two: TestUpstream;
  /** By robot and era, as `alpha modern`. */
  readonly clients: Clients;
  readonly ears: Readonly<Record<string, Ear>>;
  grant(change?: Partial<Policy>): Promise<void>;
}

interface Policy {
  readonly alpha: readonly string[];
  readonly beta: string;
  readonly robots: string;
}

/** So much is granted that what a test takes away does not look like files half written. */
function policyOf({ alpha, beta, robots: known }: Policy): string {
  return `${known}
roles:
  first: { description: One, allow: [{ read: [${alpha.map((name) => `one/${name}`)}] }] }
  second: { description: Two, allow: [{ read: [two/a, two/b, two/c, two/d] }] }
grants:
  - { to: "robot:alpha", roles: [first] }
  - { to: "robot:beta", roles: [second]${beta} }
  - { to: "robot:gamma", roles: [first, second] }
`;
}

const usual: Policy = { alpha: ['a', 'b', 'c', 'd'], beta: '', robots: robots.yaml };

async function start(t: TestContext): Promise<Scene> {
  const tools = ['a', 'b', 'c', 'd'].map((name) => tool(name));
  const one = await startUpstream(t, { tools });
  const two = await startUpstream(t, { tools, era: 'legacy' });
  const gateway = await startTestGateway({
    servers: `\n  one: { url: "${one.url}" }\n  two: { url: "${two.url}" }`,
    policies: policyOf(usual),
  });
  t.after(() => gateway.close());
  const clients: Record<string, Client> = {};
  const ears: Record<string, Ear> = {};
  for (const [name, key] of Object.entries(robots.keys)) {
    for (const era of ['modern', 'legacy'] as const) {
      const client = await connect(era, { ...gateway, key });
      await client.names();
      clients[`${name} ${era}`] = client;
      ears[`${name} ${era}`] = await client.listen(t);
    }
  }
  await until(() => one.listeners() === 1 && two.listeners() === 1, 'the gateway to listen upstream');
  const grant: Scene['grant'] = (change) =>
    gateway.write('policies/access.yaml', `apiVersion: gatehouse/v1\n${policyOf({ ...usual, ...change })}`);
  return { ...gateway, one, two, clients: clients as Clients, ears, grant };
}

/** Who has been told how often. */
function told(ears: Scene['ears']): Record<string, number> {
  const counted = Object.entries(ears).map(([name, ear]) => [name, ear.changes()] as const);
  return Object.fromEntries(counted.filter(([, changes]) => changes > 0));
}

/** In the end `wanted` have been told once each, and in the time after nobody else. */
async function assertTold(ears: Scene['ears'], ...wanted: readonly string[]): Promise<void> {
  await until(() => wanted.every((name) => ears[name]?.changes() === 1), `${wanted} to be told`);
  await sleep(150);
  assert.deepEqual(told(ears), Object.fromEntries(wanted.map((name) => [name, 1])));
}

test('a changed grant is told to those whose list it changes', async (t) => {
  const { ears, clients, grant } = await start(t);
  await grant({ alpha: ['a', 'b', 'c'] });
  await assertTold(ears, 'alpha modern', 'alpha legacy', 'gamma modern', 'gamma legacy');
  for (const era of ['modern', 'legacy'] as const) {
    assert.deepEqual(await clients[`alpha ${era}`].names(), ['one_a', 'one_b', 'one_c']);
    assert.equal((await clients[`alpha ${era}`].call('one_d')).error?.code, -32602);
    assert.equal((await clients[`beta ${era}`].names()).length, 4);
  }
});

test('a change that leaves every list as it is is told to nobody', async (t) => {
  const { ears, gateway, grant } = await start(t);
  await grant({ beta: ', why: Because' });
  await until(() => gateway.catalog.view().version > 0, 'the reload');
  await sleep(500);
  assert.deepEqual(told(ears), {});
});

test('a key taken out of the files ends its streams', async (t) => {
  const { ears, clients, grant } = await start(t);
  const keyless = robots.yaml.replace(/(gamma: \{ owner: test).*/, '$1 }');
  await grant({ robots: keyless });
  await until(() => ['gamma modern', 'gamma legacy'].every((name) => ears[name]?.ended()), 'the streams to end');
  assert.equal((await clients['gamma legacy'].ask('ping')).status, 401);
  assert.equal((await clients['gamma modern'].call('one_a')).status, 401);
  const last = ears['gamma modern']?.heard().at(-1) ?? '';
  assert.match(last, /"id":"ear","result":\{"resultType":"complete","_meta":\{.*subscriptionId":"ear"\}\}/);
  assert(['alpha modern', 'beta legacy'].every((name) => ears[name]?.ended() === false));
});

test('what an upstream says has changed is told to those who see that server', async (t) => {
  const { ears, one, two, clients } = await start(t);
  two.tools = [...two.tools, tool('e')];
  two.sayChanged();
  await until(() => two.asked('tools/list').length === 2, 'the upstream to be asked again');
  await sleep(150);
  assert.deepEqual(told(ears), {}, 'nobody may call the new tool');
  two.tools = two.tools.slice(0, 3);
  two.sayChanged();
  await assertTold(ears, 'beta modern', 'beta legacy', 'gamma modern', 'gamma legacy');
  one.tools = [tool('a', '"description":"other"'), ...one.tools.slice(1)];
  one.sayChanged();
  await until(() => ears['alpha modern']?.changes() === 1, 'another definition to be told');
  assert.match((await clients['alpha legacy'].ask('tools/list')).result, /"description":"other"/);
});

test('a grant that ends by its date is told when it ends', async (t) => {
  const { ears, clients, grant } = await start(t);
  const end = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 1_000);
  await grant({ beta: `, expires: "${end.toISOString().replace('.000', '')}"` });
  await sleep(end.getTime() - Date.now() - 200);
  assert.deepEqual(told(ears), {});
  assert.equal((await clients['beta modern'].names()).length, 4);
  await sleep(200);
  assert.deepEqual(await clients['beta modern'].names(), []);
  await until(() => ears['beta modern']?.changes() === 1, 'the end to be told');
  await assertTold(ears, 'beta modern', 'beta legacy');
});

test('a legacy client that listens later hears of what it missed', async (t) => {
  const { ears, clients, grant } = await start(t);
  const [late, fresh] = [clients['alpha legacy'], clients['beta legacy']];
  ears['alpha legacy']?.close();
  await grant({ alpha: ['a', 'b', 'c'] });
  await until(() => ears['alpha modern']?.changes() === 1, 'the reload');
  const again = await late.listen(t);
  await until(() => again.changes() === 1, 'the change to be told');
  assert.equal((await fresh.listen(t)).changes(), 0);
  await late.names();
  again.close();
  const last = await late.listen(t);
  await sleep(100);
  assert.equal(last.changes(), 0);
});

test('a subscription is acknowledged with what it will speak of, and speaks of nothing else', async (t) => {
  const { clients, ears, grant, url } = await start(t);
  const meta = '"_meta":{"io.modelcontextprotocol/subscriptionId":"ear"}';
  const acknowledged = (honoured: string): string =>
    `{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"notifications":${honoured},${meta}}}`;
  assert.deepEqual(ears['alpha modern']?.heard(), [acknowledged('{"toolsListChanged":true}')]);
  const method = 'subscriptions/listen';
  const params = '"notifications":{"promptsListChanged":true,"toolsListChanged":false}';
  const headers = { Authorization: clients['alpha modern'].headers['authorization'] ?? '' };
  const socket = open(t, Number(url.port));
  const received = gather(socket);
  socket.write(bytesOf({ is: '', from: 'modern', method, params, headers, id: '"ear"', status: 200 }, ''));
  await grant({ alpha: ['a', 'b', 'c'] });
  await until(() => ears['alpha modern']?.changes() === 1, 'the reload');
  socket.destroy();
  assert.deepEqual((await received).match(/(?<=^data: ).*$/gm), [acknowledged('{}')]);
});
