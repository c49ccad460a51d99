import assert from 'node:assert/strict';
import { test } from 'node:test';
import { policyChanges } from '../src/policy-changes.ts';
import { grant, policyOf, role } from './access/policy.ts';

const none = { grants: 0, rules: 0, guardrails: 0, robots: 0, revoked: 0 };

test('what is equal is no change, wherever it stands', () => {
  const before = policyOf({ roles: [role('a', [['read', 'one/*']])], grants: [grant('user:x', ['a'])] });
  const moved = {
    ...before,
    grants: before.grants.map((one) => ({ ...one, at: { file: 'other.yaml', line: 9, col: 9 } })),
  };
  assert.deepEqual(policyChanges(before, moved), { added: none, removed: none });
});

test('a changed part is one more and one fewer, and a second equal one counts', () => {
  const before = policyOf({ roles: [role('a', [['read', 'one/*']])], grants: [grant('user:x', ['a'])] });
  const after = policyOf({
    roles: [role('a', [['write', 'one/*']])],
    grants: [grant('user:x', ['a']), grant('user:x', ['a']), grant('user:y', ['a'])],
  });
  assert.deepEqual(policyChanges(before, after), {
    added: { ...none, grants: 2, rules: 1 },
    removed: { ...none, rules: 1 },
  });
});
