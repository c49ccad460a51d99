import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditLog } from '../../../src/audit/record/event.ts';
import type { Redaction } from '../../../src/config/audit-settings.ts';
import { until } from '../../fixtures/until.ts';
import { call, filesIn, folder, linesOf, openLog } from '../log.ts';
import { auditSettings } from '../settings.ts';

/**
 * The samples of `deploy/shippers` whose programs Debian has, run for real: `npm run test:shippers`. Beside the tests,
 * not among them, since these programs are not everywhere.
 */

interface LogHost {
  readonly port: number;
  /** The whole lines that arrived; the end of a connection that was cut off is not one. */
  lines(): readonly string[];
  /** Takes no connections, and ends those it has. */
  leave(): Promise<void>;
  comeBack(): Promise<void>;
}

async function openLogHost(t: TestContext): Promise<LogHost> {
  const received: Buffer[][] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const chunks: Buffer[] = [];
    received.push(chunks);
    sockets.add(socket);
    socket.on('data', (chunk) => chunks.push(chunk)).on('error', () => undefined);
  });
  const listen = (at: number) => new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  t.after(leave);
  return { port, lines, leave, comeBack: () => listen(port) };

  function lines(): readonly string[] {
    return received.flatMap((chunks) => Buffer.concat(chunks).toString().split('\n').slice(0, -1));
  }

  async function leave(): Promise<void> {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  }
}

interface Shipper {
  start(): void;
  /** Resolves when it has ended. */
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

function createShipper(t: TestContext, command: string, args: readonly string[]): Shipper {
  let child: ChildProcess | null = null;
  t.after(() => child?.kill('SIGKILL'));
  return { start, stop };

  function start(): void {
    child = spawn(command, args, { stdio: 'ignore' });
  }

  async function stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const ended = new Promise((resolve) => child?.once('exit', resolve));
    child?.kill(signal);
    await ended;
  }
}

/** What arguments may hold: other scripts, escapes, what some programs take for the end of a line, and length. */
const TEXTS = ['grüße 漢字 🙂', 'a\tb\\"c\u0001', 'one\u2028two\u0085', '%msg% $x $(y)', 'x'.repeat(8_000)];
const redaction: Redaction = { ...auditSettings.otherwise, arguments: 'full' };

/** Writes as a gateway does, and beside it lines longer than one makes, in a file that was not finished. */
async function recordCalls(
  log: AuditLog,
  { dir, count }: { readonly dir: string; readonly count: number },
): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    const text = TEXTS[n % TEXTS.length] ?? '';
    await log.record(call(`tool_${n}`, { redaction, args: Buffer.from(JSON.stringify({ text })) }));
    if (n % 10 > 0) continue;
    const line = `{"v":1,"seq":${process.hrtime.bigint()},"args":"${'ü'.repeat(30_000)}"}`;
    appendFileSync(join(dirname(filesIn(dir)[0] ?? ''), 'long-00000000-000001.jsonl'), `${line}\n`);
  }
}

interface Program {
  /** Of the sample, and of the program. */
  readonly sample: string;
  readonly command: string;
  /** For this configuration, with everything it keeps in this folder. */
  args(conf: string, own: string): readonly string[];
}

const PROGRAMS: readonly Program[] = [
  {
    ...{ sample: 'rsyslog.conf', command: 'rsyslogd' },
    args: (conf, own) => ['-n', '-f', conf, '-i', join(own, 'pid')],
  },
  {
    ...{ sample: 'syslog-ng.conf', command: 'syslog-ng' },
    args: (conf, own) => [
      '-F',
      '--no-caps',
      '-f',
      conf,
      '-R',
      join(own, 'persist'),
      '-c',
      join(own, 'ctl'),
      '-p',
      join(own, 'pid'),
    ],
  },
];
const installed = PROGRAMS.filter(({ command }) => spawnSync(command, ['--version']).error === undefined);

test('one of the programs is here', () => {
  const commands = PROGRAMS.map(({ command }) => command).join(' or ');
  assert(installed.length > 0, `install ${commands}: Debian's packages rsyslog and syslog-ng-core, one at a time`);
});

for (const program of installed) {
  test(`${program.sample}: every line arrives as it was written, whatever ends meanwhile`, async (t) => {
    const [dir, own] = [folder(t), folder(t)];
    const host = await openLogHost(t);
    const conf = join(own, program.sample);
    writeFileSync(conf, sampleFor(program, { dir, own, port: host.port }));
    const shipper = createShipper(t, program.command, program.args(conf, own));
    const log = await openLog(t, dir, { settings: { rotateBytes: 50_000 } });
    writeFileSync(join(dir, '_manifest.jsonl'), 'no line of the log\n');

    shipper.start();
    const recording = recordCalls(log, { dir, count: 200 });
    await sleep(400);
    await shipper.stop('SIGKILL');
    await recording;
    shipper.start();
    await allArrive(dir, host);

    await shipper.stop('SIGTERM');
    await recordCalls(log, { dir, count: 50 });
    shipper.start();
    await allArrive(dir, host);

    await shipper.stop('SIGTERM');
    await host.leave();
    shipper.start();
    await recordCalls(log, { dir, count: 300 });
    await sleep(2000);
    await shipper.stop('SIGKILL');
    shipper.start();
    await recordCalls(log, { dir, count: 50 });
    await host.comeBack();
    await allArrive(dir, host);
    assert(filesIn(dir).length > 5, `${filesIn(dir).length} files`);
  });
}

async function allArrive(dir: string, host: LogHost): Promise<void> {
  const written = new Set(filesIn(dir).flatMap(linesOf));
  await until(() => new Set(host.lines()).size >= written.size, 'all lines', 20_000).catch(() => undefined);
  const arrived = new Set(host.lines());
  const missing = [...written].filter((line) => !arrived.has(line)).map((line) => line.slice(0, 60));
  assert.deepEqual(missing, [], `${missing.length} of ${written.size} lines are missing`);
  assert.deepEqual(
    [...arrived].filter((line) => !written.has(line)).map((line) => line.slice(0, 60)),
    [],
  );
}

/** The sample for a log and a host of this test, without TLS. */
function sampleFor(
  { sample }: Program,
  { dir, own, port }: { readonly dir: string; readonly own: string; readonly port: number },
): string {
  const conf = readFileSync(join('deploy/shippers', sample), 'utf8')
    .replace(/^#.*\n/gm, '')
    .replaceAll('/var/lib/gatehouse/audit', dir)
    .replaceAll('/var/lib/rsyslog', own)
    .replace('logs.example.com" port="6514"', `127.0.0.1" port="${port}"`)
    .replace('logs.example.com" port(6514) transport("tls")', `127.0.0.1" port(${port}) transport("tcp")`)
    .replace(/^ *(?:StreamDriver|tls\().*\n/gm, '');
  assert(!/example\.com|"\/var\/lib/.test(conf), conf);
  return conf;
}
