import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, envelope } from '../fixtures/client.ts';
import { until } from '../fixtures/until.ts';
import { open } from '../http/raw-client.ts';
import { answered, startDesk } from './desk.ts';
import { bytesOf, type Row } from './raw-request.ts';

for (const era of ['legacy', 'modern'] as const) {
  test(`a quick call of a ${era} client is answered in JSON`, async (t) => {
    const desk = await startDesk(t, { silenceMs: 1_000 });
    const client = await connect(era, desk);
    const { headers, status, error } = await client.call('one_look');
    assert.deepEqual([status, error, headers.get('content-type')], [200, null, 'application/json']);
  });

  test(`a call of a ${era} client that stays silent becomes an event stream, answered there`, async (t) => {
    const desk = await startDesk(t, { silenceMs: 20 });
    const client = await connect(era, desk);
    desk.call = async () => {
      await sleep(80);
      return answered('{"content":[]}');
    };
    const { headers, messages, result } = await client.call('one_look');
    assert.equal(headers.get('content-type'), 'text/event-stream');
    assert.equal(messages.length, 1);
    assert.match(result, /"content":\[\]/);
  });

  test(`an error of a ${era} call that stayed silent is an event with status 200`, async (t) => {
    const desk = await startDesk(t, { silenceMs: 10 });
    const client = await connect(era, desk);
    desk.call = async () => {
      await sleep(50);
      return { kind: 'fault' };
    };
    const { status, error } = await client.call('one_look');
    assert.deepEqual([status, error?.code], [200, -32603]);
  });

  test(`a ${era} stream outlives the silence after which answers become streams`, async (t) => {
    const desk = await startDesk(t, { silenceMs: 20 });
    const client = await connect(era, desk);
    const ear = await client.listen(t);
    await sleep(60);
    desk.grantTo([]);
    await desk.streams.reauthenticate();
    await until(() => ear.changes() === 1, 'the change to be told');
    assert.equal(ear.ended(), false);
  });
}

test('progress begins the event stream at once', async (t) => {
  const desk = await startDesk(t);
  desk.call = async ({ onProgress }) => {
    onProgress?.([{ key: 'progress', value: Buffer.from('1') }]);
    await sleep(20);
    return answered('{"content":[]}');
  };
  const client = await connect('modern', desk);
  const { messages } = await client.call('one_look', '{}', { meta: '"progressToken":"p"' });
  assert.equal(
    messages[0],
    '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"p","progress":1}}',
  );
  assert.equal(messages.length, 2);
});

test('a call that is over says no more', async (t) => {
  const desk = await startDesk(t);
  let late: (() => void) | undefined;
  desk.call = async ({ onProgress }) => {
    late = () => onProgress?.([{ key: 'progress', value: Buffer.from('1') }]);
    return answered('{"content":[]}');
  };
  const client = await connect('legacy', desk);
  const { messages } = await client.call('one_look', '{}', { meta: '"progressToken":1' });
  late?.();
  assert.equal(messages.length, 1);
});

test('an answer cut off by a fault is not taken for a whole one', async (t) => {
  const desk = await startDesk(t, { silenceMs: 10 });
  const client = await connect('legacy', desk);
  desk.call = async () => {
    await sleep(40);
    throw new TypeError('a bug');
  };
  await assert.rejects(client.call('one_look'));
  assert.match(desk.log.join(), /internal error/);
  assert.equal((await client.ask('ping')).status, 200);
});

test('a client that reads nothing is cut off once its buffer is full', async (t) => {
  const desk = await startDesk(t, { limits: { streamBufferBytesMax: 4096 } });
  const big = Buffer.from(`"${'x'.repeat(65_536)}"`);
  let stopped = false;
  desk.call = async ({ onProgress, signal }) => {
    for (; !signal.aborted; await sleep(0)) onProgress?.([{ key: 'message', value: big }]);
    stopped = true;
    return { kind: 'upstream-failed', reason: 'cancelled', detail: '' };
  };
  const row: Row = { is: '', from: 'modern', call: 'one_look', meta: `${envelope},"progressToken":1`, status: 200 };
  // Nobody listens for data, so nothing is read from the socket.
  const socket = open(t, desk.port);
  socket.write(bytesOf(row, ''));
  await until(() => stopped, 'the call to be cancelled');
});
