import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failed } from '../../src/upstream/pending.ts';
import { tool } from '../fixtures/upstream.ts';
import { settle, setUp } from './setting.ts';
import { fakeUpstream, resultOf } from './upstream.ts';

test('tools of all servers are merged and sorted by the names clients see', async (t) => {
  const { catalog, names } = setUp(t, { b: fakeUpstream([tool('z'), tool('a')]), a: fakeUpstream([tool('x.y')]) });
  await catalog.settled();
  assert.deepEqual(names(), ['a_x_y', 'b_a', 'b_z']);
  assert.equal(catalog.view().byExposed.get('a_x_y')?.name, 'x.y');
});

test('a server is asked once, whoever waits', async (t) => {
  const one = fakeUpstream();
  const { catalog, names } = setUp(t, { one });
  const waiting = Promise.all(Array.from({ length: 50 }, () => catalog.settled()));
  one.asked[0]?.tools([tool('a')]);
  await waiting;
  assert.deepEqual(names(), ['one_a']);
  assert.equal(one.asked.length, 1);
});

test('it is asked again when its list has aged, and never more than once at a time', async (t) => {
  const one = fakeUpstream([tool('a')]);
  const { pass } = setUp(t, { one }, { listTtlMs: 5_000 });
  await settle();
  await pass(4_999);
  assert.equal(one.asked.length, 1);
  await pass(1);
  assert.equal(one.asked.length, 2);
});

test('changes announced while it is being asked lead to one more question', async (t) => {
  const one = fakeUpstream();
  const { catalog, names, pass } = setUp(t, { one });
  for (let count = 0; count < 5; count += 1) catalog.refresh('one');
  assert.equal(one.asked.length, 1);
  one.asked[0]?.tools([tool('a')]);
  await settle();
  await pass(500);
  assert.equal(one.asked.length, 2);
  one.asked[1]?.tools([tool('b')]);
  await settle();
  assert.deepEqual(names(), ['one_b']);
  assert.equal(one.asked.length, 2);
});

test('a server that announces a change after every answer is not asked without pause', async (t) => {
  const one = fakeUpstream([tool('a')]);
  const { catalog, pass } = setUp(t, { one });
  for (let round = 1; round <= 3; round += 1) {
    await settle();
    catalog.refresh('one');
    await pass(499);
    assert.equal(one.asked.length, round);
    await pass(1);
    assert.equal(one.asked.length, round + 1);
  }
});

test('an answer that says nothing new changes nothing', async (t) => {
  const one = fakeUpstream();
  const { catalog, pass, views } = setUp(t, { one });
  const answers = [[tool('a')], [tool('a')], [tool('b')], [tool('b')]];
  const counts: number[] = [];
  for (const [round, answer] of answers.entries()) {
    one.asked[round]?.tools(answer);
    await settle();
    catalog.refresh('one');
    await pass(500);
    counts.push(views.length);
  }
  assert.deepEqual(counts, [2, 2, 3, 3]);
  for (const _ of counts) catalog.lost('one', 'gone');
  assert.equal(views.length, 4);
});

test('a list is asked for page by page', async (t) => {
  const one = fakeUpstream();
  const { names } = setUp(t, { one });
  one.asked[0]?.tools([tool('a')], ',"nextCursor":"p\\u0032"');
  await settle();
  assert.deepEqual(one.asked[1]?.params, [{ key: 'cursor', value: Buffer.from('"p2"') }]);
  one.asked[1]?.tools([tool('b')]);
  await settle();
  assert.deepEqual(names(), ['one_a', 'one_b']);
});

test('a list without end is given up, and the tools there were stand', async (t) => {
  const one = fakeUpstream([tool('a')]);
  const { pass, names, states } = setUp(t, { one }, { listPagesMax: 2, listTtlMs: 5_000 });
  await settle();
  Object.assign(one, {
    request: async () => resultOf('{"tools":[],"nextCursor":"x"}'),
  });
  await pass(5_000);
  await settle();
  assert.deepEqual([names(), states()], [['one_a'], { one: 'stale' }]);
});

