import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makeLog } from '../../../bench/audit-log.ts';
import { loadKeys } from '../../../src/audit/keys.ts';
import { auditEvidence } from '../../../src/cli/audit/evidence.ts';
import { check, filesUnder, manifestOf, unpack } from '../../audit/evidence/evidence-files.ts';
import { call, folder, openLog } from '../../audit/log.ts';
import { gatehouse } from '../console.ts';

const DAY_MS = 86_400_000;
const FIRST = Date.parse('2026-11-01');

/** A log of three days with a call at noon, begun with this policy commit; keys beside it. */
async function threeDays(t: TestContext, cwd: string, git?: string): Promise<void> {
  const clock = { now: new Date(FIRST) };
  const keys = await loadKeys(join(cwd, 'var/keys'));
  const log = await openLog(t, join(cwd, 'var/audit'), { keys, now: () => clock.now });
  const policy = { cfg: '0123456789abcdef', ...(git !== undefined && { git }) };
  await log.record({ ev: 'gateway.start', at: clock.now, ...policy, detail: { key: keys.signing.verifier } });
  for (let day = 0; day < 3; day += 1) {
    clock.now = new Date(FIRST + day * DAY_MS + DAY_MS / 2);
    await log.record(call(`tool_${day}`, { at: clock.now }));
  }
  await log.close();
}

async function packIn(cwd: string, args: string): Promise<string> {
  const { code, err } = await gatehouse(`audit evidence ${args} --control A.5.21 --out a.zip`, cwd);
  assert.deepEqual({ code, err }, { code: 0, err: '' });
  await unpack(join(cwd, 'a.zip'), join(cwd, 'pack'));
  assert.equal(check(join(cwd, 'pack')).code, 0);
  return join(cwd, 'pack');
}

test('a period takes its first moment and leaves its last', async (t) => {
  // Each day but the first begins with a record of the change of files, at the moment of its call.
  const cases: readonly (readonly [string, number, readonly string[]])[] = [
    ['--from 2026-11-02 --to 2026-11-02', 2, ['02']],
    ['--from 2026-11-02T12:00Z --to 2026-11-03T12:00Z', 2, ['02']],
    ['--from 2026-11-02T12:00:00.001Z --to 2026-11-03T12:00:00.001Z', 2, ['03']],
    ['--from 2026-11-01 --to 2026-11-03', 6, ['01', '02', '03']],
  ];
  const cwd = folder(t);
  await threeDays(t, cwd);
  for (const [index, [period, records, days]] of cases.entries()) {
    const { code } = await gatehouse(`audit evidence ${period} --control A.5.21 --out ${index}.zip`, cwd);
    assert.equal(code, 0);
    const pack = join(cwd, `${index}`);
    await unpack(join(cwd, `${index}.zip`), pack);
    assert.equal(manifestOf(pack).records, records, period);
    assert.deepEqual(
      readdirSync(join(pack, 'log')),
      days.map((day) => `dt=2026-11-${day}`),
      period,
    );
    const { out, code: verdict } = check(pack);
    assert.equal(verdict, 0, out);
  }
});

test('a pack that cannot be made says why and leaves nothing behind', async (t) => {
  const cwd = folder(t);
  await threeDays(t, cwd);
  writeFileSync(join(cwd, 'old.zip'), 'mine');
  const wrong: readonly (readonly [string, RegExp])[] = [
    ['--from 2026-12-01 --to 2026-12-31', /there are no records from 2026-12-01.* up to 2027-01-01/],
    ['--from 2026-11-01', /expected --from WHEN and --to WHEN/],
    ['--from 2026-11-03 --to 2026-11-01', /--to 2026-11-01 is not after --from 2026-11-03/],
    ['--from 2026-02-30 --to 2026-11-01', /--from is 2026-11-22/],
    ['--from 2026-11-01 --to 2026-11-03 --control CC99.9', /no report is evidence for CC99\.9/],
    ['--from 2026-11-01 --to 2026-11-03 --out old.zip', /old\.zip is there already: name a new file/],
    ['--from 2026-11-01 --to 2026-11-03 --control A.5.21 --out none/a.zip', /ENOENT/],
    ['--from 2026-11-01 --to 2026-11-03 --dir nowhere', /there is no audit log in/],
  ];
  for (const [args, said] of wrong) {
    const { code, err } = await gatehouse(`audit evidence ${args}`, cwd);
    assert.equal(code, 2, args);
    assert.match(err, said);
    assert.doesNotMatch(err, /\n {4}at /);
  }
  assert.deepEqual(readdirSync(cwd).sort(), ['old.zip', 'var']);
  assert.equal(readFileSync(join(cwd, 'old.zip'), 'utf8'), 'mine');
});

