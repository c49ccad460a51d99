import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAuthenticationCache } from '../../src/identity/cache.ts';
import type { Authentication } from '../../src/identity/identity.ts';
import { person } from '../access/policy.ts';

function identified(expiresAt: number | null = null): Authentication {
  return { kind: 'identified', identity: { ...person('ana'), expiresAt } };
}

const refused: Authentication = { kind: 'refused', reason: 'signature' };

test('an identity is remembered for a minute, a refusal for five seconds', () => {
  let time = 0;
  const cache = createAuthenticationCache(() => time);
  const result = identified();
  cache.set('good', 1, result);
  cache.set('bad', 1, refused);
  time = 4_999;
  assert.equal(cache.get('good', 1), result);
  assert.equal(cache.get('bad', 1), refused);
  time = 5_000;
  assert.equal(cache.get('bad', 1), null);
  time = 59_999;
  assert.equal(cache.get('good', 1), result);
  time = 60_000;
  assert.equal(cache.get('good', 1), null);
});

test('an identity is not remembered beyond the end of its proof', () => {
  let time = 0;
  const cache = createAuthenticationCache(() => time);
  cache.set('good', 1, identified(10_000));
  time = 9_999;
  assert.notEqual(cache.get('good', 1), null);
  time = 10_000;
  assert.equal(cache.get('good', 1), null);
});

test('another generation of the configuration forgets everything', () => {
  const cache = createAuthenticationCache(() => 0);
  cache.set('good', 1, identified());
  cache.set('bad', 1, refused);
  assert.equal(cache.get('good', 2), null);
  assert.equal(cache.get('bad', 2), null);
});

test('a provider that could not be asked is not remembered', () => {
  const cache = createAuthenticationCache(() => 0);
  cache.set('token', 1, { kind: 'unavailable', detail: '' });
  assert.equal(cache.get('token', 1), null);
});

test('keys differ with the last character of a credential and do not contain it', () => {
  const cache = createAuthenticationCache(() => 0);
  assert.notEqual(cache.keyOf('Bearer aaaaaaaa1'), cache.keyOf('Bearer aaaaaaaa2'));
  assert.doesNotMatch(cache.keyOf('Bearer aaaaaaaa1'), /aaaaaaaa/);
});

test('what is used stays when the bound is reached, and a flood of refusals drives no identity out', () => {
  const cache = createAuthenticationCache(() => 0);
  cache.set('used', 1, identified());
  cache.set('unused', 1, identified());
  for (let index = 0; index < 50_000; index += 1) {
    cache.set(`bad ${index}`, 1, refused);
    if (index % 1000 === 0) assert.notEqual(cache.get('used', 1), null);
  }
  assert.notEqual(cache.get('unused', 1), null);
  for (let index = 0; index < 50_000; index += 1) {
    cache.set(`good ${index}`, 1, identified());
    if (index % 1000 === 0) assert.notEqual(cache.get('used', 1), null);
  }
  assert.equal(cache.get('unused', 1), null);
});

test('a credential is new once a day, however often it is proven', () => {
  let time = 0;
  const cache = createAuthenticationCache(() => time);
  const isNew = (key: string, generation = 1): boolean => {
    const told = cache.set(key, generation, identified());
    return told.kind === 'identified' && told.isNew !== undefined;
  };
  assert.equal(isNew('good'), true);
  assert.equal(isNew('good'), false);
  assert.equal(isNew('other'), true);
  time = 86_399_999;
  assert.equal(isNew('good', 2), false);
  time = 86_400_000;
  assert.equal(isNew('good', 2), true);
  assert.equal(isNew('good', 2), false);
  assert.deepEqual(cache.set('bad', 1, refused), refused);
  const remembered = cache.get('good', 2);
  assert(remembered?.kind === 'identified' && remembered.isNew === undefined);
});

test('a credential that could not be put on record is proven, and new, again', () => {
  const cache = createAuthenticationCache(() => 0);
  const told = cache.set('good', 1, identified());
  assert(told.kind === 'identified');
  told.isNew?.unrecorded();
  assert.equal(cache.get('good', 1), null);
  const again = cache.set('good', 1, identified());
  assert(again.kind === 'identified' && again.isNew !== undefined);
});
