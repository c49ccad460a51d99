import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import { put, temporaryFolder } from '../config/tree.ts';

const script = resolve('ci/pull-request.sh');
const runMsMax = 180_000;

interface Run {
  readonly code: number;
  readonly out: string;
  /** Names of the reports, sorted. */
  readonly reports: readonly string[];
  readonly comment: string;
}

function git(cwd: string, ...words: readonly string[]): void {
  const identity = ['-c', 'user.name=ana', '-c', 'user.email=ana@acme.co', '-c', 'commit.gpgsign=false'];
  execFileSync('git', [...identity, ...words], { cwd, stdio: 'ignore' });
}

/** A repository with the starter's policy on `main`, and a branch that has gone on from it. */
async function repository(t: TestContext, edit: (folder: string) => Promise<void>): Promise<string> {
  const folder = await temporaryFolder(t);
  git(folder, 'init', '--quiet', '--initial-branch=main');
  await cp('starter', folder, { recursive: true });
  git(folder, 'add', '--all');
  git(folder, 'commit', '--quiet', '--message=As it is');
  git(folder, 'switch', '--quiet', '--create=proposal');
  await edit(folder);
  git(folder, 'add', '--all');
  git(folder, 'commit', '--quiet', '--allow-empty', '--message=As it would be');
  return folder;
}

async function replaceIn(path: string, before: string, after: string): Promise<void> {
  const text = await readFile(path, 'utf8');
  assert(text.includes(before));
  await writeFile(path, text.replace(before, after));
}

function pullRequest(cwd: string, env: Readonly<Record<string, string>> = {}): Promise<Run> {
  const { PATH = '', HOME = '' } = process.env;
  return new Promise((done) => {
    execFile('bash', [script], { cwd, env: { PATH, HOME, ...env }, timeout: runMsMax }, async (error, out, err) => {
      const reports = join(cwd, env['GATEHOUSE_REPORTS'] ?? 'gatehouse-reports');
      const names = await readdir(reports).catch(() => []);
      const comment = await readFile(join(reports, 'comment.md'), 'utf8').catch(() => '');
      done({ code: Number(error?.code ?? 0), out: out + err, reports: names.sort(), comment });
    });
  });
}

const widen = (folder: string): Promise<void> =>
  replaceIn(join(folder, 'policies/access.yaml'), '- write: hello/add_note', '- write: hello/*_note');

const grantEverybody = (folder: string): Promise<void> =>
  replaceIn(
    join(folder, 'policies/access.yaml'),
    '{ to: group:team, roles: [note-taker] }',
    '{ to: everyone, roles: [note-taker] }',
  );

