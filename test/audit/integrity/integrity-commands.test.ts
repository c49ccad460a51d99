import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadKeys } from '../../../src/audit/keys.ts';
import { auditAnchor } from '../../../src/cli/audit/anchor.ts';
import { auditCheckProof } from '../../../src/cli/audit/check-proof.ts';
import { auditHead } from '../../../src/cli/audit/head.ts';
import { auditKeys } from '../../../src/cli/audit/keys.ts';
import { auditProve } from '../../../src/cli/audit/prove.ts';
import { auditVerify } from '../../../src/cli/audit/verify.ts';
import { UsageError } from '../../../src/cli/command.ts';
import { runCommand } from '../../cli/console.ts';
import { call, filesIn, folder, openLog, writeChain } from '../log.ts';

/** A working folder with a log in `var/audit`, its keys in `var/keys`, and the public key and heads in files. */
async function place(t: TestContext): Promise<{ cwd: string; log: string }> {
  const cwd = folder(t);
  const log = join(cwd, 'var/audit');
  await writeChain(t, log, { keys: await loadKeys(join(cwd, 'var/keys')) });
  writeFileSync(join(cwd, 'gatehouse.pub'), `# of the test\n${(await runCommand(auditKeys, [], cwd)).out}`);
  writeFileSync(join(cwd, 'heads.txt'), (await runCommand(auditHead, [], cwd)).out);
  return { cwd, log };
}

test('a log is held against its public key and a kept head', async (t) => {
  const { cwd, log } = await place(t);
  const key = readFileSync(join(cwd, 'gatehouse.pub'), 'utf8').split('\n')[1] ?? '';
  const both = ['--public-key', 'gatehouse.pub', '--against', 'heads.txt'];
  assert.deepEqual((await runCommand(auditVerify, both, cwd)).code, 0);
  assert.deepEqual((await runCommand(auditVerify, ['--public-key', key], cwd)).code, 0);
  rmSync(join(log, '_ckpt'), { recursive: true });
  const file = filesIn(log).at(-1) ?? '';
  chmodSync(file, 0o640);
  const lines = readFileSync(file, 'utf8').split('\n');
  writeFileSync(file, `${lines.slice(0, -3).join('\n')}\n`);
  const { code, out } = await runCommand(auditVerify, ['--against', 'heads.txt'], cwd);
  assert.equal(code, 1);
  assert.match(
    out,
    /:\d+ \(byte \d+\): cut-short: records 10 to 11 are missing here: the checkpoint in .*heads\.txt line 1 saw them/,
  );
});

test('what is no head and no key is told, with what was expected', async (t) => {
  const { cwd } = await place(t);
  const other = (await loadKeys(join(cwd, 'other'))).signing.verifier;
  writeFileSync(join(cwd, 'empty'), '');
  writeFileSync(join(cwd, 'half.txt'), readFileSync(join(cwd, 'heads.txt'), 'utf8').slice(0, -60));
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [['--against', 'none.txt'], /--against: ENOENT/],
    [
      ['--against', 'gatehouse.pub'],
      /gatehouse\.pub:1: expected whole checkpoints as gatehouse audit head prints them/,
    ],
    [['--against', 'empty'], /holds no checkpoint/],
    [['--against', 'half.txt'], /half\.txt:\d: expected /],
    [
      ['--against', 'heads.txt', '--public-key', other],
      /heads\.txt:1: this head cannot be relied on: .*not with gatehouse\+/,
    ],
    [['--public-key', 'none.pub'], /--public-key is the line that gatehouse audit keys prints/],
    [['--public-key', 'heads.txt'], /found something else in heads\.txt/],
    [['--public-key', other.slice(0, -1)], /--public-key is the line/],
  ];
  for (const [args, message] of wrong) {
    await assert.rejects(runCommand(auditVerify, args, cwd), (error) => {
      assert(error instanceof UsageError, `${args}: ${error}`);
      assert.match(error.message, message);
      return true;
    });
  }
});

test('heads survive a mail: other line ends and space around them', async (t) => {
  const { cwd } = await place(t);
  const text = readFileSync(join(cwd, 'heads.txt'), 'utf8');
  writeFileSync(join(cwd, 'mail.txt'), `\n\n${text.replaceAll('\n', '\r\n')}\r\n\r\n`);
  assert.equal((await runCommand(auditVerify, ['--against', 'mail.txt'], cwd)).code, 0);
});

test('heads of another gateway are left out, and that is said', async (t) => {
  const { cwd } = await place(t);
  const elsewhere = folder(t);
  await writeChain(t, elsewhere, { gatewayName: 'other' });
  writeFileSync(join(cwd, 'heads.txt'), (await runCommand(auditHead, ['--dir', elsewhere], cwd)).out);
  const { code, out } = await runCommand(auditVerify, ['--against', 'heads.txt'], cwd);
  assert.equal(code, 0);
  assert.match(out, /note: heads of other were left out: there is no log of it here/);
});

