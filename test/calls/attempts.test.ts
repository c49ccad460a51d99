import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Client, connect } from '../fixtures/client.ts';
import { type AuditRecord, everythingGranted, startTestGateway, type TestGateway } from '../fixtures/gateway.ts';
import { startUpstream, type TestUpstream, tool } from '../fixtures/upstream.ts';

interface Scene extends TestGateway {
  readonly upstream: TestUpstream;
  readonly client: Client;
  /** What the log held when the upstream was asked. */
  readonly before: (readonly AuditRecord[])[];
}

const destructive = '{"name":"drop","inputSchema":{"type":"object"},"annotations":{"destructiveHint":true}}';

async function start(t: TestContext, settings = ''): Promise<Scene> {
  const before: (readonly AuditRecord[])[] = [];
  const upstream = await startUpstream(t, {
    tools: [tool('look'), destructive],
    call: async (asked) => {
      before.push(await gateway.records());
      asked.result('{"resultType":"complete","content":[{"type":"text","text":"Bearer abcdefgh12345678"}]}');
    },
  });
  const gateway = await startTestGateway({
    servers: `\n  one: { url: "${upstream.url}" }`,
    policies: everythingGranted('one').replace('one/*', 'one/drop').replace('- any', '- read: "one/look"\n      - any'),
    settings,
  });
  t.after(() => gateway.close());
  return { ...gateway, upstream, before, client: await connect('modern', gateway) };
}

function calls(records: readonly AuditRecord[] | undefined): readonly (readonly unknown[])[] {
  return (records ?? [])
    .filter(({ ev }) => String(ev).startsWith('tool.') && ev !== 'tool.list' && ev !== 'tool.drift')
    .map(({ ev, tool: name }) => [ev, name]);
}

test('a destructive call is on record before the upstream is asked, and its outcome names that record', async (t) => {
  const scene = await start(t);
  assert.equal((await scene.client.call('one_look', '{}')).error, null);
  assert.equal((await scene.client.call('one_drop', '{"password":"x"}')).error, null);
  assert.deepEqual(scene.before.map(calls), [
    [],
    [
      ['tool.call', 'look'],
      ['tool.attempt', 'drop'],
    ],
  ]);
  const records = await scene.records();
  const attempt = records.find(({ ev }) => ev === 'tool.attempt');
  const outcomes = records.filter(({ ev }) => ev === 'tool.call');
  assert.deepEqual(
    outcomes.map(({ of }) => of),
    [undefined, attempt?.['seq']],
  );
  const { args, args_mode, args_mac, outcome, decision, actor, tool_def } = attempt ?? {};
  const [, ended] = outcomes;
  assert.deepEqual([args, args_mode, outcome, decision], [undefined, 'hash', undefined, 'allow']);
  assert.deepEqual([args_mac, actor, tool_def], [ended?.['args_mac'], ended?.['actor'], ended?.['tool_def']]);
  assert.deepEqual([ended?.['args'], ended?.['args_red']], [{ password: '[redacted]' }, ['/password']]);
});

for (const [attempts, expected] of [
  ['all', ['tool.attempt', 'tool.call', 'tool.attempt', 'tool.call']],
  ['off', ['tool.call', 'tool.call']],
] as const) {
  test(`attempts: ${attempts} holds for every call`, async (t) => {
    const scene = await start(t, `audit: { attempts: ${attempts} }`);
    await scene.client.call('one_look', '{}');
    await scene.client.call('one_drop', '{}');
    assert.deepEqual(
      calls(await scene.records()).map(([ev]) => ev),
      expected,
    );
  });
}

test('without room for the log only reads are made, and who is refused is told why', async (t) => {
  const scene = await start(t, 'limits: { audit_space_scarce_bytes: 1099511627776 }');
  assert.equal((await scene.client.call('one_look', '{}')).error, null);
  const { error } = await scene.client.call('one_drop', '{}');
  assert.deepEqual([error?.code, error?.data], [-32603, { reason: 'audit_space' }]);
  assert.equal(scene.before.length, 1);
  const { outcome, decision, why } = (await scene.records()).at(-1) ?? {};
  assert.deepEqual([outcome, decision, why], ['denied', 'deny', 'audit_space']);
  const health = await fetch(`${scene.adminUrl}/healthz`);
  assert.deepEqual([health.status, ((await health.json()) as { status: string }).status], [200, 'degraded']);
});

test('what is kept follows the first rule that matches, and a reload changes it', async (t) => {
  const scene = await start(
    t,
    'audit: { redact: [{ tools: one/drop, class: read, arguments: none }, { tools: one/d*, results: redact, mask: /rows/*/iban, label: pii }] }',
  );
  await scene.client.call('one_drop', '{"rows":[{"iban":"DE02","n":1},{"iban":5}],"iban":"kept"}');
  await scene.client.call('one_look', '{"rows":[{"iban":"DE02"}]}');
  const [drop, look] = (await scene.records()).filter(({ ev }) => ev === 'tool.call');
  assert.deepEqual(drop?.['args'], { rows: [{ iban: '[redacted]', n: 1 }, { iban: '[redacted]' }], iban: 'kept' });
  assert.deepEqual([drop?.['args_red'], drop?.['label']], [['/rows/0/iban', '/rows/1/iban'], 'pii']);
  assert.deepEqual(drop?.['res'], { resultType: 'complete', content: [{ type: 'text', text: '[redacted]' }] });
  assert.deepEqual(drop?.['res_red'], ['/content/0/text']);
  assert.deepEqual(
    [look?.['args'], look?.['res'], look?.['label']],
    [{ rows: [{ iban: 'DE02' }] }, undefined, undefined],
  );
});
