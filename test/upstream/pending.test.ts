import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPending, Exchange, failed } from '../../src/upstream/pending.ts';
import { reasonOf } from './connect.ts';

test('pending: the first to settle an exchange wins', async () => {
  const exchange = new Exchange({ signal: new AbortController().signal, timeoutMs: 1000 });
  exchange.settle(failed('closed', 'first'));
  exchange.settle(failed('timeout', 'second'));
  assert.deepEqual(await exchange.answer, failed('closed', 'first'));
});

test('pending: the deadline settles an exchange and stops the upstream', async () => {
  const exchange = new Exchange({ signal: new AbortController().signal, timeoutMs: 20 });
  let stopped = 0;
  exchange.stop = () => {
    stopped += 1;
  };
  assert.equal(reasonOf(await exchange.answer), 'timeout');
  assert.equal(stopped, 1);
});

test('pending: a signal aborted before is heard', async () => {
  const exchange = new Exchange({ signal: AbortSignal.abort(), timeoutMs: 1000 });
  assert.equal(reasonOf(await exchange.answer), 'cancelled');
});

test('pending: draining waits for what is in flight and gives up the rest', async () => {
  const pending = createPending(2);
  const bounds = { signal: new AbortController().signal, timeoutMs: 1000 };
  const one = pending.begin(bounds);
  const two = pending.begin(bounds);
  assert.equal(pending.begin(bounds), null);
  one?.settle(failed('closed', 'done'));
  const before = performance.now();
  await pending.drain(50);
  assert(performance.now() - before >= 40);
  assert.equal(two?.settled, true);
  await pending.drain(10_000);
});
