import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBackoff } from '../../src/upstream/backoff.ts';

test('backoff: waits double up to thirty seconds', () => {
  const backoff = createBackoff({ now: () => 0, random: () => 0.999999999 });
  const waits = Array.from({ length: 8 }, () => Math.round(backoff.failed()));
  assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
});

test('backoff: half of a wait is random', () => {
  assert.equal(createBackoff({ now: () => 0, random: () => 0 }).failed(), 250);
});

test('backoff: only a healthy minute makes it forget', () => {
  let now = 0;
  const backoff = createBackoff({ now: () => now, random: () => 0 });
  backoff.failed();
  backoff.succeeded();
  now = 59_999;
  assert.equal(backoff.failed(), 500);
  backoff.succeeded();
  now += 60_000;
  assert.equal(backoff.failed(), 250);
});