test('a change nobody minds passes, with a comment that says there is none and a report for each page', async (t) => {
  const folder = await repository(t, widen);
  const { code, out, reports, comment } = await pullRequest(folder);
  assert.equal(code, 0, out);
  assert.deepEqual(
    reports,
    ['check', 'plan', 'test']
      .flatMap((name) => [`${name}.sarif`, `${name}.xml`])
      .concat('comment.md')
      .sort(),
  );
  const headings = comment.match(/^(?:<!-- gatehouse-check -->|### gatehouse .*)$/gm);
  assert.equal(comment.startsWith('<!-- gatehouse-check -->\n### gatehouse plan'), true, comment);
  assert.equal(headings?.length, 4);
  assert.match(comment, /### gatehouse check: 0 errors, 0 warnings\n/);
  assert.match(comment, /### gatehouse test: 4 passed, 0 failed\n/);
});

test('more access is a change of plan, and fails only when it is denied', async (t) => {
  const folder = await repository(t, grantEverybody);
  // Tests of the policy notice it as well; here the plan is looked at alone.
  await replaceIn(join(folder, 'policies/access.test.yaml'), '    deny: "*/*"\n', '    deny: hello/clear_notes\n');
  git(folder, 'commit', '--quiet', '--all', '--amend', '--no-edit');
  const free = await pullRequest(folder);
  assert.equal(free.code, 0, free.out);
  assert.match(free.comment, /### gatehouse plan: .*widens/);
  assert.match(free.comment, /everyone/);
  const denied = await pullRequest(folder, { GATEHOUSE_DENY: 'widens' });
  assert.equal(denied.code, 1, denied.out);
});

test('an option that plan does not take is no pass', async (t) => {
  const { code, comment } = await pullRequest(await repository(t, widen), { GATEHOUSE_DENY: 'nonsense' });
  assert.equal(code, 2);
  assert.match(comment, /### gatehouse plan: could not run/);
});

test('a failing policy test fails the job and is in the comment', async (t) => {
  const { code, comment, reports } = await pullRequest(await repository(t, grantEverybody));
  assert.equal(code, 1);
  assert.match(comment, /### gatehouse test: 3 passed, 1 failed\n/);
  assert(reports.includes('test.xml'));
});

test('files that are wrong are told, and nothing else is asked', async (t) => {
  const folder = await repository(t, (dir) =>
    put(join(dir, 'policies/more.yaml'), 'apiVersion: gatehouse/v1\nrolls: {}\n'),
  );
  const { code, reports, comment } = await pullRequest(folder);
  assert.equal(code, 1);
  assert.deepEqual(reports, ['check.sarif', 'check.xml', 'comment.md']);
  assert.match(comment, /^<!-- gatehouse-check -->\n### gatehouse check: 1 error, 0 warnings\n/);
});

test('a base that is not there is told with what to do, and is no pass', async (t) => {
  const folder = await repository(t, widen);
  for (const base of ['origin/main', '--all;$(touch x)']) {
    const { code, out, comment } = await pullRequest(folder, { GATEHOUSE_BASE: base });
    assert.equal(code, 2);
    assert(out.includes(`there is no commit ${base} here; fetch it (fetch-depth: 2`), out);
    assert.match(comment, /### gatehouse plan: could not run/);
  }
  assert.equal((await readdir(folder)).includes('x'), false);
});

test('on GitHub the files’ text is no workflow command, annotations are, and the summary has the comment', async (t) => {
  const hostile = '::set-output name=a::b ##[error]c';
  const folder = await repository(t, (dir) =>
    put(
      join(dir, 'policies/more.yaml'),
      `apiVersion: gatehouse/v1\ngrants: [{ to: "user:a", roles: ["${hostile}"] }]\n`,
    ),
  );
  const summary = join(await temporaryFolder(t), 'summary.md');
  const { code, out, comment } = await pullRequest(folder, { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary });
  assert.equal(code, 1);
  const [, token = ''] = /^::stop-commands::([0-9a-f]{32})\n/.exec(out) ?? [];
  const [quiet = '', loud = ''] = out.split(`::${token}::\n`);
  assert(quiet.includes(hostile));
  assert.match(loud, /^(?:::error file=policies\/more\.yaml,[^\n]*\n)+$/);
  assert.equal(await readFile(summary, 'utf8'), comment);
});

test('a link in the place of the reports is not followed', async (t) => {
  const folder = await repository(t, async (dir) => {
    await mkdir(join(dir, 'elsewhere'));
    await put(join(dir, 'elsewhere/comment.md'), 'mine');
    await symlink('elsewhere', join(dir, 'gatehouse-reports'));
  });
  const { code, out } = await pullRequest(folder);
  assert.deepEqual([code, /gatehouse-reports is a link/.test(out)], [2, true]);
  assert.equal(await readFile(join(folder, 'elsewhere/comment.md'), 'utf8'), 'mine');
});

test('a link that leads out of the repository is not read', async (t) => {
  const secret = 'hunter2';
  for (const to of ['/proc/self/environ', '../.git/config']) {
    const dir = await repository(t, (folder) => symlink(to, join(folder, 'policies/more.yaml')));
    git(dir, 'config', 'http.extraheader', secret);
    const { code, out, reports } = await pullRequest(dir, { AAA: secret });
    assert.deepEqual([code, reports, out.includes(secret)], [2, [], false]);
    assert.match(out, /policies\/more\.yaml is a link that leads out of the repository/);
  }
});

test('a policy folder outside of the repository is not read', async (t) => {
  const outside = await temporaryFolder(t);
  await put(join(outside, 'private.yaml'), 'password: hunter2');
  const dir = await repository(t, (folder) =>
    replaceIn(join(folder, 'gateway.config.yaml'), 'gateway:\n', `gateway:\n  policies: ../${basename(outside)}\n`),
  );
  const { code, out, reports } = await pullRequest(dir);
  assert.deepEqual([code, reports, out.includes('hunter2')], [2, [], false]);
  assert.match(out, /gateway\.policies leads out of the repository/);
});

test('a link inside the repository is followed', async (t) => {
  const dir = await repository(t, async (folder) => {
    await put(join(folder, 'README.md'), 'Read me');
    await symlink('README.md', join(folder, 'LIESMICH.md'));
  });
  assert.equal((await pullRequest(dir)).code, 0);
});
