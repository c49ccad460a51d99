import assert from 'node:assert/strict';
import { it } from 'node:test';
import { gatehouse } from './console.ts';

it('the sample policy passes its own tests, and each part of it would be missed', async () => {
  const root = new URL('../../', import.meta.url).pathname;
  const { code, out } = await gatehouse('test --mutate --at 2026-12-01', root);
  assert.equal(code, 0, out);
});