test('policy files come from their commit, and a private key never comes along', async (t) => {
  const cwd = folder(t);
  const repo = join(cwd, 'repo');
  mkdirSync(join(repo, 'rules/lock'), { recursive: true });
  await loadKeys(join(cwd, 'var/keys'));
  const pem = readFileSync(join(cwd, 'var/keys/signing.pem'), 'utf8');
  writeFileSync(join(repo, 'gateway.config.yaml'), 'gateway:\n  policies: rules\n');
  writeFileSync(join(repo, 'rules/a.yaml'), 'grants: []\n');
  writeFileSync(join(repo, 'rules/leaked.yaml'), pem);
  writeFileSync(join(repo, 'rules/lock/github.json'), '{}\n');
  const git = (...args: string[]): string => execFileSync('git', ['-C', repo, ...args], { encoding: 'utf8' }).trim();
  git('init', '-q');
  git('add', '.');
  git('-c', 'user.name=t', '-c', 'user.email=t@acme.co', 'commit', '-q', '-m', 'policy');
  const commit = git('rev-parse', 'HEAD');
  writeFileSync(join(repo, 'rules/a.yaml'), 'changed since\n');
  await threeDays(t, cwd, commit);
  const io = { out: () => undefined, err: () => undefined, cwd, isTty: false, columns: 80, color: false };
  const values = {
    ...{ from: '2026-11-01', to: '2026-11-03', control: ['A.5.21'], out: 'a.zip', repo, timeout: '60s', memory: '1GB' },
  };
  const environment = { PATH: process.env['PATH'] };
  assert.equal(await auditEvidence.run({ values, positionals: [] }, { ...io, environment }), 0);
  const pack = join(cwd, 'pack');
  await unpack(join(cwd, 'a.zip'), pack);
  assert.deepEqual(filesUnder(join(pack, 'policy')), [
    ...['gateway.config.yaml', 'rules/a.yaml', 'rules/lock/github.json'].map((name) => `${commit}/${name}`),
    'in-force.csv',
  ]);
  assert.equal(readFileSync(join(pack, 'policy', commit, 'rules/a.yaml'), 'utf8'), 'grants: []\n');
  assert.match(manifestOf(pack).left_out.join('\n'), /rules\/leaked\.yaml of commit .*: it is a private key/);
  const secrets = [pem.split('\n')[1] ?? '', readFileSync(join(cwd, 'var/keys/mac-000001.key'), 'utf8').trim()];
  for (const name of filesUnder(pack)) {
    const text = readFileSync(join(pack, name), 'latin1');
    for (const secret of secrets) assert(!text.includes(secret), name);
  }
  assert.equal(check(pack).code, 0);
});

test('sealed files and a file that is being written are packed as they are', async (t) => {
  const cwd = folder(t);
  await threeDays(t, cwd);
  assert.equal((await gatehouse('audit seal --older-than 0d --write', cwd)).code, 0);
  const log = await openLog(t, join(cwd, 'var/audit'), { gatewayName: 'other', now: () => new Date(FIRST + DAY_MS) });
  await log.record({ ev: 'gateway.start' });
  const pack = await packIn(cwd, '--from 2026-11-01 --to 2026-11-03');
  const names = filesUnder(join(pack, 'log'));
  assert.equal(names.filter((name) => name.endsWith('.jsonl.gz')).length, 3);
  assert(names.some((name) => /other-.*\.jsonl$/.test(name)));
});