test('a definition that breaks the rules is left out by itself and named in the log', async (t) => {
  const one = fakeUpstream([tool('a'), tool('a'), '{"name":"b"}', '7', tool('c'), tool('d')]);
  const { names, log } = setUp(t, { one }, { toolsPerServerMax: 2 });
  await settle();
  assert.deepEqual(names(), ['one_a', 'one_c']);
  assert.match(log.join(), /a: named twice.*b: inputSchema.*must be an object.*d: over tools_per_server/s);
});

test('a list of nothing but nonsense is not read to its end', async (t) => {
  const one = fakeUpstream(Array.from({ length: 500 }, () => '7'));
  const { log, states } = setUp(t, { one });
  await settle();
  assert.equal(log.length, 100);
  assert.deepEqual(states(), { one: 'ready' });
});

test('a server without tools has none, which is no failure', async (t) => {
  const one = fakeUpstream();
  const { states } = setUp(t, { one });
  one.asked[0]?.answer({ kind: 'error', code: -32601, message: '', data: null });
  await settle();
  assert.deepEqual(states(), { one: 'ready' });
});

test('a server that does not answer is asked again, less and less often', async (t) => {
  const one = fakeUpstream();
  const { pass, states } = setUp(t, { one });
  const waits = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000];
  for (const [round, wait] of waits.entries()) {
    one.asked[round]?.answer(failed('unreachable', 'down'));
    await settle();
    await pass(wait - 1);
    assert.equal(one.asked.length, round + 1, `round ${round}`);
    await pass(1);
    assert.equal(one.asked.length, round + 2, `round ${round}`);
  }
  assert.deepEqual(states(), { one: 'absent' });
});

test('a server too busy to be asked is not lost, and is asked again soon', async (t) => {
  const one = fakeUpstream();
  const { catalog, pass, names, states } = setUp(t, { one });
  one.asked[0]?.tools([tool('a')]);
  await settle();
  await pass(5_000);
  catalog.refresh('one');
  one.asked[1]?.answer(failed('overloaded', '64 requests are waiting for it already'));
  await settle();
  assert.deepEqual([names(), states()], [['one_a'], { one: 'ready' }]);
  await pass(1_000);
  one.asked[2]?.tools([tool('b')]);
  await settle();
  assert.deepEqual(names(), ['one_b']);
});

test('after a loss the definitions stand, marked stale, until the server is back', async (t) => {
  const one = fakeUpstream([tool('a')]);
  const { catalog, names, pass, states } = setUp(t, { one });
  await settle();
  catalog.lost('one', 'gone');
  assert.deepEqual([names(), states(), catalog.view().servers[0]?.reason], [['one_a'], { one: 'stale' }, 'gone']);
  catalog.refresh('one');
  await pass(500);
  assert.deepEqual([states(), catalog.view().servers[0]?.reason], [{ one: 'ready' }, '']);
});

test('a list waits for a server that says nothing once, and not for every caller anew', async (t) => {
  const { catalog, names, pass, states } = setUp(
    t,
    { dead: fakeUpstream(), one: fakeUpstream([tool('a')]) },
    { discoveryWaitMs: 500 },
  );
  let first = false;
  void catalog.settled().then(() => {
    first = true;
  });
  await pass(499);
  assert.equal(first, false);
  await pass(1);
  assert.equal(first, true);
  assert.deepEqual([names(), states()], [['one_a'], { dead: 'absent', one: 'ready' }]);
  await catalog.settled();
});

test('a closed catalog asks no more', async (t) => {
  const one = fakeUpstream();
  const { catalog, pass, views } = setUp(t, { one });
  catalog.refresh('one');
  catalog.close();
  const before = views.length;
  await pass(120_000);
  assert.deepEqual([one.asked.length, views.length], [1, before]);
});
