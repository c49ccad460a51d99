import assert from 'node:assert/strict';
import { appendFileSync, chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { auditQuery } from '../../src/cli/audit/query.ts';
import { auditVerify } from '../../src/cli/audit/verify.ts';
import { UsageError } from '../../src/cli/command.ts';
import { runCommand } from '../cli/console.ts';
import { filesIn, folder, writeChain } from './log.ts';

/** A working folder with a log in `var/audit`. */
async function place(t: TestContext): Promise<string> {
  const cwd = folder(t);
  await writeChain(t, join(cwd, 'var/audit'));
  return cwd;
}

function spoil(file: string | undefined, text: string): void {
  assert(file !== undefined);
  chmodSync(file, 0o640);
  appendFileSync(file, text);
}

test('audit query prints the answer in the format asked for', async (t) => {
  const cwd = await place(t);
  const sql = 'SELECT count(*) AS n FROM calls';
  assert.deepEqual(await runCommand(auditQuery, [sql], cwd), { code: 0, out: ' n\n--\n10\n(1 row)\n', err: '' });
  assert.equal((await runCommand(auditQuery, [sql, '--format', 'csv'], cwd)).out, 'n\r\n10\r\n');
  assert.equal((await runCommand(auditQuery, [sql, '--format', 'json'], cwd)).out, '[\n{"n":10}\n]\n');
  assert.equal((await runCommand(auditQuery, [sql, '--format', 'markdown'], cwd)).out, '| n |\n| ---: |\n| 10 |\n');
});

test('audit query takes bounds as days, moments and ages', async (t) => {
  const cwd = await place(t);
  const today = new Date().toISOString().slice(0, 10);
  const count = async (...bounds: string[]) =>
    (await runCommand(auditQuery, ['SELECT count(*) AS n FROM calls', '--format', 'csv', ...bounds], cwd)).out.split(
      '\r\n',
    )[1];
  assert.equal(await count('--since', '1h'), '10');
  assert.equal(await count('--since', today, '--until', today), '10');
  assert.equal(await count('--until', '1h'), '0');
  assert.equal(await count('--since', '2099-01-01T10:00Z'), '0');
  for (const wrong of ['yesterday', '2026-02-30', '7', '7x', '2026-13-01T10:00', '']) {
    await assert.rejects(count('--since', wrong), UsageError, wrong);
  }
});

test('audit query explains what it cannot run and ends with 2', async (t) => {
  const cwd = await place(t);
  const errors = {
    'SELECT tol FROM calls': /"tool"[\s\S]*the views are audit, calls, attempts, denied, config_changes/,
    'SELECT * FROM nothing': /there is no view nothing; the views are audit/,
    "COPY audit TO 'x'": /only SELECT statements/,
    'SELECT max(ts FROM calls': /syntax error/,
    "SELECT 'x'::INT": /Conversion Error/,
  };
  for (const [sql, message] of Object.entries(errors)) {
    const { code, out, err } = await runCommand(auditQuery, [sql], cwd);
    assert.deepEqual([code, out], [2, ''], sql);
    assert.match(err, message);
  }
  for (const args of [[], ['SELECT', '1'], ['SELECT 1', '--format', 'xml']]) {
    await assert.rejects(runCommand(auditQuery, args, cwd), UsageError);
  }
});

test('audit query tells lines it left out, and ends with 3 when they are in finished files', async (t) => {
  const cwd = await place(t);
  const dir = join(cwd, 'var/audit');
  const [finished = ''] = filesIn(dir);
  spoil(finished, 'garbage\n');
  const live = await runCommand(
    auditQuery,
    ["SELECT count(*) AS n FROM audit WHERE ev <> 'audit.read'", '--format', 'csv'],
    cwd,
  );
  assert.deepEqual([live.code, live.out], [0, 'n\r\n11\r\n']);
  assert.match(live.err, /left out 1 line of .*: unfinished or unreadable/);
  writeFileSync(finished.replace('000001', '000002'), '');
  const closed = await runCommand(
    auditQuery,
    ["SELECT count(*) AS n FROM audit WHERE ev <> 'audit.read'", '--format', 'csv'],
    cwd,
  );
  assert.deepEqual([closed.code, closed.out], [3, 'n\r\n11\r\n']);
  assert.match(closed.err, /audit verify/);
});

test('audit verify says intact and names the head, as text and as JSON', async (t) => {
  const cwd = await place(t);
  const text = await runCommand(auditVerify, [], cwd);
  assert.equal(text.code, 0);
  assert.match(
    text.out,
    /^Intact: 11 records in 1 file\.\nSigned: 11 records, by gatehouse\+[0-9a-f]{8}\+[\w+/]+=*\.\nHead: acme-[0-9a-f]{8} 11 [\w-]{43}\n$/,
  );
  const json = JSON.parse((await runCommand(auditVerify, ['--format', 'json'], cwd)).out);
  assert.deepEqual(Object.keys(json), [
    'ok',
    'files',
    'records',
    'problems',
    'notes',
    'head',
    'signed',
    'ofCommands',
    'keys',
  ]);
});

test('the head is the gateway’s, although asking the log has added newer records', async (t) => {
  const cwd = await place(t);
  await runCommand(auditQuery, ['SELECT 1'], cwd);
  const { head, records } = JSON.parse((await runCommand(auditVerify, ['--format', 'json'], cwd)).out);
  assert.deepEqual([records, head.seq], [12, 11]);
  assert.match(head.writer, /^acme-[0-9a-f]{8}$/);
});

test('audit verify lists what is wrong and ends with 1', async (t) => {
  const cwd = await place(t);
  const [file] = filesIn(join(cwd, 'var/audit'));
  spoil(file, 'garbage\n');
  const { code, out } = await runCommand(auditVerify, [], cwd);
  assert.equal(code, 1);
  assert.match(
    out,
    /000001\.jsonl:12 \(byte \d+\): unreadable: this line is not a record\nNOT INTACT, 1 problem: 11 records/,
  );
  const json = JSON.parse((await runCommand(auditVerify, ['--format', 'json'], cwd)).out);
  assert.deepEqual([json.ok, Object.keys(json.problems[0])], [false, ['file', 'line', 'byte', 'kind', 'message']]);
});

test('without a log both commands say where they looked and end with 2', async (t) => {
  const cwd = folder(t);
  for (const [command, args] of [
    [auditQuery, ['SELECT 1']],
    [auditVerify, []],
  ] as const) {
    const { code, err } = await runCommand(command, args, cwd);
    assert.equal(code, 2);
    assert(err.includes(`there is no audit log in ${join(cwd, 'var/audit')}`), err);
  }
});

test('the log is found by --dir, --var, the configuration, in this order', async (t) => {
  const cwd = folder(t);
  const where = async (...args: string[]) =>
    /audit log in (.*)\n/.exec((await runCommand(auditVerify, args, cwd)).err)?.[1];
  mkdirSync(join(cwd, 'etc'));
  writeFileSync(join(cwd, 'gateway.config.yaml'), 'audit: { dir: here }\n');
  writeFileSync(join(cwd, 'etc/gw.yaml'), 'audit:\n  dir: ../there\n');
  writeFileSync(join(cwd, 'etc/bare.yaml'), '# nothing\n');
  assert.equal(await where(), join(cwd, 'here'));
  assert.equal(await where('--config', 'etc/gw.yaml'), join(cwd, 'there'));
  assert.equal(await where('--config', 'etc/bare.yaml'), join(cwd, 'etc/var/audit'));
  assert.equal(await where('--var', 'state', '--config', 'etc/gw.yaml'), join(cwd, 'state/audit'));
  assert.equal(await where('--dir', 'a', '--dir', 'b', '--var', 'state'), `${join(cwd, 'a')}, ${join(cwd, 'b')}`);
  await assert.rejects(where('--config', 'none.yaml'), UsageError);
});

test('the help of both commands fits 80 columns and shows three examples', () => {
  for (const { help } of [auditQuery, auditVerify]) {
    assert(
      help.split('\n').every((line) => line.length <= 80),
      help,
    );
    assert.equal(help.match(/^ {2}gatehouse /gm)?.length, 3);
  }
});
