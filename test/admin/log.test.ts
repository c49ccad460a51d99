import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Logger } from 'pino';
import { createLog, type LogSettings } from '../../src/admin/log.ts';

test('a line is one JSON object with level, time and message', () => {
  const [line] = written({ level: 'info', format: 'json' }, (log) => log.warn({ server: 'memory' }, 'upstream down'));
  const { time, ...rest } = JSON.parse(line ?? '');
  assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.deepEqual(rest, { level: 'warn', server: 'memory', msg: 'upstream down' });
});

test('lines below the level are not written', () => {
  assert.deepEqual(
    written({ level: 'warn', format: 'json' }, (log) => log.info('quiet')),
    [],
  );
});

test('values under authorization-like names are censored at three levels, in errors too', () => {
  const lines = written({ level: 'info', format: 'json' }, (log) => {
    log.info({ authorization: 'hunter2', request: { headers: { Authorization: 'hunter2', 'x-api-key': 'hunter2' } } });
    log.error(Object.assign(new Error('boom'), { headers: { cookie: 'hunter2' } }));
    log.child({ access_token: 'hunter2' }).info('child');
  });
  assert.equal(lines.length, 3);
  for (const line of lines) {
    assert.doesNotMatch(line, /hunter2/);
    assert.match(line, /\[secret\]/);
  }
});

test('text is short, shows the stack and keeps control characters from the terminal', () => {
  const lines = written({ level: 'info', format: 'text' }, (log) => {
    log.info({ server: 'memory', tools: 9 }, 'upstream \u001b[31mup\u202e');
    log.error({ err: new Error('boom') }, 'failed');
  });
  assert.match(lines[0] ?? '', /^\d\d:\d\d:\d\d info {2}upstream \?\[31mup\? server="memory" tools=9$/);
  assert.match(lines[1] ?? '', / error failed$/);
  assert.match(lines[2] ?? '', /^Error: boom$/);
});

test('a process outlives the pipe its log goes to, and a reader that stalls', async () => {
  const closed = chatter();
  closed.stderr?.destroy();
  assert.deepEqual(await once(closed, 'exit'), [7, null]);
  const stalled = chatter();
  assert.deepEqual(await once(stalled, 'exit'), [7, null]);
});

/** Logs 4 MB, more than any pipe holds, and exits with 7. */
function chatter(): ChildProcess {
  const module = new URL('../../src/admin/log.ts', import.meta.url).href;
  const script = `
    const { createLog } = await import(${JSON.stringify(module)});
    process.stderr._handle; // makes the pipe non-blocking, as any use of process.stderr does
    const log = createLog({ level: 'info', format: 'json', descriptor: 2 });
    for (let line = 0; line < 4000; line++) log.info('x'.repeat(1000));
    process.exit(7);`;
  return spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
}

function written(settings: Omit<LogSettings, 'descriptor'>, write: (log: Logger) => void): string[] {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-log-'));
  const path = join(directory, 'log');
  const descriptor = openSync(path, 'a');
  try {
    write(createLog({ ...settings, descriptor }));
    return readFileSync(path, 'utf8').split('\n').slice(0, -1);
  } finally {
    closeSync(descriptor);
    rmSync(directory, { recursive: true });
  }
}
