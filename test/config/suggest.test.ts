import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { suggest } from '../../src/config/suggest.ts';

describe('suggest', () => {
  it('finds the word that was meant', () => {
    const known = ['github', 'gitlab', 'notion', 'orders-db'];
    assert.equal(suggest('gihtub', known), 'did you mean github?');
    assert.equal(suggest('GitLab', known), 'did you mean gitlab?');
    assert.equal(suggest('orders_db', known), 'did you mean orders-db?');
  });

  it('lists the few there are when none is near, and nothing when there are many or none', () => {
    assert.equal(suggest('zzz', ['alpha', 'beta']), 'known: alpha, beta');
    assert.equal(
      suggest(
        'zzz',
        Array.from({ length: 20 }, (_, n) => `name-${n}`),
      ),
      '',
    );
    assert.equal(suggest('zzz', []), '');
  });
});
