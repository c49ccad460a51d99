import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { version } from '../../src/version.ts';
import { gatehouse } from '../cli/console.ts';
import { temporaryFolder } from '../config/tree.ts';
import { freePort, startGateway } from './gateway-process.ts';
import { connectClient } from './reference-clients.ts';

const starter = [
  'gateway.config.yaml',
  'policies/access.yaml',
  'policies/access.test.yaml',
  'policies/lock/hello.json',
  'servers/hello.mjs',
];

async function filesOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.flatMap((entry) =>
    entry.isFile() ? [join(entry.parentPath, entry.name).slice(folder.length + 1)] : [],
  );
}

test('what init writes passes check and test, has its lock, and serves tools to a client at once', async (t) => {
  const folder = await temporaryFolder(t);
  const made = await gatehouse('init new', folder);
  assert.equal(made.code, 0, made.err);
  for (const path of starter) assert.match(made.out, new RegExp(`^ {2}${path}$`, 'm'));
  assert.match(
    made.out,
    /\nNext:\n {2}cd new && npx gatehouse test\n {2}npx gatehouse serve\n {2}claude mcp add [^\n]+\n$/,
  );
  assert.deepEqual(
    made.out.split('\n').filter((line) => line.length > 80),
    [],
  );
  const cwd = join(folder, 'new');
  assert.deepEqual(await gatehouse('check', cwd), {
    code: 0,
    out: 'ok: 1 server, 2 roles, 1 group, 0 robots, 1 grant\n',
    err: '',
  });
  assert.equal((await gatehouse('test --mutate', cwd)).code, 0);
  assert.equal((await gatehouse('lock --check', cwd)).code, 0);

  const gateway = await startGateway(await freePort(), [], { main: resolve('dist/main.js'), cwd });
  t.after(() => gateway.end());
  const client = await connectClient('SDK v2, modern', { url: gateway.url });
  t.after(() => client.close());
  assert.deepEqual(await client.toolNames(), ['hello_add_note', 'hello_greet', 'hello_read_notes']);
  assert.match(await client.call('hello_greet', { name: 'Ana' }), /^result .*Hello, Ana!/);
  assert.match(await client.call('hello_clear_notes', {}), /^error .*-32602/);
});

test('every schema an editor is told of is there and is the one this version checks with', async (t) => {
  const folder = await temporaryFolder(t);
  await gatehouse('init', folder);
  const yaml = (await filesOf(folder)).filter((path) => path.endsWith('.yaml'));
  assert.equal(yaml.length, 3);
  for (const path of yaml) {
    const [, schema = ''] =
      /^# yaml-language-server: \$schema=(\S+)$/m.exec(await readFile(join(folder, path), 'utf8')) ?? [];
    const found = resolve(folder, dirname(path), schema);
    const own = resolve('schema', found.slice(found.lastIndexOf('/') + 1));
    assert.equal(await readFile(found, 'utf8'), await readFile(own, 'utf8'));
  }
});

test('the job is that of the forge the folder belongs to, pinned to this version', async (t) => {
  const jobs = async (folder: string): Promise<readonly string[]> =>
    (await filesOf(folder)).filter((path) => /^\.git(?:hub|lab)/.test(path));
  for (const [url, job] of [
    ['', '.github/workflows/gatehouse.yaml'],
    ['git@gitlab.example.com:acme/gateway.git', '.gitlab-ci.yml'],
  ] as const) {
    const folder = await temporaryFolder(t);
    execFileSync('git', ['init', '--quiet'], { cwd: folder });
    if (url !== '') execFileSync('git', ['remote', 'add', 'origin', url], { cwd: folder });
    assert.equal((await gatehouse('init', folder)).code, 0);
    assert.deepEqual(await jobs(folder), [job]);
    const text = await readFile(join(folder, job), 'utf8');
    assert.match(text, new RegExp(` gatehouse@${version}[\\n)]`));
    assert.equal(typeof parse(text), 'object');
  }
  const none = await temporaryFolder(t);
  await gatehouse('init', none);
  assert.deepEqual(await jobs(none), []);
  const asked = await temporaryFolder(t);
  await gatehouse('init --ci gitlab', asked);
  assert.deepEqual(await jobs(asked), ['.gitlab-ci.yml']);
});

test('a folder with a policy is left as it is', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'policies'));
  await writeFile(join(folder, 'policies/mine.yaml'), 'apiVersion: gatehouse/v1\n');
  assert.deepEqual(await gatehouse('init', folder), {
    code: 1,
    out: 'Nothing is written, because of what is there already:\n  policies\n',
    err: '',
  });
  assert.deepEqual(await filesOf(folder), ['policies/mine.yaml']);
});

test('a job and a .gitignore that are there are kept, and a line is added to the latter once', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, '.gitlab-ci.yml'), 'mine: {}\n');
  await writeFile(join(folder, '.gitignore'), 'node_modules/');
  const { code, out } = await gatehouse('init --ci gitlab', folder);
  assert.equal(code, 0);
  assert.match(out, /\n {2}\.gitignore \(var\/\)\n\nLeft alone:\n {2}\.gitlab-ci\.yml\n\nNext:\n/);
  assert.equal(await readFile(join(folder, '.gitlab-ci.yml'), 'utf8'), 'mine: {}\n');
  assert.equal(await readFile(join(folder, '.gitignore'), 'utf8'), 'node_modules/\nvar/\n');
});

test('when a file cannot be written, none is, nor a folder left behind', async (t) => {
  const folder = await temporaryFolder(t);
  // The last of the files: a link that leads nowhere cannot be created as a file.
  await mkdir(join(folder, '.github/workflows'), { recursive: true });
  await symlink('nowhere', join(folder, '.github/workflows/gatehouse.yaml'));
  const { code, err } = await gatehouse('init --ci github', folder);
  assert.equal(code, 2);
  assert.match(err, /^gatehouse init: nothing is written: EEXIST/);
  assert.deepEqual((await readdir(folder)).sort(), ['.github']);
});

test('a .gitignore that cannot be read takes everything back', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, '.gitignore'));
  const { code, err } = await gatehouse('init', folder);
  assert.deepEqual([code, /^gatehouse init: nothing is written: EISDIR/.test(err)], [2, true]);
  assert.deepEqual(await readdir(folder), ['.gitignore']);
});

test('a mistake on the command line is told', async (t) => {
  const folder = await temporaryFolder(t);
  for (const args of ['init --ci jenkins', 'init a b']) assert.equal((await gatehouse(args, folder)).code, 2);
  assert.deepEqual(await readdir(folder), []);
});
