import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Server } from '../../src/config/configuration.ts';
import { tool } from '../fixtures/upstream.ts';
import { server, settle, setUp } from './setting.ts';
import { fakeUpstream } from './upstream.ts';

test('a reload keeps what is known of unchanged servers and lets go of the others', async (t) => {
  const upstreams = { one: fakeUpstream([tool('a')]), two: fakeUpstream([tool('b')]), three: fakeUpstream() };
  const { apply, names, states } = setUp(t, upstreams);
  await settle();
  apply([server('one'), server('two', { timeoutMs: 1 })]);
  assert.deepEqual([names(), states()], [['one_a', 'two_b'], { one: 'ready', two: 'pending' }]);
  await settle();
  assert.deepEqual(names(), ['one_a', 'two_b']);
  assert.deepEqual([upstreams.one.asked.length, upstreams.two.asked.length], [1, 2]);
  assert.equal(upstreams.three.asked[0]?.signal.aborted, true);
});

test('a server reached otherwise keeps its tools until it answers, and they are stale if it does not', async (t) => {
  const one = fakeUpstream();
  const { apply, names, pass, states } = setUp(t, { one }, { discoveryWaitMs: 500 });
  one.asked[0]?.tools([tool('a')]);
  await settle();
  apply([server('one', { timeoutMs: 1 })]);
  apply([server('one', { timeoutMs: 2 })]);
  assert.deepEqual([names(), states(), one.asked.length], [['one_a'], { one: 'pending' }, 3]);
  await pass(500);
  assert.deepEqual([names(), states()], [['one_a'], { one: 'stale' }]);
  one.asked[2]?.tools([tool('b')]);
  await settle();
  assert.deepEqual([names(), states()], [['one_b'], { one: 'ready' }]);
});

test('another prefix or other classes hold at once, and nobody asks the server for that', async (t) => {
  const one = fakeUpstream();
  const { apply, catalog, names, pass, states } = setUp(t, { one });
  const edited = (more: Partial<Server>): Server => ({ ...server('one'), ...more });
  const classes = (): readonly string[] => catalog.view().tools.map((found) => found.class);
  one.asked[0]?.tools([tool('a')]);
  await settle();
  assert.deepEqual([names(), classes()], [['one_a'], ['read']]);
  apply([edited({ prefix: 'uno', classes: { read: [], write: ['a'], destructive: [] } })]);
  assert.deepEqual([names(), classes(), states()], [['uno_a'], ['write'], { one: 'ready' }]);
  await pass(1_000);
  assert.equal(one.asked.length, 1);
  catalog.refresh('one');
  apply([edited({ prefix: 'un' })]);
  one.asked[1]?.tools([tool('a'), tool('b')]);
  await settle();
  assert.deepEqual(
    [names(), classes()],
    [
      ['un_a', 'un_b'],
      ['read', 'read'],
    ],
  );
});

test('limits of a reload hold for servers that were kept', async (t) => {
  const one = fakeUpstream([tool('a'), tool('b')]);
  const { apply, catalog, names, pass } = setUp(t, { one });
  await settle();
  apply([server('one')], { toolsPerServerMax: 1 });
  catalog.refresh('one');
  await pass(500);
  assert.deepEqual(names(), ['one_a']);
});
