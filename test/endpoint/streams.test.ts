import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Listing } from '../../src/calls/list.ts';
import { createStreams, type Stream, type Streams } from '../../src/endpoint/streams.ts';
import type { Authentication, Identity } from '../../src/identity/identity.ts';
import { robot } from '../access/policy.ts';

interface Ear extends Stream {
  told: number;
  ended: boolean;
  answer: Authentication;
}

interface Setting {
  readonly streams: Streams;
  time: number;
  /** What each robot's list is, and until when. */
  readonly lists: Record<string, Pick<Listing, 'fingerprint' | 'until'>>;
  listen(name: string, more?: Partial<Identity>): Ear;
  tick(): void;
}

function setUp(t: TestContext): Setting {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const list = ({ subject }: Identity): Listing => ({
    tools: [],
    page: () => null,
    ...(setting.lists[subject] ?? { fingerprint: 'a', until: null }),
  });
  const streams = createStreams({ list, now: () => setting.time, perPrincipalMax: () => 2 });
  t.after(() => streams.close());
  const setting: Setting = {
    streams,
    time: 0,
    lists: {},
    listen(name, more) {
      const identity = { ...robot(name), ...more };
      const ear: Ear = {
        identity,
        listed: list(identity).fingerprint,
        told: 0,
        ended: false,
        answer: { kind: 'identified', identity },
        authenticate: async () => ear.answer,
        listChanged: () => {
          ear.told += 1;
        },
        end: () => {
          ear.ended = true;
          remove();
        },
      };
      const remove = streams.add(ear);
      return ear;
    },
    tick: () => t.mock.timers.tick(1_000),
  };
  return setting;
}

test('a change of the catalog is told once to those whose list it changes', (t) => {
  const { streams, lists, listen } = setUp(t);
  const [ana, bob] = [listen('ana'), listen('bob')];
  lists['ana'] = { fingerprint: 'b', until: null };
  streams.relist();
  streams.relist();
  assert.deepEqual([ana.told, bob.told], [1, 0]);
});

test('a changed configuration ends the streams of those it no longer knows', async (t) => {
  const { streams, listen } = setUp(t);
  const [ana, bob] = [listen('ana'), listen('bob')];
  ana.answer = { kind: 'refused', reason: 'unknown-key' };
  await streams.reauthenticate();
  assert.deepEqual([ana.ended, bob.ended, streams.count()], [true, false, 1]);
});

test('a stream belongs from then on to whom its credential proves now', async (t) => {
  const { streams, lists, listen } = setUp(t);
  const ear = listen('ana');
  ear.answer = { kind: 'identified', identity: robot('renamed') };
  lists['renamed'] = { fingerprint: 'b', until: null };
  await streams.reauthenticate();
  assert.equal(ear.told, 1);
});

test('a provider that cannot be asked ends no stream, and the list is compared all the same', async (t) => {
  const { streams, lists, listen } = setUp(t);
  const ear = listen('ana');
  ear.answer = { kind: 'unavailable', detail: '' };
  lists['ana'] = { fingerprint: 'b', until: null };
  await streams.reauthenticate();
  assert.deepEqual([ear.ended, ear.told], [false, 1]);
});

test('a date in the policy is told when it comes, without any other change', (t) => {
  const setting = setUp(t);
  setting.lists['ana'] = { fingerprint: 'a', until: 5_000 };
  const ear = setting.listen('ana');
  setting.lists['ana'] = { fingerprint: 'b', until: 9_000 };
  setting.time = 4_999;
  setting.tick();
  assert.equal(ear.told, 0);
  setting.time = 5_000;
  setting.tick();
  assert.equal(ear.told, 1);
  setting.lists['ana'] = { fingerprint: 'c', until: null };
  setting.time = 9_000;
  setting.tick();
  setting.tick();
  assert.equal(ear.told, 2);
});

test('a stream ends with the proof of its caller', (t) => {
  const setting = setUp(t);
  const ear = setting.listen('ana', { expiresAt: 2_000 });
  setting.time = 1_999;
  setting.tick();
  assert.equal(ear.ended, false);
  setting.time = 2_000;
  setting.tick();
  assert.equal(ear.ended, true);
});

test('streams are counted by principal, and a removed one makes room', (t) => {
  const { streams, listen } = setUp(t);
  const [first] = [listen('ana'), listen('ana')];
  assert.equal(streams.hasRoom(robot('ana')), false);
  assert.equal(streams.hasRoom(robot('bob')), true);
  first?.end();
  assert.equal(streams.hasRoom(robot('ana')), true);
});

test('closing ends every stream', (t) => {
  const { streams, listen } = setUp(t);
  const ears = [listen('ana'), listen('bob')];
  streams.close();
  assert.deepEqual(
    ears.map(({ ended }) => ended),
    [true, true],
  );
});
