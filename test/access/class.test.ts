import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classOf } from '../../src/access/class.ts';
import { server } from './policy.ts';

test('a tool without annotations is destructive', () => {
  for (const annotations of [undefined, null, {}, 'read', [], { readOnlyHint: 'true' }, { destructiveHint: 0 }]) {
    assert.equal(classOf(server(), { name: 'search', annotations }), 'destructive');
  }
});

test('readOnlyHint makes a tool read, whatever destructiveHint says', () => {
  assert.equal(
    classOf(server(), { name: 'search', annotations: { readOnlyHint: true, destructiveHint: true } }),
    'read',
  );
});

test('destructiveHint false makes a tool write', () => {
  assert.equal(
    classOf(server(), { name: 'add', annotations: { readOnlyHint: false, destructiveHint: false } }),
    'write',
  );
});

test('the registry overrides the annotations, in either direction', () => {
  const overridden = server({ read: ['search'], destructive: ['drop_*'] });
  assert.equal(classOf(overridden, { name: 'search', annotations: {} }), 'read');
  assert.equal(classOf(overridden, { name: 'drop_table', annotations: { readOnlyHint: true } }), 'destructive');
});

test('the reviewed class goes before the annotations, and the registry before both', () => {
  const locked = { name: 'search', class: 'write', sha256: '', definition: {} } as const;
  const promised = { name: 'search', annotations: { readOnlyHint: true } };
  assert.equal(classOf(server(), promised, locked), 'write');
  assert.equal(classOf(server({ destructive: ['search'] }), promised, locked), 'destructive');
});

test('of several overrides that match the most severe one counts', () => {
  const overridden = server({ read: ['*'], write: ['run_*'], destructive: ['run_any'] });
  assert.equal(classOf(overridden, { name: 'run_any', annotations: {} }), 'destructive');
  assert.equal(classOf(overridden, { name: 'run_query', annotations: {} }), 'write');
  assert.equal(classOf(overridden, { name: 'list', annotations: {} }), 'read');
});
