import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createSessions, type Session, type Sessions } from '../../src/endpoint/sessions.ts';
import { Stop } from '../../src/protocol/stop.ts';
import { connect } from '../fixtures/client.ts';
import { limits } from '../upstream/connect.ts';
import { startDesk } from './desk.ts';

interface Setting {
  readonly sessions: Sessions;
  time: number;
  open(principal: string): Session;
}

function setUp(t: TestContext, bounds: Partial<typeof limits>): Setting {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const sessions = createSessions(
    () => ({ ...limits, ...bounds }),
    () => setting.time,
  );
  t.after(() => sessions.close());
  const start = { version: '2025-11-25', client: '', clientVersion: '' };
  const setting: Setting = { sessions, time: 0, open: (principal) => sessions.open({ principal, ...start }) };
  return setting;
}

test('a session is found by its owner only', (t) => {
  const { sessions, open } = setUp(t, {});
  const session = open('ana');
  assert.equal(sessions.find(session.id, 'ana'), session);
  assert.equal(sessions.find(session.id, 'bob'), null);
  assert.equal(sessions.find(`${session.id}x`, 'ana'), null);
  assert.match(session.id, /^[\w-]{32}$/);
});

test('a principal at the bound loses the session longest unused, and nobody else loses one', (t) => {
  const { sessions, open } = setUp(t, { sessionsPerPrincipalMax: 2 });
  const [first, second] = [open('ana'), open('ana')];
  const other = open('bob');
  sessions.find(first.id, 'ana');
  const third = open('ana');
  const left = [first, second, third, other].filter(({ id, principal }) => sessions.find(id, principal) !== null);
  assert.deepEqual(left, [first, third, other]);
});

test('the gateway at its bound lets go of the session longest unused of all', (t) => {
  const { sessions, open } = setUp(t, { sessionsMax: 2 });
  const [first, second] = [open('ana'), open('bob')];
  sessions.find(first.id, 'ana');
  open('eve');
  assert.equal(sessions.find(second.id, 'bob'), null);
  assert.equal(sessions.count(), 2);
});

test('an idle session ends; one with a call or a stream does not', (t) => {
  const setting = setUp(t, { sessionIdleMs: 60_000 });
  const { sessions, open } = setting;
  const [idle, calling, listening] = [open('ana'), open('ana'), open('ana')];
  calling.inFlight.set('1', new Stop());
  listening.endStream = () => undefined;
  setting.time = 59_000;
  const used = open('ana');
  setting.time = 61_000;
  t.mock.timers.tick(60_000);
  const left = [idle, calling, listening, used].filter(({ id }) => sessions.find(id, 'ana') !== null);
  assert.deepEqual(left, [calling, listening, used]);
});

test('a session that ends cancels its calls and ends its stream', (t) => {
  const { sessions, open } = setUp(t, {});
  const session = open('ana');
  const call = new Stop();
  let ended = 0;
  session.inFlight.set('1', call);
  session.endStream = () => {
    ended += 1;
  };
  sessions.end(session);
  assert.deepEqual([call.aborted, ended, sessions.count()], [true, 1, 0]);
});

test('somebody else’s session is answered exactly like one that never was', async (t) => {
  const desk = await startDesk(t);
  const mine = await connect('legacy', { ...desk, key: 'ana' });
  const theirs = { ...mine.headers, authorization: 'Bearer bob' };
  const never = { ...theirs, 'mcp-session-id': 'never' };
  const body = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
  for (const method of ['POST', 'GET', 'DELETE']) {
    const [one, other] = await Promise.all(
      [theirs, never].map(async (headers) => {
        const response = await fetch(desk.url, { method, headers, ...(method === 'POST' && { body }) });
        return [response.status, await response.text()];
      }),
    );
    assert.deepEqual(one, other, method);
    assert.equal(one?.[0], 404, method);
  }
  assert.equal((await mine.ask('ping')).status, 200);
});

test('DELETE ends a session for good', async (t) => {
  const desk = await startDesk(t);
  const { headers, ask } = await connect('legacy', desk);
  assert.equal((await fetch(desk.url, { method: 'DELETE', headers })).status, 204);
  assert.equal((await ask('ping')).status, 404);
});
