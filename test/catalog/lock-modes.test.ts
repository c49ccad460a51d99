import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { draftLock, lockText } from '../../src/catalog/draft-lock.ts';
import { lockHash } from '../../src/config/lock-hash.ts';
import { connect } from '../fixtures/client.ts';
import { everythingGranted, startTestGateway, type TestGateway } from '../fixtures/gateway.ts';
import { until } from '../fixtures/until.ts';
import { startUpstream, type TestUpstream, tool } from '../fixtures/upstream.ts';

interface Setting extends TestGateway {
  readonly upstream: TestUpstream;
}

const [same, changed, fresh] = [tool('same'), tool('changed', '"title":"Now"'), tool('fresh')];

/** A gateway before one server whose lock knows `same`, `changed` as it was, and `gone`. */
async function setUp(t: TestContext): Promise<Setting> {
  const upstream = await startUpstream(t, { tools: [same, changed, fresh] });
  const gateway = await startTestGateway({
    servers: `\n  one: { url: "${upstream.url}" }\n`,
    policies: everythingGranted('one'),
  });
  t.after(() => gateway.close());
  await gateway.gateway.catalog.settled();
  return { ...gateway, upstream };
}

const reviewed = lockText(
  'one',
  draftLock(
    { lock: null, isOverridden: () => false },
    [tool('same'), tool('changed'), tool('gone')].map((raw) => {
      const parsed = JSON.parse(raw);
      const rest = { annotations: null, hash: '', headerParams: [], wrapsOutput: false, define: () => assert.fail() };
      return { ...rest, name: parsed.name, class: 'read', sha256: lockHash(parsed), parsed: () => parsed };
    }),
  ).tools,
);

async function lockIn({ dir, write }: TestGateway, mode: string): Promise<void> {
  const config = await readFile(`${dir}/gateway.config.yaml`, 'utf8');
  await write('policies/lock/one.json', reviewed);
  await write('gateway.config.yaml', config.replace(/name: test(?:, lock: \w+)?/, `name: test, lock: ${mode}`));
}

for (const era of ['legacy', 'modern'] as const) {
  test(`strict takes only the drifted tools from a ${era} client, from one reload to the next`, async (t) => {
    const setting = await setUp(t);
    const client = await connect(era, { url: setting.url });
    assert.deepEqual(await client.names(), ['one_changed', 'one_fresh', 'one_same']);
    await lockIn(setting, 'strict');
    await until(async () => (await client.names()).length === 1, 'the strict lock');
    assert.deepEqual(await client.names(), ['one_same']);
    const denied = await client.call('one_changed');
    const unknown = await client.call('one_nothing');
    assert.equal(denied.error?.code, -32602);
    assert.equal(denied.error?.message.replace('changed', ''), unknown.error?.message.replace('nothing', ''));
    assert.equal((await client.call('one_same')).error, null);
    assert.equal(setting.upstream.asked('tools/call').length, 1);
    await lockIn(setting, 'warn');
    await until(async () => (await client.names()).length === 3, 'the lenient lock');
  });
}

test('drift is recorded once, and counted by health and metrics', async (t) => {
  const setting = await setUp(t);
  const drift = async (): Promise<readonly Record<string, unknown>[]> =>
    (await setting.records()).filter(({ ev }) => ev === 'tool.drift');
  assert.deepEqual(await drift(), []);
  await lockIn(setting, 'warn');
  await until(async () => (await drift()).length === 2, 'two records');
  assert.deepEqual(
    (await drift()).map(({ server, tool: name, risk, detail }) => [server, name, risk, detail]),
    [
      [
        'one',
        'changed',
        'read',
        {
          ...{ kind: 'changed', grade: 'prose', hidden: false, sha256: lockHash(JSON.parse(changed)) },
          differences: [{ path: 'title', before: null, after: '"Now"', grade: 'prose' }],
        },
      ],
      [
        'one',
        'fresh',
        'read',
        { kind: 'unlisted', grade: null, hidden: false, sha256: lockHash(JSON.parse(fresh)), differences: [] },
      ],
    ],
  );
  const health = JSON.parse(await (await fetch(`${setting.adminUrl}/healthz`)).text());
  const [{ tools, drifted, unlisted }] = health.servers;
  assert.deepEqual([health.status, tools, drifted, unlisted], ['ok', 3, 1, 1]);
  const metrics = await (await fetch(`${setting.adminUrl}/metrics`)).text();
  assert.match(metrics, /gatehouse_upstream_tools_unreviewed\{server="one",kind="changed"\} 1\n/);
  assert.match(metrics, /gatehouse_upstream_tools_unreviewed\{server="one",kind="unlisted"\} 1\n/);
  await setting.write('policies/more.yaml', 'apiVersion: gatehouse/v1\n');
  await until(
    async () => (await setting.records()).filter(({ ev }) => ev === 'config.reload').length === 2,
    'a reload',
  );
  assert.equal((await drift()).length, 2);
});
