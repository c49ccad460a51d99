import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect, reasonOf, resultText, scripted, stdio, until } from './connect.ts';

test('stdio: a result passes byte for byte', async (t) => {
  const { call } = connect(t, scripted());
  assert.equal(
    resultText(await call('raw')),
    '{"content":[],"big":12345678901234567890,"huge":1e400, "unknown" : {"\\u00e9":"é"},"n":1.0}',
  );
});

test('stdio: an answer written byte by byte is one answer', async (t) => {
  assert.equal(resultText(await connect(t, scripted()).call('trickle')), '{"content":[],"text":"añ€😀"}');
});

test('stdio: a legacy server gets empty arguments for none', async (t) => {
  assert.equal(resultText(await connect(t, scripted()).call('arguments')), '{"content":[],"arguments":{}}');
});

test('stdio: what is not an answer is dropped, and the first and second logged, and the answer still found', async (t) => {
  const { call, log } = connect(t, scripted());
  assert.equal(reasonOf(await call('garbage')), 'result');
  assert.equal(log.filter((line) => line.includes('strays')).length, 2);
});

test('stdio: a crash fails the call, and the server is started again', async (t) => {
  const { call, events } = connect(t, scripted());
  assert.equal(reasonOf(await call('raw')), 'result');
  const crashed = await call('crash');
  assert.deepEqual(crashed, { kind: 'failed', reason: 'closed', detail: 'it ended with exit code 3' });
  assert.equal(reasonOf(await call('raw')), 'unreachable');
  await until(() => events.includes('changed'), 'the restart');
  assert.equal(reasonOf(await call('raw')), 'result');
  assert.deepEqual(events, [
    'up: MCP 2025-11-25 over stdio',
    'down: unreachable: it ended with exit code 3',
    'up: MCP 2025-11-25 over stdio',
    'changed',
  ]);
});

test('stdio: a giant answer fails its own call and no other', async (t) => {
  const { call } = connect(t, scripted(), { limits: { resultBytesMax: 10_000 } });
  const [giant, other] = await Promise.all([call('giant'), call('raw')]);
  assert.deepEqual(giant, { kind: 'failed', reason: 'bad_answer', detail: 'its answer is over the limit' });
  assert.equal(reasonOf(other), 'result');
});

test('stdio: a cancelled call is cancelled at the server, and so is a late one', async (t) => {
  const { call, log } = connect(t, scripted());
  const abort = new AbortController();
  const answer = call('silent', {}, { signal: abort.signal });
  await until(() => log.some((line) => /"silent \d+"/.test(line)), 'the call');
  abort.abort();
  assert.equal(reasonOf(await answer), 'cancelled');
  assert.equal(reasonOf(await call('silent', {}, { timeoutMs: 100 })), 'timeout');
  await until(() => log.filter((line) => /"cancelled \d+"/.test(line)).length === 2, 'the notifications');
  const idsOf = (word: string) => log.flatMap((line) => new RegExp(`"${word} (\\d+)"`).exec(line)?.[1] ?? []);
  assert.deepEqual(idsOf('cancelled'), idsOf('silent'));
});

test('stdio: list_changed is an event', async (t) => {
  const { call, events } = connect(t, scripted());
  await call('change');
  assert.equal(events.filter((event) => event === 'changed').length, 1);
});

test('stdio: requests of a server are answered, so that it does not wait', async (t) => {
  const { call, request } = connect(t, scripted());
  await call('raw');
  await call('ask', {}, { timeoutMs: 100 });
  const replies = JSON.parse(resultText(await request('replies'))).replies;
  assert.deepEqual(
    replies.map(({ id, result, error }: Record<string, { code?: number }>) => [id, result ?? error?.code]),
    [
      ['q1', -32601],
      ['q2', {}],
    ],
  );
});

