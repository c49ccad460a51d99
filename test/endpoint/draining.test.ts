import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import { connect } from '../fixtures/client.ts';
import { everythingGranted, startTestGateway } from '../fixtures/gateway.ts';
import { until } from '../fixtures/until.ts';
import { type Asked, startUpstream, tool } from '../fixtures/upstream.ts';

test('a gateway that stops ends its streams, finishes its calls, records both, and takes nothing new', async (t) => {
  const held: Asked[] = [];
  const upstream = await startUpstream(t, { tools: [tool('look')], call: (asked) => held.push(asked) });
  const gateway = await startTestGateway({
    servers: `\n  one: { url: "${upstream.url}" }`,
    policies: everythingGranted('one'),
  });
  const clients = [await connect('modern', gateway), await connect('legacy', gateway)] as const;
  const ears = await Promise.all(clients.map((client) => client.listen(t)));
  const calls = clients.map((client) => client.call('one_look'));
  await until(() => held.length === 2, 'the calls to arrive');

  t.after(() => rm(gateway.dir, { recursive: true }));
  const closed = gateway.gateway.close('maintenance');
  await until(() => ears.every((ear) => ear.ended()), 'the streams to end');
  assert.match(ears[0]?.heard().at(-1) ?? '', /"id":"ear","result":\{"resultType":"complete"/);
  const refused = await clients[0].ask('tools/list').then(
    ({ status }) => status,
    () => 'no connection',
  );
  assert([503, 'no connection'].includes(refused), `${refused}`);

  for (const asked of held) asked.result('{"resultType":"complete","content":[]}');
  for (const { status, error } of await Promise.all(calls)) assert.deepEqual([status, error], [200, null]);
  await closed;
  const told = (await gateway.records()).map(({ ev, outcome, detail }) => [ev, outcome, detail]);
  assert.deepEqual(told.slice(-3), [
    ['tool.call', 'ok', undefined],
    ['tool.call', 'ok', undefined],
    ['gateway.stop', undefined, { why: 'maintenance', signed: 3 }],
  ]);
  assert.equal(upstream.listeners(), 0);
});
