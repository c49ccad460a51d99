import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { isGitBusy, readCommit } from '../../src/config/git.ts';
import { put, temporaryFolder } from './tree.ts';

interface Repository {
  readonly folder: string;
  git(...args: string[]): string;
}

async function repository(context: TestContext): Promise<Repository> {
  const folder = join(await temporaryFolder(context), 'repository');
  await put(join(folder, 'policies', 'a.yaml'), 'a: 1\n');
  const git = (...args: string[]): string => {
    return execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
      cwd: folder,
      encoding: 'utf8',
    }).trim();
  };
  git('init', '-q', '-b', 'main');
  git('add', '.');
  git('commit', '-q', '-m', 'one');
  return { folder, git };
}

describe('readCommit', () => {
  it('reads the commit of a branch, from a folder below', async (context) => {
    const { folder, git } = await repository(context);
    assert.equal(await readCommit(join(folder, 'policies')), git('rev-parse', 'HEAD'));
  });

  it('reads packed references and detached heads', async (context) => {
    const { folder, git } = await repository(context);
    const head = git('rev-parse', 'HEAD');
    git('pack-refs', '--all');
    assert.equal(await readCommit(folder), head);
    git('checkout', '-q', '--detach');
    assert.equal(await readCommit(folder), head);
  });

  it('reads the commit of a linked worktree, not of its repository', async (context) => {
    const { folder, git } = await repository(context);
    const linked = join(folder, '..', 'linked');
    git('worktree', 'add', '-q', '-b', 'other', linked);
    git('commit', '-q', '--allow-empty', '-m', 'two');
    assert.equal(await readCommit(linked), git('rev-parse', 'other'));
    assert.notEqual(await readCommit(linked), await readCommit(folder));
  });

  it('is null outside git, before the first commit and for nonsense', async (context) => {
    const folder = await temporaryFolder(context);
    assert.equal(await readCommit(folder), null);
    execFileSync('git', ['init', '-q'], { cwd: folder });
    assert.equal(await readCommit(folder), null);
    for (const head of ['ref: ../../secret', 'ref: HEAD', 'hello', '']) {
      await put(join(folder, '.git', 'HEAD'), head);
      assert.equal(await readCommit(folder), null, head);
    }
    await rm(join(folder, '.git'), { recursive: true });
    await put(join(folder, '.git'), 'gitdir: /nowhere');
    assert.equal(await readCommit(folder), null);
  });
});

describe('isGitBusy', () => {
  it('is true while the index is locked', async (context) => {
    const folder = await temporaryFolder(context);
    assert.equal(await isGitBusy(folder), false);
    await mkdir(join(folder, '.git'));
    assert.equal(await isGitBusy(folder), false);
    await put(join(folder, '.git', 'index.lock'), '');
    assert.equal(await isGitBusy(folder), true);
  });
});
