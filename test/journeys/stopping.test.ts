import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { readRecords } from '../fixtures/gateway.ts';
import { freePort, gatehouse, serve } from './gateway-process.ts';
import { connectClient } from './reference-clients.ts';

test('SIGTERM lets the call under way finish, records the stop and exits with 0', async (t) => {
  const state = await mkdtemp(join(tmpdir(), 'gatehouse-stop-'));
  t.after(() => rm(state, { recursive: true, force: true }));
  const gateway = await serve(t, await freePort(), ['--var', state]);
  for (const kind of ['SDK v2, modern', 'SDK v1'] as const) {
    const client = await connectClient(kind, { url: gateway.url });
    t.after(() => client.close());
    await client.toolNames();
  }
  const client = await connectClient('SDK v2, modern', { url: gateway.url });
  t.after(() => client.close());
  const call = client.call('everything_trigger-long-running-operation', { duration: 1.5, steps: 1 });
  await sleep(500);
  gateway.signal('SIGTERM');
  assert.match(await call, /^result .*Long running operation completed/);
  assert.equal(await gateway.ended, 0);
  const records = await readRecords(join(state, 'audit'));
  const [answer, stop] = records.slice(-2);
  assert.deepEqual([answer?.['ev'], answer?.['outcome']], ['tool.call', 'ok']);
  assert.deepEqual([stop?.['ev'], stop?.['detail']], ['gateway.stop', { why: 'SIGTERM', signed: 4 }]);
  assert.equal((await gatehouse(['audit', 'verify', '--var', state])).code, 0);
});

test('a second gateway on the same port says what to do and exits with 2', async (t) => {
  const state = await mkdtemp(join(tmpdir(), 'gatehouse-second-'));
  t.after(() => rm(state, { recursive: true, force: true }));
  const port = await freePort();
  await serve(t, port, ['--var', join(state, 'first')]);
  const listen = ['--listen', `127.0.0.1:${port}`, '--admin-listen', '127.0.0.1:0'];
  const { code, out, err } = await gatehouse(['serve', '--var', join(state, 'second'), '--log', 'silent', ...listen]);
  assert.deepEqual([code, out], [2, '']);
  assert.match(err, new RegExp(`127\\.0\\.0\\.1:${port}`));
  assert.match(err, /--listen/);
  assert.doesNotMatch(err, /^ +at /m, 'no stack');
});