test('stdio: the child has its own variables and the few every program needs, no others', async (t) => {
  process.env['GATEHOUSE_TEST_SECRET'] = 'x';
  t.after(() => delete process.env['GATEHOUSE_TEST_SECRET']);
  const reach = {
    ...scripted(),
    env: { MODE: 'plain', TOKEN: { kind: 'env', name: 'T', at: { file: '', line: 1, col: 1 } } as const },
  };
  const credential = async () => ({ kind: 'ready', headers: {}, env: { TOKEN: 's3cret' } }) as const;
  const { environment } = JSON.parse(resultText(await connect(t, reach, { credential }).call('environment')));
  assert.equal(environment.MODE, 'plain');
  assert.equal(environment.TOKEN, 's3cret');
  assert.equal(environment.PATH, process.env['PATH']);
  assert.equal(environment.GATEHOUSE_TEST_SECRET, undefined);
  assert.equal(environment.NODE_OPTIONS, undefined);
});

test('stdio: stderr goes to the log with its control characters shown', async (t) => {
  const { call, log } = connect(t, scripted());
  await call('colours');
  await until(() => log.some((line) => line.includes('gnp')), 'the line');
  const line = JSON.parse(log.find((entry) => entry.includes('gnp')) ?? '');
  assert.equal(line.stderr, '\\u{1b}[31mred\\u{1b}[0m\\u{202e}gnp.exe');
});

test('stdio: a command that does not exist is named', async (t) => {
  assert.deepEqual(await connect(t, stdio('no-such-command')).call('x'), {
    kind: 'failed',
    reason: 'unreachable',
    detail: 'the command no-such-command was not found',
  });
});

test('stdio: a working directory that does not exist is named', async (t) => {
  const answer = await connect(t, { ...scripted(), cwd: '/no/such/folder' }).call('x');
  assert.equal(answer.kind === 'failed' && answer.detail, 'its working directory /no/such/folder does not exist');
});

test('stdio: a server that exits at the probe is started again and not probed', async (t) => {
  const { call, connection } = connect(t, scripted('exit-on-probe'));
  assert.equal(reasonOf(await call('raw')), 'result');
  assert.equal(connection.era(), 'legacy');
});

test('stdio: a server that is silent at the probe is legacy', async (t) => {
  const { call, connection } = connect(t, scripted('silent-on-probe'));
  assert.equal(reasonOf(await call('raw')), 'result');
  assert.equal(connection.era(), 'legacy');
});

test('stdio: an answer to a question that was given up is not told as a fault', async (t) => {
  const { call, log } = connect(t, scripted('late-on-probe'));
  assert.equal(reasonOf(await call('raw')), 'result');
  assert.equal(reasonOf(await call('late', {}, { timeoutMs: 50 })), 'timeout');
  const late = () => log.filter((line) => line.includes('an answer came after its request was given up'));
  await until(() => late().length === 2, 'both answers');
  assert(late().every((line) => line.includes('"level":20')));
  assert.deepEqual(
    log.filter((line) => line.includes('strays')),
    [],
  );
});

test('stdio: a server told to be modern is not spoken to in the legacy era', async (t) => {
  const answer = await connect(t, scripted(), { protocol: 'modern' }).call('raw');
  assert.deepEqual(answer, { kind: 'failed', reason: 'bad_answer', detail: 'it does not speak MCP 2026-07-28' });
});

test('stdio: closing ends a child that ignores the end of its input and being asked', async (t) => {
  const script = 'process.on("SIGTERM", () => {}); console.error("pid", process.pid); setInterval(() => {}, 1000);';
  const { call, connection, log } = connect(t, stdio(process.execPath, '-e', script), { protocol: 'legacy' });
  void call('x', {}, { timeoutMs: 60_000 });
  const pidIn = () => log.map((line) => /"pid (\d+)"/.exec(line)?.[1]).find((pid) => pid !== undefined);
  await until(() => pidIn() !== undefined, 'the child');
  await connection.close(0);
  assert.throws(() => process.kill(Number(pidIn()), 0), { code: 'ESRCH' });
});

test('stdio: a child that does not read its input is overloaded, not fed without end', async (t) => {
  const { call } = connect(t, scripted(), { limits: { bodyBytesMax: 50_000 } });
  await call('raw');
  await call('deaf', {}, { timeoutMs: 50 });
  const text = 'x'.repeat(40_000);
  const answers = await Promise.all(Array.from({ length: 12 }, () => call('raw', { text }, { timeoutMs: 300 })));
  const reasons = new Set(answers.map(reasonOf));
  assert.deepEqual([...reasons].sort(), ['overloaded', 'timeout']);
});
