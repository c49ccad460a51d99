import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadKeys } from '../../src/audit/keys.ts';
import { type Client, connect, type Reply } from '../fixtures/client.ts';
import { everythingGranted, startTestGateway, type TestFiles, type TestGateway } from '../fixtures/gateway.ts';
import { until } from '../fixtures/until.ts';
import { type Asked, startUpstream, type TestUpstream, tool } from '../fixtures/upstream.ts';

interface Scene extends TestGateway {
  readonly upstream: TestUpstream;
  readonly modern: Client;
  readonly legacy: Client;
  /** The audit records of calls. */
  calls(): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

async function start(t: TestContext, call: (asked: Asked) => unknown, files: Partial<TestFiles> = {}): Promise<Scene> {
  const upstream = await startUpstream(t, { era: 'legacy', tools: [tool('look'), tool('hide')], call });
  const gateway = await startTestGateway({
    servers: `\n  one: { url: "${upstream.url}", protocol: legacy }`,
    policies: everythingGranted('one').replace('one/*', 'one/look'),
    ...files,
  });
  t.after(() => gateway.close());
  return {
    ...gateway,
    upstream,
    modern: await connect('modern', gateway),
    legacy: await connect('legacy', gateway),
    calls: async () => (await gateway.records()).filter(({ ev }) => ev === 'tool.call'),
  };
}

test('a tool one may not call and one that does not exist are answered in the same bytes', async (t) => {
  const scene = await start(t, (asked) => asked.result('{"content":[]}'));
  for (const client of [scene.modern, scene.legacy]) {
    const call = (name: string): Promise<Reply> => client.call(name, '{"secret":1}', { id: '1' });
    const denied = await call('one_hide');
    assert.equal(denied.text, '{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"Unknown tool."}}');
    for (const other of [await call('one_none'), await call('look')]) {
      assert.deepEqual([other.status, other.text, headersOf(other)], [denied.status, denied.text, headersOf(denied)]);
    }
  }
  assert.equal(scene.upstream.asked('tools/call').length, 0);
  const records = (await scene.calls())
    .slice(0, 3)
    .map((record) => [record['tool_as'], record['why'], record['outcome']]);
  assert.deepEqual(records.sort(), [
    ['look', 'unknown_tool', 'denied'],
    ['one_hide', 'no_grant', 'denied'],
    ['one_none', 'unknown_tool', 'denied'],
  ]);
});

function headersOf({ headers }: Reply): readonly (readonly [string, string])[] {
  return [...headers].filter(([name]) => name !== 'date');
}

test('a legacy client that goes away does not cancel its call', async (t) => {
  const held: Asked[] = [];
  const scene = await start(t, (asked) => held.push(asked));
  const gone = new AbortController();
  const reply = scene.legacy.call('one_look', '{}', { signal: gone.signal });
  await until(() => held.length === 1, 'the call to arrive');
  gone.abort();
  await assert.rejects(reply);
  await scene.legacy.ask('ping');
  assert.equal(held[0]?.aborted, false);
  held[0]?.result('{"content":[]}');
  await until(async () => (await scene.calls()).length === 1, 'the record');
  assert.equal((await scene.calls())[0]?.['outcome'], 'ok');
});

test('the end of a legacy session cancels its calls', async (t) => {
  const scene = await start(t, () => undefined);
  const reply = scene.legacy.call('one_look');
  await until(() => scene.upstream.asked('tools/call').length === 1, 'the call to arrive');
  await fetch(scene.url, { method: 'DELETE', headers: scene.legacy.headers });
  assert.equal((await reply).status, 202);
  assert.equal((await scene.calls())[0]?.['outcome'], 'cancelled');
});

test('an id that is still being answered is not taken twice in a session', async (t) => {
  const held: Asked[] = [];
  const scene = await start(t, (asked) => held.push(asked));
  const first = scene.legacy.call('one_look', '{}', { id: '"a"' });
  await until(() => held.length === 1, 'the call to arrive');
  assert.equal((await scene.legacy.call('one_look', '{}', { id: '"a"' })).error?.code, -32600);
  held[0]?.result('{"content":[]}');
  assert.equal((await first).error, null);
});

test('a tool’s own error is passed on and recorded as such', async (t) => {
  const scene = await start(t, (asked) => asked.result('{"content":[],"isError":true}'));
  assert.equal((await scene.legacy.call('one_look')).result, '{"content":[],"isError":true}');
  assert.equal((await scene.calls())[0]?.['outcome'], 'tool_error');
});

test('an upstream’s error is passed on with its data, but for the codes of the hop between', async (t) => {
  let code = -32602;
  const scene = await start(t, (asked) => asked.error(`{"code":${code},"message":"no\\u0041","data":{"n":1e400}}`));
  for (const passed of [-32602, -32603, -32000, 42]) {
    code = passed;
    const { text, status } = await scene.modern.call('one_look', '{}', { id: '1' });
    const error = `{"code":${passed},"message":"noA","data":{"n":1e400}}`;
    assert.deepEqual([status, text], [200, `{"jsonrpc":"2.0","id":1,"error":${error}}`]);
  }
  for (const hidden of [-32020, -32021, -32022, -32042, -32099]) {
    code = hidden;
    for (const client of [scene.modern, scene.legacy]) {
      const { status, error } = await client.call('one_look');
      assert.deepEqual([status, error?.code, error?.data], [200, -32603, { reason: 'bad_answer' }], `${hidden}`);
    }
  }
  const [first] = await scene.calls();
  assert.deepEqual([first?.['outcome'], first?.['err'], first?.['err_code']], ['upstream_error', 'noA', -32602]);
});

test('an upstream that is down is -32603 with a reason, recorded, and called again when it is back', async (t) => {
  const scene = await start(t, (asked) => asked.result('{"content":[]}'));
  await scene.legacy.names();
  scene.upstream.stop();
  const { status, error } = await scene.legacy.call('one_look');
  assert.deepEqual([status, error?.code], [200, -32603]);
  assert.match(JSON.stringify(error?.data), /^\{"reason":"(unreachable|closed)"\}$/);
  assert.doesNotMatch(error?.message ?? '', /127\.0\.0\.1|ECONN/);
  assert.equal((await scene.calls())[0]?.['outcome'], 'upstream_error');
  await scene.upstream.restart();
  await until(async () => (await scene.modern.call('one_look')).error === null, 'calls to be answered again');
});

test('a record says who called what, by which rule, and how it went', async (t) => {
  const scene = await start(t, (asked) => asked.result('{"content":[ ]}'));
  await scene.modern.call('one_look', '{"path":"x"}', { id: '"r-1"' });
  const [{ ts, seq, prev, dur_ms, up_ms, tool_def, writer, rule, cfg, args, v, ...record } = {}] = await scene.calls();
  const { args_mac, res_mac, kid, ...rest } = record;
  assert.deepEqual(rest, {
    ev: 'tool.call',
    actor: 'you@localhost',
    actor_type: 'human',
    iss: 'local',
    email: 'you@localhost',
    groups: [],
    auth: 'local',
    client: 'raw',
    client_ver: '1',
    agent: 'node',
    ip: '127.0.0.1',
    req: '"r-1"',
    method: 'tools/call',
    proto: '2026-07-28',
    server: 'one',
    tool: 'look',
    tool_as: 'one_look',
    risk: 'read',
    decision: 'allow',
    outcome: 'ok',
    ...{ args_mode: 'redact', args_n: 1, args_bytes: 12, res_mode: 'hash', res_bytes: 15 },
  });
  const { macs } = await loadKeys(join(scene.dir, 'var/keys'));
  const key = macs.get(String(kid)) ?? assert.fail('the key is not there');
  const mac = (text: string) => createHmac('sha256', key).update(text).digest('hex').slice(0, 32);
  assert.deepEqual([args_mac, res_mac], [mac('{"path":"x"}'), mac('{"content":[ ]}')]);
  assert.match(String(rule), /^all policies\/access\.yaml:\d+$/);
  assert(Number(dur_ms) >= Number(up_ms) && Number(up_ms) > 0);
});

test('while the log cannot be written no call is made, and the one that met the fault is not answered', async (t) => {
  let breakIt = (): void => undefined;
  const call = (asked: Asked): void => {
    breakIt();
    asked.result('{"content":[]}');
  };
  const scene = await start(t, call, { settings: 'audit: { rotate_bytes: 65536 }' });
  const [dir, away] = [join(scene.dir, 'var/audit'), join(scene.dir, 'var/away')];
  // The file is full, so the next record needs another one.
  for (let round = 0; round < 10; round += 1) {
    await Promise.all(Array.from({ length: 16 }, () => scene.legacy.ask('tools/list')));
  }
  breakIt = () => {
    renameSync(dir, away);
    writeFileSync(dir, 'no folder');
  };
  assert.equal((await scene.legacy.call('one_look')).status, 503);
  breakIt = () => undefined;
  assert.equal(scene.upstream.asked('tools/call').length, 1, 'what was done before the fault showed stays done');
  assert.match(
    scene.log.join(),
    /"actor":"you@localhost","server":"one","tool":"look","msg":"a call was made and is not/,
  );
  assert.deepEqual([(await scene.modern.call('one_look')).status, (await scene.legacy.ask('ping')).status], [503, 503]);
  assert.equal((await fetch(`${scene.adminUrl}/readyz`)).status, 503);
  assert.equal(scene.upstream.asked('tools/call').length, 1);
  await rm(dir);
  await mkdir(dir);
  await until(async () => (await scene.legacy.call('one_look')).status === 200, 'the log to be written again');
  const text = JSON.stringify(await scene.records());
  assert.match(text, /"ev":"audit.recover"/);
});