test('DuckDB alone counts the records of a pack, and sees one that is missing', async (t) => {
  const cwd = folder(t);
  await threeDays(t, cwd);
  const pack = await packIn(cwd, '--from 2026-11-01 --to 2026-11-03');
  assert.match(countWithDuckDb(pack), /all records are there/);
  const file = join(pack, 'log', filesUnder(join(pack, 'log'))[0] ?? '');
  writeFileSync(file, readFileSync(file, 'utf8').split('\n').slice(1).join('\n'));
  assert.match(countWithDuckDb(pack), /what is there is not what the manifest says/);
});

function countWithDuckDb(pack: string): string {
  const script = `
    const { DuckDBInstance } = await import(${JSON.stringify(import.meta.resolve('@duckdb/node-api'))});
    const { readFileSync } = await import('node:fs');
    const connection = await (await DuckDBInstance.create()).connect();
    const text = readFileSync('check.sql', 'utf8').replace(/^--.*$/gm, '');
    for (const sql of text.split(';').filter((part) => part.trim() !== ''))
      process.stdout.write(JSON.stringify((await connection.runAndReadAll(sql)).getRowsJson()));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    ...{ cwd: pack, encoding: 'utf8', timeout: 180_000 },
  });
  return stdout + stderr;
}

test('the packing is on record, with the hash of the manifest', async (t) => {
  const cwd = folder(t);
  await threeDays(t, cwd);
  const { out } = await gatehouse('audit evidence --from 2026-11-01 --to 2026-11-03 --control A.5.21', cwd);
  assert(existsSync(join(cwd, 'evidence-2026-11-01-to-2026-11-03.zip')));
  const sha256 = /: ([0-9a-f]{64})\n$/.exec(out)?.[1] ?? 'none';
  const sql =
    "SELECT detail->>'command' AS command, detail->>'manifest_sha256' AS sha FROM audit WHERE ev='audit.read'";
  const { code, out: rows } = await run(cwd, sql);
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(rows), [{ command: 'audit evidence', sha: sha256 }]);
});

async function run(cwd: string, sql: string): Promise<{ readonly code: number; readonly out: string }> {
  const { auditQuery } = await import('../../../src/cli/audit/query.ts');
  let out = '';
  const keep = (text: string): void => {
    out += text;
  };
  const io = { cwd, environment: {}, isTty: false, columns: 80, color: false, err: () => undefined };
  const values = { strict: false, from: 'auto', timeout: '60s', memory: '1GB', format: 'json' };
  const code = await auditQuery.run({ values, positionals: [sql] }, { ...io, out: keep });
  return { code, out };
}

test('100 megabytes are packed in bounded memory', { timeout: 280_000 }, (t) => {
  const cwd = folder(t);
  makeLog(join(cwd, 'audit'), { records: 150_000, days: 3, writers: 1, seed: 7 });
  const program = JSON.stringify(join(import.meta.dirname, '../../../src/main.ts'));
  const script = `process.on('exit', () => process.stderr.write('rss ' + process.resourceUsage().maxRSS));
    await import(${program});`;
  writeFileSync(join(cwd, 'run.mjs'), script);
  const args = 'audit evidence --from 2026-11-20 --to 2026-11-22 --control A.5.21 --dir audit --out a.zip'.split(' ');
  const { status, stderr } = spawnSync(process.execPath, ['--import', import.meta.resolve('tsx'), 'run.mjs', ...args], {
    cwd,
    encoding: 'utf8',
    timeout: 250_000,
  });
  assert.equal(status, 0, stderr);
  const kilobytes = Number(/rss (\d+)$/.exec(stderr)?.[1]);
  assert(kilobytes < 400_000, `${kilobytes} kB`);
});

test('the help fits 80 columns and shows three examples', () => {
  const { help } = auditEvidence;
  for (const line of help.split('\n')) assert(line.length <= 80, line);
  assert.equal(help.match(/^ {2}gatehouse /gm)?.length, 3);
});
