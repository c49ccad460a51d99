import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Change } from '../src/config/git-changes.ts';
import { recordedCommits } from '../src/recorded-commits.ts';

const people = Array.from({ length: 12 }, (_, n) => `${'N'.repeat(200)} ${n} <person-${n}@acme.co>`);
const change: Change = {
  ...{ commit: 'c'.repeat(40), at: '2026-11-01T00:00:00Z', subject: 'S'.repeat(500), request: null },
  ...{ authors: people, mergedBy: people[0] ?? null, approvedBy: people, secondPerson: false },
  ...{ signature: 'none', signedBy: null },
};

test('a record holds the newest commits that fit, each with its people and their addresses whole', () => {
  const changes = Array.from({ length: 8 }, (_, n) => ({ ...change, request: String(n) }));
  const { commits, commits_left_out } = recordedCommits({ changes, isBack: false });
  assert.equal(commits.length + (commits_left_out ?? 0), changes.length);
  assert.equal(commits.at(-1)?.request, '7');
  assert(commits.length === 1 || JSON.stringify(commits).length <= 3_000);
  const [first, ...others] = commits.at(-1)?.authors ?? [];
  assert.match(first ?? '', /^N+<person-0@acme\.co>$/);
  assert.deepEqual([first?.length, others.length, commits.at(-1)?.subject.length], [120, 9, 120]);
});

test('few commits of few people stand as they are', () => {
  const few = { ...change, authors: ['Ana <ana@acme.co>'], approvedBy: [], subject: 'Begin', mergedBy: null };
  const { commits, ...rest } = recordedCommits({ changes: [few, few], isBack: true });
  assert.deepEqual([commits.length, commits[0]?.authors, rest], [2, ['Ana <ana@acme.co>'], { back: true }]);
});
