import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { createGit, GitError } from '../../src/config/git-command.ts';
import { findMergeBase, findRoot, readGitTree, resolveCommit } from '../../src/config/git-tree.ts';
import { loadTree, policiesIn, type ReadFiles } from '../../src/config/load.ts';
import { parse } from '../../src/config/parse.ts';
import { readTree } from '../../src/config/read.ts';
import { gatewayYaml, put, rolesYaml, temporaryFolder } from './tree.ts';

const environment = { PATH: process.env['PATH'] };

interface Sample {
  readonly folder: string;
  git(...args: readonly string[]): string;
  commit(): string;
  /** What the commit holds. */
  read(commit: string): Promise<ReadFiles | null>;
}

/** A real repository that holds one role. */
async function sample(context: TestContext): Promise<Sample> {
  const folder = await temporaryFolder(context);
  const named = ['user.name=ana', 'user.email=ana@acme.co', 'protocol.file.allow=always'].flatMap((each) => [
    '-c',
    each,
  ]);
  const git = (...args: readonly string[]) =>
    execFileSync('git', [...named, ...args], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  git('init', '-q', '-b', 'main');
  await put(join(folder, 'gateway.config.yaml'), gatewayYaml());
  await put(join(folder, 'policies/roles.yaml'), rolesYaml());
  const config = join(folder, 'gateway.config.yaml');
  return {
    folder,
    git,
    commit() {
      git('add', '-A');
      git('commit', '-q', '--allow-empty', '-m', 'change');
      return git('rev-parse', 'HEAD');
    },
    read: (commit) =>
      readGitTree({
        git: createGit({ cwd: folder, environment }),
        commit,
        root: folder,
        config,
        policiesOf: policiesOf(folder),
      }),
  };
}

function policiesOf(base: string): (bytes: Buffer) => string | null {
  return (bytes) => policiesIn(parse('gateway.config.yaml', bytes).source, base);
}

function told(files: ReadFiles | null): readonly string[] {
  assert(files !== null);
  return loadTree(files).problems.map(({ code, at, message }) => `${code} ${at.file}:${at.line} ${message}`);
}

describe('readGitTree', () => {
  it('reads what a reader of the same folder reads, in the same order', async (context) => {
    const { folder, commit, read } = await sample(context);
    for (const name of [
      'a.yaml',
      'team/z.yaml',
      'team-b/a.yaml',
      'team.yaml',
      'ünï cödé.yaml',
      'line\nbreak.yaml',
      '"quoted".yaml',
      '-flag.yaml',
      ':(glob)x.yaml',
    ]) {
      await put(join(folder, 'policies', name), `# ${name.replace('\n', ' ')}\napiVersion: gatehouse/v1\n`);
    }
    for (const name of [
      '.hidden.yaml',
      '.d/x.yaml',
      'x.test.yaml',
      'README.md',
      'old.yml',
      'lock/alpha.json',
      'lock/notes.md',
      'lock/sub/x.yaml',
    ]) {
      await put(join(folder, 'policies', name), 'x');
    }
    const config = join(folder, 'gateway.config.yaml');
    const here = await readTree(config, { take: (file) => file, policiesOf: ({ bytes }) => policiesOf(folder)(bytes) });
    const there = await read(commit());
    assert.deepEqual(
      there?.files.map(({ name, kind, bytes }) => [name, kind, String(bytes)]),
      here.files.map(({ name, kind, bytes }) => [name, kind, String(bytes)]),
    );
    assert.deepEqual(there?.problems, here.problems);
    assert.equal(here.files.length, 12);
  });

  it('knows no configuration where the commit holds none', async (context) => {
    const { folder, git, commit, read } = await sample(context);
    commit();
    git('mv', 'gateway.config.yaml', 'other.yaml');
    assert.equal(await read(commit()), null);
    assert.equal(existsSync(join(folder, 'other.yaml')), true);
  });

  it('refuses what is no file: links, submodules, a folder in the place of the configuration', async (context) => {
    const { folder, git, commit, read } = await sample(context);
    symlinkSync('roles.yaml', join(folder, 'policies/link.yaml'));
    symlinkSync('/etc', join(folder, 'policies/outside'));
    commit();
    git('clone', '-q', folder, 'policies/sub');
    const problems = told(await read(commit()));
    const expected = (name: string, what: string) => `GH003 policies/${name}:1 expected a regular file, found ${what}`;
    assert.deepEqual(problems, [
      expected('link.yaml', 'a symbolic link'),
      expected('outside', 'a symbolic link'),
      expected('sub', 'a submodule'),
    ]);
  });

  it('refuses a policy folder that is a link, is not there or lies outside', async (context) => {
    const { folder, git, commit, read } = await sample(context);
    commit();
    git('mv', 'policies', 'real');
    commit();
    assert.deepEqual(told(await read('HEAD')), ['GH002 policies:1 expected a folder of policy files, found nothing']);
    symlinkSync('real', join(folder, 'policies'));
    commit();
    assert.deepEqual(told(await read('HEAD')), [
      'GH002 policies:1 expected a folder of policy files, found a symbolic link',
    ]);
    writeFileSync(join(folder, 'gateway.config.yaml'), gatewayYaml('../elsewhere'));
    commit();
    assert.deepEqual(told(await read('HEAD')), [
      'GH002 ../elsewhere:1 expected a policy folder inside the repository, found one outside',
    ]);
  });

  it('refuses a file that is too large without reading it', async (context) => {
    const { folder, commit, read } = await sample(context);
    writeFileSync(join(folder, 'policies/large.yaml'), Buffer.alloc(3 * 1024 * 1024, '#'));
    const files = await read(commit());
    assert.equal(files?.files.find(({ name }) => name.includes('large'))?.bytes.length, 1024 * 1024 + 1);
    assert.deepEqual(told(files), ['GH010 policies/large.yaml:1 expected a file of at most 1 MiB, found a larger one']);
  });
});

describe('createGit', () => {
  it('runs nothing that the repository names, whatever its configuration and attributes say', async (context) => {
    const { folder, git, commit, read } = await sample(context);
    const mark = join(folder, 'ran');
    const script = join(folder, 'evil.sh');
    writeFileSync(script, `#!/bin/sh\necho "$@" >>${mark}\n`);
    chmodSync(script, 0o755);
    writeFileSync(join(folder, '.gitattributes'), '* diff=evil filter=evil text\n');
    const head = commit();
    const settings = [
      'core.fsmonitor',
      'core.pager',
      'core.sshCommand',
      'core.editor',
      'diff.external',
      'diff.evil.textconv',
      'diff.evil.command',
      'filter.evil.smudge',
      'filter.evil.process',
      'alias.ls-tree',
      'alias.cat-file',
      'alias.rev-parse',
      'gpg.program',
      'credential.helper',
      'uploadpack.packObjectsHook',
    ];
    for (const name of settings) git('config', name, name.startsWith('alias') ? `!${script}` : script);
    mkdirSync(join(folder, 'hooks'));
    for (const hook of ['post-checkout', 'reference-transaction', 'post-index-change'])
      symlinkSync(script, join(folder, 'hooks', hook));
    git('config', 'core.hooksPath', join(folder, 'hooks'));
    const asked = createGit({ cwd: folder, environment });
    assert.equal(await resolveCommit(asked, 'main'), head);
    assert.equal(await findMergeBase(asked, head, head), head);
    assert.equal(await findRoot(asked), folder);
    assert.deepEqual(told(await read(head)), []);
    assert.equal(existsSync(mark), false);
  });

  it('fetches nothing where a partial clone lacks a file, and says so', async (context) => {
    const { folder, git, commit, read } = await sample(context);
    const head = commit();
    const mark = join(folder, 'ran');
    const blob = git('rev-parse', 'HEAD:policies/roles.yaml');
    execFileSync('rm', ['-f', join(folder, '.git/objects', blob.slice(0, 2), blob.slice(2))]);
    git('config', 'core.repositoryFormatVersion', '1');
    git('config', 'extensions.partialClone', 'origin');
    git('config', 'remote.origin.promisor', 'true');
    git('config', 'remote.origin.url', `ext::sh -c touch% ${mark}`);
    git('config', 'protocol.ext.allow', 'always');
    await assert.rejects(read(head), GitError);
    assert.equal(existsSync(mark), false);
  });

  it('is not misled by replaced objects or by a folder that looks like a repository', async (context) => {
    const { folder, git, commit, read } = await sample(context);
    const head = commit();
    await put(join(folder, 'policies/more.yaml'), 'apiVersion: gatehouse/v1\n');
    git('replace', head, commit());
    assert.equal((await read(head))?.files.length, 2);
    execFileSync('git', ['init', '-q', '--bare', join(folder, 'nested')]);
    const inside = createGit({ cwd: join(folder, 'nested'), environment });
    await assert.rejects(findRoot(inside), /cannot use bare repository/);
  });

  it('takes no revision for an option, and knows which do not exist', async (context) => {
    const { folder, commit, git } = await sample(context);
    const head = commit();
    git('tag', '-a', '-m', 'x', 'v1');
    const asked = createGit({ cwd: folder, environment });
    assert.equal(await resolveCommit(asked, 'v1'), head);
    for (const word of ['--all', '-h', 'nothing', 'main:policies', '', 'main\nmain', ':/change\0']) {
      assert.equal(await resolveCommit(asked, word), null, word);
    }
  });

  it('stops an answer that is too long, and says when git is not there', async (context) => {
    const { folder, commit } = await sample(context);
    commit();
    const git = createGit({ cwd: folder, environment });
    await assert.rejects(git({ args: ['cat-file', '-p', 'HEAD'], bytesMax: 10 }), { name: 'GitError', code: 'large' });
    const without = createGit({ cwd: folder, environment: { PATH: folder } });
    await assert.rejects(without({ args: ['version'], bytesMax: 10 }), {
      name: 'GitError',
      code: 'absent',
      message: 'git is not installed',
    });
    writeFileSync(join(folder, 'git'), `#!/bin/sh\ntouch ${join(folder, 'ran')}\n`);
    chmodSync(join(folder, 'git'), 0o755);
    const relative = createGit({ cwd: folder, environment: { PATH: `.::${environment.PATH}` } });
    assert.notEqual(await findRoot(relative), null);
    assert.equal(existsSync(join(folder, 'ran')), false);
  });
});
