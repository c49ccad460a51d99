import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { AuditUnavailable } from '../../src/audit/record/event.ts';
import { createAuthenticationCache } from '../../src/identity/cache.ts';
import { robot } from '../access/policy.ts';
import { connect } from '../fixtures/client.ts';
import { until } from '../fixtures/until.ts';
import { open, until as received, statusOf } from '../http/raw-client.ts';
import { answered, type Desk, startDesk } from './desk.ts';
import { bytesOf, type Row } from './raw-request.ts';

/** Holds calls until `release`. */
function holdCalls(desk: Desk): { waiting(): number; release(): void } {
  const held: (() => void)[] = [];
  desk.call = async () => {
    await new Promise<void>((resolve) => held.push(resolve));
    return answered('{"content":[]}');
  };
  const release = (): void => {
    for (const resolve of held.splice(0)) resolve();
  };
  return { waiting: () => held.length, release };
}

test('one principal has so many requests in flight, and no more; others are not touched', async (t) => {
  const desk = await startDesk(t, { limits: { callsPerPrincipalMax: 2 } });
  const [ana, bob] = await Promise.all(['ana', 'bob'].map((key) => connect('modern', { ...desk, key })));
  const calls = holdCalls(desk);
  const first = [ana?.call('one_look'), ana?.call('one_look')];
  await until(() => calls.waiting() === 2, 'two calls under way');
  const third = await ana?.ask('tools/list');
  assert.deepEqual([third?.status, third?.headers.get('retry-after')], [429, '1']);
  assert.equal((await bob?.ask('tools/list'))?.status, 200);
  calls.release();
  assert.deepEqual(
    (await Promise.all(first)).map((reply) => reply?.status),
    [200, 200],
  );
  assert.equal((await ana?.ask('tools/list'))?.status, 200);
});

test('who has reached the bound can still cancel a call and end the session', async (t) => {
  const desk = await startDesk(t, { limits: { callsPerPrincipalMax: 1 } });
  const client = await connect('legacy', desk);
  const stopped: string[] = [];
  desk.call = (call) =>
    new Promise((resolve) => {
      call.signal.addEventListener('abort', () => {
        stopped.push(call.id);
        resolve({ kind: 'upstream-failed', reason: 'cancelled', detail: '' });
      });
    });
  const calls = [client.call('one_look', '{}', { id: '1' })];
  await sleep(50);
  assert.equal((await client.call('one_look', '{}', { id: '2' })).status, 429);
  assert.equal((await client.notify('notifications/cancelled', '"requestId":1')).status, 202);
  await Promise.all(calls);
  calls.push(client.call('one_look', '{}', { id: '3' }));
  await sleep(50);
  const ended = await fetch(desk.url, { method: 'DELETE', headers: client.headers });
  assert.equal(ended.status, 204);
  await Promise.all(calls);
  assert.deepEqual(stopped, ['1', '3']);
});

test('a call without a name, or whose arguments are no object, is refused and recorded', async (t) => {
  const desk = await startDesk(t);
  for (const era of ['modern', 'legacy'] as const) {
    const client = await connect(era, desk);
    desk.records.length = 0;
    for (const params of ['"name":7', '"name":"one_look","arguments":[]']) {
      const { error } = await client.ask('tools/call', params, {
        headers: { 'mcp-name': era === 'modern' && params.includes('look') ? 'one_look' : '7' },
      });
      assert.equal(error?.code, -32602);
    }
    const told = desk.records.map(({ ev, decision, why, tool_as: name = null }) => ({ ev, decision, why, name }));
    const refused = { ev: 'tool.call', decision: 'deny', why: 'bad_request' };
    assert.deepEqual(told, [
      { ...refused, name: null },
      { ...refused, name: 'one_look' },
    ]);
  }
});

test('an open stream is not a request in flight, but streams have a bound of their own', async (t) => {
  const desk = await startDesk(t, { limits: { callsPerPrincipalMax: 1, streamsPerPrincipalMax: 2 } });
  const modern = await connect('modern', desk);
  const legacy = await connect('legacy', desk);
  const first = await modern.listen(t);
  await legacy.listen(t);
  assert.equal((await modern.ask('tools/list')).status, 200);
  const third = await modern.listen(t);
  assert.equal(third.status, 429);
  assert.equal((await (await connect('modern', { ...desk, key: 'bob' })).listen(t)).status, 200);
  first.close();
  await until(() => desk.streams.count() === 2, 'the stream to be gone');
  assert.equal((await modern.listen(t)).status, 200);
});

test('a legacy stream takes the place of the session’s older one even where there is no room for two', async (t) => {
  const desk = await startDesk(t, { limits: { streamsPerPrincipalMax: 1 } });
  const client = await connect('legacy', desk);
  const older = await client.listen(t);
  const newer = await client.listen(t);
  assert.equal(newer.status, 200);
  await until(older.ended, 'the older stream to end');
  assert.equal(newer.ended(), false);
});