test('audit head prints JSON of each writer too, and says where there is none', async (t) => {
  const { cwd } = await place(t);
  const [head] = JSON.parse((await runCommand(auditHead, ['--format', 'json'], cwd)).out);
  assert.deepEqual(Object.keys(head), ['writer', 'size', 'root', 'head', 'time', 'note', 'key']);
  assert.equal(head.size, 11);
  const none = await runCommand(auditHead, ['--dir', join(cwd, 'none')], cwd);
  assert.deepEqual([none.code, none.out], [2, '']);
  assert.match(none.err, /there is no checkpoint of an audit log in .*none/);
});

test('audit keys prints the verifier, and makes no keys', async (t) => {
  const { cwd } = await place(t);
  assert.match((await runCommand(auditKeys, [], cwd)).out, /^gatehouse\+[0-9a-f]{8}\+[\w+/]{44}\n$/);
  const none = await runCommand(auditKeys, ['--var', 'none'], cwd);
  assert.equal(none.code, 2);
  assert.match(none.err, /there are no keys in .*none\/keys yet/);
  assert(!existsSync(join(cwd, 'none')));
  chmodSync(join(cwd, 'var/keys/signing.pem'), 0o644);
  assert.match((await runCommand(auditKeys, [], cwd)).err, /can be read by others \(mode 644\): run chmod 600 on it/);
});

test('a record is proven into a file and checked from it', async (t) => {
  const { cwd, log } = await place(t);
  const writer = /gatehouse\/(\S+)/.exec(readFileSync(join(cwd, 'heads.txt'), 'utf8'))?.[1] ?? '';
  assert.deepEqual(await runCommand(auditProve, [`${writer}:5`, '--out', 'p.tlog-proof'], cwd), {
    code: 0,
    out: '',
    err: '',
  });
  assert.match((await runCommand(auditProve, [`${writer}:5`, '--out', 'p.tlog-proof'], cwd)).err, /EEXIST/);
  const check = ['p.tlog-proof', '--public-key', 'gatehouse.pub'];
  const { code, out } = await runCommand(auditCheckProof, check, cwd);
  assert.equal(code, 0);
  assert.match(out, /^v {12}1\nseq {10}5\n[\s\S]*\ntool {9}tool_4\n[\s\S]*\nProven: record 5 of the 11 that acme-/);
  assert.equal(JSON.parse((await runCommand(auditCheckProof, [...check, '--format', 'json'], cwd)).out).record.seq, 5);
  const proof = readFileSync(join(cwd, 'p.tlog-proof'), 'utf8');
  writeFileSync(join(cwd, 'p.tlog-proof'), proof.replace('index 4', 'index 5'));
  const refuted = await runCommand(auditCheckProof, check, cwd);
  assert.deepEqual([refuted.code, refuted.out], [1, '']);
  assert.match(refuted.err, /NOT PROVEN: the record, its number and the hashes do not lead to the signed root/);
  for (const args of [[], ['acme:5'], [`${writer}:0`], [writer], [`${writer}:1`, 'x']])
    await assert.rejects(runCommand(auditProve, args, cwd), UsageError);
  await assert.rejects(runCommand(auditCheckProof, ['p.tlog-proof'], cwd), /expected --public-key/);
  assert.match(
    (await runCommand(auditProve, [`${writer}:99`, '--dir', log], cwd)).err,
    /has signed 11 records yet, not 99/,
  );
});

test('hostile text in a proven record does not reach the terminal', async (t) => {
  const cwd = folder(t);
  const keys = await loadKeys(join(cwd, 'var/keys'));
  const log = await openLog(t, join(cwd, 'var/audit'), { keys });
  await log.record(call('x', { agent: '\u001b[2J\u202eevil' }));
  await log.close();
  const { writer } = JSON.parse(readFileSync(filesIn(join(cwd, 'var/audit'))[0] ?? '', 'utf8'));
  await runCommand(auditProve, [`${writer}:1`, '--out', 'p'], cwd);
  const { out } = await runCommand(auditCheckProof, ['p', '--public-key', keys.signing.verifier], cwd);
  assert.match(out, /agent {8}\\u\{1b\}\[2J\\u\{202e\}evil/);
});

test('audit anchor keeps the heads where verify finds them', async (t) => {
  const { cwd } = await place(t);
  mkdirSync(join(cwd, 'kept'));
  assert.deepEqual(await runCommand(auditAnchor, ['--folder', 'kept'], cwd), {
    code: 0,
    out: 'Kept 1 head.\n',
    err: '',
  });
  assert.equal((await runCommand(auditVerify, ['--against', 'kept'], cwd)).code, 0);
  const gone = await runCommand(auditAnchor, ['--folder', 'gone', '--git', 'kept'], cwd);
  assert.deepEqual([gone.code, gone.out], [2, '']);
  assert.match(gone.err, /the anchor .*(gone|kept) cannot be used: /);
  await assert.rejects(runCommand(auditAnchor, [], cwd), UsageError);
});

test('the help of these commands fits 80 columns and shows three examples', () => {
  for (const { help } of [auditAnchor, auditCheckProof, auditHead, auditKeys, auditProve, auditVerify]) {
    assert(
      help.split('\n').every((line) => line.length <= 80),
      help,
    );
    assert.equal(help.match(/^ {2}(?:gatehouse|node) /gm)?.length, 3, help);
  }
});
