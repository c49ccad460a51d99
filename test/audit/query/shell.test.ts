import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makeLog } from '../../../bench/audit-log.ts';
import { openHistory } from '../../../src/cli/audit/history.ts';
import { createProgress } from '../../../src/cli/audit/progress.ts';
import { completions, readShellLine, type ShellSettings } from '../../../src/cli/audit/shell-commands.ts';
import { folder } from '../log.ts';

const main = join(import.meta.dirname, '../../../src/main.ts');

/** `gatehouse audit …` as a process of its own, in a folder with a log. */
function start(t: TestContext, ...args: string[]): ChildProcess {
  const cwd = folder(t);
  makeLog(join(cwd, 'var/audit'), { records: 100, days: 1, writers: 1, seed: 1 });
  const tsx = import.meta.resolve('tsx');
  const child = spawn(process.execPath, ['--import', tsx, main, 'audit', ...args], { cwd });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

async function ended(child: ChildProcess): Promise<{ code: number | null; out: string; err: string }> {
  let [out, err] = ['', ''];
  child.stdout?.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    err += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, out, err };
}

const ENDLESS = 'SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b';

test('statements piped into the shell are answered one after another', async (t) => {
  const child = start(t, 'shell');
  child.stdin?.end('.format csv\n\nSELECT count(*) AS n\nFROM audit;\nSELECT nope;\n.bogus\nSELECT 2 AS n');
  const { code, out, err } = await ended(child);
  assert.deepEqual([code, out], [2, 'n\r\n100\r\nn\r\n2\r\n']);
  assert.match(err, /^gatehouse audit shell: Binder Error: .*"nope"[\s\S]*there is no \.bogus; \.help lists/);
});

test('Ctrl-C stops a statement with a word and 130', async (t) => {
  const child = start(t, 'query', ENDLESS);
  const result = ended(child);
  await grandchildOf(child);
  await new Promise((resolve) => setTimeout(resolve, 500));
  child.kill('SIGINT');
  const { code, out, err } = await result;
  assert.deepEqual([code, out, err], [130, '', 'gatehouse audit query: interrupted\n']);
});

test('when the command is killed its process goes too, with its own folder and nothing else', async (t) => {
  const child = start(t, 'query', ENDLESS);
  const cwd = readlinkSync(`/proc/${child.pid}/cwd`);
  const runner = await grandchildOf(child);
  const own = readlinkSync(`/proc/${runner}/cwd`);
  child.kill('SIGKILL');
  const begun = Date.now();
  while (existsSync(`/proc/${runner}`) && !/^State:\tZ/m.test(readFileSync(`/proc/${runner}/status`, 'utf8'))) {
    assert(Date.now() - begun < 60_000, 'the process is still there');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.deepEqual([existsSync(own), existsSync(join(cwd, 'var/audit'))], [false, true]);
});

/** The process that runs the statement, once it is at work. */
async function grandchildOf({ pid }: ChildProcess): Promise<number> {
  for (const begun = Date.now(); Date.now() - begun < 60_000; ) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const found = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
    const runner = found.find((one) => one > 0 && /gatehouse-query-/.test(readlinkSync(`/proc/${one}/cwd`)));
    if (runner !== undefined) return runner;
  }
  throw new Error('no process was begun');
}

const settings: ShellSettings = {
  question: { dirs: [], since: null, until: null, writers: [], strict: false },
  format: 'table',
};
const now = new Date('2026-11-22T12:00:00Z');

test("the shell's own commands set format and bounds, and list views and columns", () => {
  assert.deepEqual(readShellLine('.format json', settings, now), {
    kind: 'set',
    settings: { ...settings, format: 'json' },
  });
  const bounded = readShellLine('.since 1h', settings, now);
  assert(bounded.kind === 'set');
  assert.deepEqual(bounded.settings.question.since, new Date('2026-11-22T11:00:00Z'));
  assert.deepEqual(readShellLine('.since off', bounded.settings, now), { kind: 'set', settings });
  assert.deepEqual(readShellLine('.quit', settings, now), { kind: 'leave' });
  for (const [line, pattern] of [
    ['.views', /^denied +decision = 'deny'/m],
    ['.columns calls', /^ts +time +When it happened/m],
    ['.help', /^ {2}\.columns \[VIEW\]/m],
  ] as const) {
    const step = readShellLine(line, settings, now);
    assert(step.kind === 'say');
    assert.match(step.text, pattern);
    assert(
      step.text.split('\n').every((text) => text.length <= 80),
      line,
    );
  }
  for (const wrong of ['.format xml', '.since yesterday', '.columns nothing', '.x']) {
    assert.throws(() => readShellLine(wrong, settings, now), { name: 'UsageError' }, wrong);
  }
});

test('Tab completes views, columns and commands', () => {
  assert.deepEqual(completions('SELECT * FROM den'), [['denied'], 'den']);
  assert.deepEqual(completions('SELECT actor_'), [['actor_type'], 'actor_']);
  assert.deepEqual(completions('.co'), [['.columns'], '.co']);
  assert.deepEqual(completions('.columns den')[0], ['denied']);
});

test('the history is kept for its user alone, newest first', async (t) => {
  const state = folder(t);
  const environment = { XDG_STATE_HOME: state };
  await (await openHistory({ environment })).save(['SELECT 2;', 'SELECT 1;']);
  assert.deepEqual((await openHistory({ environment })).lines, ['SELECT 2;', 'SELECT 1;']);
  const path = join(state, 'gatehouse/audit-history');
  assert.equal(readFileSync(path, 'utf8'), 'SELECT 1;\nSELECT 2;\n');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual((await openHistory({ environment: {} })).lines, []);
});

test('a bar is drawn on a terminal after a second, and nowhere else', () => {
  for (const isTTY of [true, false]) {
    let at = 0;
    let text = '';
    const terminal = {
      isTTY,
      write: (more: string) => {
        text += more;
      },
    };
    const progress = createProgress(terminal, () => at);
    progress.update(0.1);
    at = 2_000;
    progress.update(0.5);
    progress.update(0.6);
    progress.clear();
    assert.equal(text, isTTY ? `\r[${'#'.repeat(15)}${'.'.repeat(15)}]  50 %  2 s\r\u001b[K` : '');
  }
});