test('while it stops it begins nothing, and finishes what it has begun', async (t) => {
  const desk = await startDesk(t);
  const client = await connect('legacy', desk);
  const calls = holdCalls(desk);
  const begun = client.call('one_look');
  await until(() => calls.waiting() === 1, 'the call to begin');
  desk.available = false;
  for (const era of ['modern', 'legacy'] as const) {
    const refused = await (era === 'legacy' ? client : await connect(era, desk)).call('one_look');
    assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '5']);
  }
  calls.release();
  assert.equal((await begun).status, 200);
});

test('an answer that cannot be recorded is not given', async (t) => {
  const desk = await startDesk(t);
  const client = await connect('legacy', desk);
  desk.record = async () => {
    throw new AuditUnavailable('full');
  };
  const list = await client.ask('tools/list');
  assert.deepEqual([list.status, list.headers.get('retry-after')], [503, '5']);
  desk.authenticate = async () => ({ kind: 'refused', reason: 'missing' });
  assert.equal((await client.ask('ping')).status, 503);
});

test('a provider that cannot be asked is no refusal', async (t) => {
  const desk = await startDesk(t);
  desk.authenticate = async () => ({ kind: 'unavailable', detail: 'keys' });
  const { status, headers } = await (await connect('modern', desk)).ask('tools/list');
  assert.deepEqual([status, headers.get('retry-after'), headers.get('www-authenticate')], [503, '5', null]);
  assert.deepEqual(desk.records, []);
});

test('a fault of ours is a 500 that says nothing, and is in the log', async (t) => {
  const desk = await startDesk(t);
  desk.call = async () => {
    throw new TypeError('secret detail');
  };
  const { status, text } = await (await connect('modern', desk)).call('one_look');
  assert.deepEqual([status, text], [500, 'Internal error.\n']);
  assert.match(desk.log.join(), /secret detail/);
});

test('a request whose body comes after a reload is judged by what the files say then', async (t) => {
  const desk = await startDesk(t);
  const row: Row = { is: '', from: 'modern', headers: { Authorization: 'Bearer bob' }, status: 0 };
  const [head = '', body = ''] = bytesOf(row, '').split(/(?<=\r\n\r\n)/);
  for (const [change, status] of [
    [() => undefined, '200'],
    [() => desk.grantTo(['ana']), '200'],
    [() => desk.grantTo([]), '401'],
  ] as const) {
    const socket = open(t, desk.port);
    socket.write(head + body.slice(0, 10));
    await sleep(50);
    if (status === '401') desk.authenticate = async () => ({ kind: 'refused', reason: 'unknown-key' });
    change();
    socket.write(body.slice(10));
    const answer = await received(socket, /\r\n\r\n./s);
    assert.equal(statusOf(answer), status);
  }
  const lists = desk.records.filter(({ ev }) => ev === 'tool.list');
  assert.deepEqual(
    lists.map(({ cfg, detail }) => [cfg, detail?.['tools']]),
    [
      ['config-1', 1],
      ['config-2', 0],
    ],
  );
});

test('a stream asked for while the files change is opened under the new ones, or not at all', async (t) => {
  const desk = await startDesk(t);
  const client = await connect('legacy', desk);
  desk.authenticate = async () => {
    desk.authenticate = async () => ({ kind: 'refused', reason: 'unknown-key' });
    desk.grantTo([]);
    await desk.streams.reauthenticate();
    return { kind: 'identified', identity: robot('ana') };
  };
  assert.equal((await client.listen(t)).status, 401);
  assert.equal(desk.streams.count(), 0);
});

test('a credential that is new is on record before anything is done for it', async (t) => {
  const desk = await startDesk(t);
  const cache = createAuthenticationCache(Date.now);
  const identity = { ...robot('ana'), token: 'k1' };
  desk.authenticate = async () => cache.get('k1', 1) ?? cache.set('k1', 1, { kind: 'identified', identity });
  const client = await connect('modern', desk);
  const { record } = desk;
  desk.record = async () => {
    throw new AuditUnavailable('full');
  };
  assert.equal((await client.ask('ping')).status, 503);
  desk.record = record;
  await client.names();
  await client.names();
  const [first, ...rest] = desk.records;
  assert.deepEqual([first?.ev, first?.actor, first?.tok, first?.cfg], ['auth.ok', 'ana', 'k1', 'config-1']);
  assert(rest.length > 0 && rest.every(({ ev }) => ev !== 'auth.ok'));
});

test('a credential that an open stream proves anew is on record with the next request', async (t) => {
  const desk = await startDesk(t);
  let time = 0;
  const cache = createAuthenticationCache(() => time);
  const identity = robot('ana');
  desk.authenticate = async () => cache.get('k1', 1) ?? cache.set('k1', 1, { kind: 'identified', identity });
  const client = await connect('modern', desk);
  await client.listen(t);
  time += 86_400_000;
  await desk.streams.reauthenticate();
  await client.names();
  assert.equal(desk.records.filter(({ ev }) => ev === 'auth.ok').length, 2);
});
