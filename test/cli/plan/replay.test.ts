import assert from 'node:assert/strict';
import { appendFileSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { Ajv } from 'ajv';
import { filesIn } from '../../audit/log.ts';
import { type RecordedGateway, startRecorded } from '../recorded-gateway.ts';

const policy = (rule: string, more = '', spare = '') => `roles:
  reader:
    description: Reads
    allow:
      - ${rule}
grants:
  - { to: user:ana@acme.co, roles: [reader] }
${spare}${more}`;
const open = policy('read: db/*');
const frozen = policy('read: db/*', 'guardrails: { frozen: { deny: db/put } }\n');
const onlyOrders = policy(`{ read: db/get, when: 'args.table == "orders"' }`);

/** The policy of the working tree against what is committed, over the log. */
async function replayOf(gateway: RecordedGateway, words = '') {
  const { out, code, err } = await gateway.plan(
    `HEAD --replay ${gateway.log} --max-removed 100% --format json${words}`,
  );
  assert.equal(err, '');
  const plan = JSON.parse(out);
  const url = new URL('../../../schema/plan-output.schema.json', import.meta.url);
  const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(JSON.parse(readFileSync(url, 'utf8')));
  assert.equal(validate(plan), true, JSON.stringify(validate.errors));
  return { ...plan.replay, code, exceeded: plan.exceeded };
}

const uses = (list: readonly { who: string; tool: string; calls: number }[]) =>
  list.map(({ who, tool, calls }) => `${who} ${tool} ${calls}`);

describe('gatehouse plan --replay', () => {
  it('tells what is in use and would vanish, who, how often, when last, and by what', async (t) => {
    const gateway = await startRecorded(t, open);
    for (const tool of ['db_get', 'db_put', 'db_put']) await gateway.call(tool);
    gateway.write(frozen);
    const { calls, vanishing, allowed, undecided, earlier, complete, code } = await replayOf(gateway);
    assert.deepEqual(uses(vanishing), ['user:ana@acme.co db/put 2']);
    const [{ reason, because, last }] = vanishing;
    assert.equal(reason, 'the guardrail frozen takes it away');
    assert.deepEqual(
      because.map(({ file, line, side }: Record<string, unknown>) => `${side} ${file}:${line}`),
      ['head policies/access.yaml:13', 'base policies/access.yaml:12', 'base policies/access.yaml:10'],
    );
    assert(Math.abs(Date.parse(last) - Date.now()) < 60_000);
    assert.deepEqual([calls, allowed, undecided, earlier, complete], [3, [], {}, { denied: 0, allowed: 0 }, true]);
    assert.equal(code, 2);
  });

  it('ends with 3 for it only when told to', async (t) => {
    const gateway = await startRecorded(t, open);
    await gateway.call('db_put');
    gateway.write(frozen);
    const { code, exceeded } = await replayOf(gateway, ' --deny-used');
    assert.deepEqual([code, exceeded.map(({ limit }: { limit: string }) => limit)], [3, ['used-access']]);
    gateway.write(policy('read: db/put'));
    assert.equal((await replayOf(gateway, ' --deny-used')).code, 2);
  });

  it('tells what was denied and would be allowed', async (t) => {
    const gateway = await startRecorded(t, frozen);
    await gateway.call('db_put');
    await gateway.call('db_get', '{}', 'spare');
    gateway.write(policy('read: db/*', '', '  - { to: robot:spare, roles: [reader] }\n'));
    const { vanishing, allowed } = await replayOf(gateway);
    assert.deepEqual(vanishing, []);
    assert.deepEqual(uses(allowed).sort(), ['robot:spare db/get 1', 'user:ana@acme.co db/put 1']);
  });

  it('decides by the arguments that were recorded, and counts what it cannot decide', async (t) => {
    for (const [mode, expected] of [
      ['full', [['user:ana@acme.co db/get 2'], {}]],
      ['none', [[], { 'not-recorded': 3 }]],
    ] as const) {
      const gateway = await startRecorded(t, policy('read: db/get'), { audit: mode });
      for (const table of ['orders', 'people', 'people']) await gateway.call('db_get', JSON.stringify({ table }));
      gateway.write(onlyOrders);
      const { vanishing, undecided } = await replayOf(gateway);
      assert.deepEqual([uses(vanishing), undecided], expected);
    }
  });

  it('needs no arguments where the condition is the same, or the head denies whatever they are', async (t) => {
    const gateway = await startRecorded(t, onlyOrders, { audit: 'none' });
    await gateway.call('db_get', '{"table":"orders"}');
    gateway.write(`# the same\n${onlyOrders}`);
    const same = await replayOf(gateway);
    assert.deepEqual([same.calls, same.vanishing, same.undecided], [1, [], {}]);
    gateway.write(policy('read: db/put'));
    assert.deepEqual(uses((await replayOf(gateway)).vanishing), ['user:ana@acme.co db/get 1']);
  });

  it('judges the time of day by that of the call', async (t) => {
    const gateway = await startRecorded(t, policy('read: db/get'));
    await gateway.call('db_get');
    const year = new Date().getUTCFullYear();
    gateway.write(policy(`{ read: db/get, when: 'now.getFullYear() == ${year}' }`));
    assert.deepEqual(uses((await replayOf(gateway, ' --at 2040-01-01')).vanishing), []);
    gateway.write(policy(`{ read: db/get, when: 'now.getFullYear() != ${year}' }`));
    assert.deepEqual(uses((await replayOf(gateway)).vanishing), ['user:ana@acme.co db/get 1']);
  });

  it('keeps apart what the base decides otherwise already', async (t) => {
    const gateway = await startRecorded(t, open);
    await gateway.call('db_put');
    gateway.write(frozen);
    gateway.commit();
    gateway.write(policy('read: db/get'));
    const { vanishing, earlier } = await replayOf(gateway);
    assert.deepEqual([vanishing, earlier], [[], { denied: 1, allowed: 0 }]);
  });

  it('says that a robot is gone', async (t) => {
    const gateway = await startRecorded(t, policy('read: db/*', '', '  - { to: robot:bot, roles: [reader] }\n'));
    await gateway.call('db_get');
    await gateway.call('db_get', '{}', 'bot');
    gateway.edit(
      'policies/access.yaml',
      [/ {2}bot: .*\n/.exec(readFileSync(`${gateway.folder}/policies/access.yaml`, 'utf8'))?.[0] ?? '', ''],
      ['  - { to: robot:bot, roles: [reader] }\n', ''],
    );
    const { vanishing } = await replayOf(gateway);
    assert.deepEqual(
      vanishing.map(({ who, reason }: Record<string, unknown>) => `${who} ${reason}`),
      ['robot:bot there is no such robot'],
    );
  });

  it('reads a log that is being written, and says what of a finished one could not be read', async (t) => {
    const gateway = await startRecorded(t, open);
    await gateway.call('db_put');
    gateway.write(frozen);
    for (const file of filesIn(gateway.log)) appendFileSync(file, '{"v":1,"seq":');
    const { vanishing, complete } = await replayOf(gateway);
    assert.deepEqual([uses(vanishing), complete], [['user:ana@acme.co db/put 1'], true]);
  });

  it('keeps to the moments asked for', async (t) => {
    const gateway = await startRecorded(t, open);
    await gateway.call('db_put');
    gateway.write(frozen);
    assert.equal((await replayOf(gateway, ' --since 1h')).calls, 1);
    assert.equal((await replayOf(gateway, ' --until 1h')).calls, 0);
  });

  for (const [format, expected] of [
    [
      'human',
      /\nReplay of 2 calls: 1 in use would vanish, 1 denied would be allowed\n {2}- db\/put \(read\), 1 call of user:ana@acme\.co, last .*Z: the\n {4}guardrail frozen takes it away\n {6}policies\/access\.yaml:14; before: .*\n {2}\+ db\/get \(read\), 1 call of robot:spare, last .*, denied\s+then\n/,
    ],
    ['markdown', /\*\*Replay of 2 calls: 1 in use would vanish, [^|]*\n\n\| {2}\| Calls \| Where \|/],
    ['github', /::warning [^\n]*db\/put \(read\)/],
    ['sarif', /"ruleId": "plan-replay"/],
    ['junit', /db\/put \(read\), 1 call/],
  ] as const) {
    it(`is told as ${format}`, async (t) => {
      const gateway = await startRecorded(t, open);
      await gateway.call('db_put');
      await gateway.call('db_get', '{}', 'spare');
      gateway.write(
        policy(
          'read: db/*',
          'guardrails: { frozen: { deny: db/put } }\n',
          '  - { to: robot:spare, roles: [reader] }\n',
        ),
      );
      const { out } = await gateway.plan(`HEAD --replay ${gateway.log} --format ${format}`);
      assert.match(out, expected);
      if (format === 'human')
        assert(
          out.split('\n').every((line) => line.length <= 80),
          out,
        );
    });
  }

  it('tells a mistake', async (t) => {
    const gateway = await startRecorded(t, open);
    for (const [words, expected] of [
      ['HEAD --since 90d', /--since needs --replay DIR/],
      ['HEAD --replay nowhere', /there is no audit log in/],
      [`HEAD --replay ${gateway.log} --since soon`, /--since is 2026-11-22/],
    ] as const) {
      const { code, err } = await gateway.plan(words);
      assert.match(err, expected);
      assert.equal(code, 1);
    }
  });
});
