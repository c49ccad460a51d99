import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readChanges } from '../../src/config/git-changes.ts';
import { createGit, type Git } from '../../src/config/git-command.ts';
import { createPolicyHistory } from '../../src/config/policy-history.ts';
import { temporaryFolder } from './tree.ts';

type Person = 'Ana' | 'Bo' | 'Cy' | 'GitHub';
/** An author, and who commits when that is somebody else. */
type Who = Person | readonly [author: Person, committer: Person];

interface Repository {
  readonly folder: string;
  readonly git: Git;
  run(who: Who, ...args: readonly string[]): string;
  /** Commits a new line of `file`; returns the commit. */
  commit(who: Who, file: string, message: string): string;
  /** Merges what `who` wrote on a branch of its own, as a forge does; returns the merge. */
  merge(who: Person, by: Person, message: string): string;
}

async function repository(t: TestContext): Promise<Repository> {
  const folder = await temporaryFolder(t);
  const environment = { PATH: process.env['PATH'], HOME: folder };
  const run: Repository['run'] = (who, ...args) => {
    const [author, committer] = typeof who === 'string' ? [who, who] : who;
    const env = {
      ...environment,
      GIT_CONFIG_NOSYSTEM: '1',
      ...named('AUTHOR', author),
      ...named('COMMITTER', committer),
    };
    return execFileSync('git', args, { cwd: folder, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  };
  run('Ana', 'init', '-q', '-b', 'main');
  mkdirSync(join(folder, 'policies'));
  let line = 0;
  const commit: Repository['commit'] = (who, file, message) => {
    line += 1;
    writeFileSync(join(folder, file), `# ${line}\n`);
    run(who, 'add', '-A');
    run(who, 'commit', '-q', '-m', message);
    return run(who, 'rev-parse', 'HEAD');
  };
  const merge: Repository['merge'] = (who, by, message) => {
    run(who, 'checkout', '-q', '-b', `branch-${line}`);
    commit(who, 'policies/access.yaml', 'Let support read\n\nAcked-by: Cy <cy@acme.co>');
    run(by, 'checkout', '-q', 'main');
    run(by, 'merge', '-q', '--no-ff', '-m', message, `branch-${line - 1}`);
    return run(by, 'rev-parse', 'HEAD');
  };
  return { folder, git: createGit({ cwd: folder, environment }), run, commit, merge };
}

function named(role: 'AUTHOR' | 'COMMITTER', who: Person): Readonly<Record<string, string>> {
  const address = who === 'GitHub' ? 'noreply@github.com' : `${who.toLowerCase()}@acme.co`;
  return { [`GIT_${role}_NAME`]: who, [`GIT_${role}_EMAIL`]: address };
}

/** What is told of a range, each change without its time. */
async function changes({ folder, git }: Repository, from: string | null, to: string) {
  const found = await readChanges(git, { from, to, paths: [join(folder, 'policies')] });
  return found?.changes.map(({ at: _, ...change }) => change);
}

const unsigned = { signature: 'none', signedBy: null };

test('a pull request is one change: who wrote it, who merged it, and who approved it', async (t) => {
  const repo = await repository(t);
  const before = repo.commit('Ana', 'policies/access.yaml', 'Begin');
  const merge = repo.merge('Bo', 'Ana', 'Merge pull request #12 from acme/support\n\nLet support read');
  const change = { commit: merge, subject: 'Merge pull request #12 from acme/support', request: '12', ...unsigned };
  const people = { authors: ['Bo <bo@acme.co>'], mergedBy: 'Ana <ana@acme.co>', approvedBy: ['Cy <cy@acme.co>'] };
  assert.deepEqual(await changes(repo, before, merge), [{ ...change, ...people, secondPerson: true }]);
});

test('a commit of one person alone says so, whatever name they approve under', async (t) => {
  const repo = await repository(t);
  const before = repo.commit('Ana', 'policies/access.yaml', 'Begin');
  const pushed = repo.commit('Bo', 'policies/access.yaml', 'Let me in\n\nReviewed-by: B. <BO@acme.co>');
  const [change] = (await changes(repo, before, pushed)) ?? [];
  assert.deepEqual([change?.mergedBy, change?.approvedBy, change?.secondPerson], [null, ['B. <BO@acme.co>'], false]);
});

test('what a forge commits for somebody is nobody else committing it; another committer is', async (t) => {
  const repo = await repository(t);
  const before = repo.commit('Ana', 'policies/access.yaml', 'Begin');
  const squashed = repo.commit(['Bo', 'GitHub'], 'policies/access.yaml', 'Squashed (#7)');
  const applied = repo.commit(['Bo', 'Ana'], 'policies/access.yaml', 'From a mail');
  const found = (await changes(repo, before, applied)) ?? [];
  assert.deepEqual(
    found.map(({ commit, request, mergedBy, secondPerson }) => [commit, request, mergedBy, secondPerson]),
    [
      [squashed, '7', null, false],
      [applied, null, 'Ana <ana@acme.co>', true],
    ],
  );
});

test('only what changed the policy is told, each merge with what it brought itself', async (t) => {
  const repo = await repository(t);
  const before = repo.commit('Ana', 'policies/access.yaml', 'Begin');
  repo.commit('Cy', 'README.md', 'Words');
  const first = repo.merge('Bo', 'Ana', 'Merge branch one\n\nSee merge request acme/policy!3');
  repo.commit('Cy', 'README.md', 'More words');
  const second = repo.merge('Cy', 'Ana', 'Merged in two (pull request #4)');
  const found = (await changes(repo, before, second)) ?? [];
  assert.deepEqual(
    found.map(({ commit, request, authors }) => [commit, request, authors]),
    [
      [first, '3', ['Bo <bo@acme.co>']],
      [second, '4', ['Cy <cy@acme.co>']],
    ],
  );
});

test('what a merge holds of its own is the work of whoever merged, in a branch as well', async (t) => {
  const repo = await repository(t);
  const file = join(repo.folder, 'policies/access.yaml');
  const write = (lines: readonly string[]) => writeFileSync(file, `${lines.join('\n')}\n`);
  const lines = Array.from({ length: 20 }, (_, line) => `# ${line}`);
  write(lines);
  repo.run('Ana', 'add', '-A');
  repo.run('Ana', 'commit', '-q', '-m', 'Begin');
  const before = repo.run('Ana', 'rev-parse', 'HEAD');
  repo.run('Bo', 'checkout', '-q', '-b', 'bo');
  write(lines.with(0, '# Bo'));
  repo.run('Bo', 'commit', '-qam', 'Mine');
  repo.run('Cy', 'checkout', '-q', 'main');
  write(lines.with(19, '# Cy'));
  repo.run('Cy', 'commit', '-qam', 'Meanwhile');
  repo.run('Bo', 'checkout', '-q', 'bo');
  repo.run('Bo', 'merge', '-q', '-m', 'Merge main', 'main');
  repo.run('Ana', 'checkout', '-q', 'main');
  repo.run('Ana', 'merge', '-q', '--no-ff', '-m', 'Clean', 'bo');
  const clean = repo.run('Ana', 'rev-parse', 'HEAD');
  write(lines.with(0, '# Bo').with(19, '# Cy').with(10, '# Ana'));
  repo.run('Ana', 'commit', '-qa', '--amend', '-m', 'And more');
  const more = repo.run('Ana', 'rev-parse', 'HEAD');
  const told = async (to: string) => {
    const change = (await changes(repo, before, to))?.at(-1);
    return [change?.authors, change?.mergedBy, change?.secondPerson];
  };
  const [ana, bo] = ['Ana <ana@acme.co>', 'Bo <bo@acme.co>'];
  assert.deepEqual(await told(clean), [[bo], ana, true]);
  assert.deepEqual(await told(more), [[ana, bo], ana, false]);
});

test('a merge that git cannot look into makes one author more, and hides nobody', async (t) => {
  const repo = await repository(t);
  const before = repo.commit('Ana', 'policies/access.yaml', 'Begin');
  repo.merge('Bo', 'Ana', 'Clean');
  writeFileSync(join(repo.folder, 'policies/large.txt'), `${'large '.repeat(10_000)}\n`.repeat(600));
  repo.run('Ana', 'add', '-A');
  repo.run('Ana', 'commit', '-q', '--amend', '-m', 'With what nobody reads');
  const found = await changes(repo, before, repo.run('Ana', 'rev-parse', 'HEAD'));
  assert.deepEqual(
    found?.map(({ authors, mergedBy, secondPerson }) => [authors, mergedBy, secondPerson]),
    [[['Ana <ana@acme.co>', 'Bo <bo@acme.co>'], 'Ana <ana@acme.co>', true]],
  );
});

test('who merges at a forge, under its address and their own name, is nobody else', async (t) => {
  const repo = await repository(t);
  const before = repo.commit('Ana', 'policies/access.yaml', 'Begin');
  repo.run('Bo', 'checkout', '-q', '-b', 'bo');
  repo.commit('Bo', 'policies/access.yaml', 'Mine');
  repo.run('Bo', 'checkout', '-q', 'main');
  repo.run('Bo', 'merge', '-q', '--no-ff', '-m', 'Merge', 'bo');
  const name = 'bo <7+bo@users.noreply.github.com>';
  repo.run('Bo', 'commit', '-q', '--amend', `--author=${name}`, '-m', 'Merge');
  const [change] = (await changes(repo, before, repo.run('Bo', 'rev-parse', 'HEAD'))) ?? [];
  assert.deepEqual([change?.authors, change?.mergedBy, change?.secondPerson], [['Bo <bo@acme.co>'], name, false]);
});

test('where no file descriptor is left git is told as one that does not start', async () => {
  const script = fileURLToPath(new URL('./git-without-descriptors.ts', import.meta.url));
  const command = ['-c', 'ulimit -n 128; exec "$0" --import tsx "$1"', process.execPath, script];
  const { stdout } = await promisify(execFile)('/bin/sh', command, { timeout: 120_000 });
  assert.equal(stdout, 'git does not start (EMFILE)');
});

test('a commit from before is told as a way back, the first of all as itself, and a missing one as nothing', async (t) => {
  const repo = await repository(t);
  const first = repo.commit('Ana', 'policies/access.yaml', 'Begin');
  const second = repo.commit('Bo', 'policies/access.yaml', 'Go on');
  const back = await readChanges(repo.git, { from: second, to: first, paths: [repo.folder] });
  assert.deepEqual([back?.isBack, back?.changes.map(({ commit }) => commit)], [true, [first]]);
  const same = await readChanges(repo.git, { from: second, to: second, paths: [repo.folder] });
  assert.deepEqual([same?.isBack, same?.changes.map(({ commit }) => commit)], [false, [second]]);
  assert.deepEqual(
    (await changes(repo, null, first))?.map(({ commit }) => commit),
    [first],
  );
  assert.equal(await changes(repo, 'a'.repeat(40), second), undefined);
  assert.equal(await changes(repo, first, '--all'), undefined);
});

test('where a shallow clone ends nothing is told, and nobody alone is two', async (t) => {
  const repo = await repository(t);
  repo.commit('Ana', 'policies/access.yaml', 'Begin');
  const merge = repo.merge('Bo', 'Ana', 'Merge pull request #12 from acme/support');
  const shallow = await temporaryFolder(t);
  repo.run('Ana', 'clone', '-q', '--depth', '1', `file://${repo.folder}`, shallow);
  const git = createGit({ cwd: shallow, environment: { PATH: process.env['PATH'], HOME: shallow } });
  assert.equal(await readChanges(git, { from: null, to: merge, paths: [shallow] }), null);
  const empty = repo.run('Ana', 'commit-tree', 'HEAD^{tree}', '-p', 'HEAD', '-p', 'HEAD~1', '-m', 'Reviewed-by: Ana');
  const [change] = (await changes(repo, null, empty)) ?? [];
  assert.deepEqual([change?.authors, change?.secondPerson], [['Ana <ana@acme.co>'], false]);
});

test('a signature is checked with the keys that are known, and one that cannot be is not called none', async (t) => {
  const repo = await repository(t);
  const before = repo.commit('Ana', 'policies/access.yaml', 'Begin');
  const key = join(repo.folder, 'key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  for (const [name, value] of [
    ['gpg.format', 'ssh'],
    ['user.signingkey', `${key}.pub`],
    ['gpg.ssh.program', '/nowhere/ssh-keygen'],
  ] as const)
    repo.run('Ana', 'config', name, value);
  repo.run('Ana', '-c', 'gpg.ssh.program=ssh-keygen', 'commit', '-q', '--allow-empty', '-m', 'x', '-S');
  const head = repo.run('Ana', 'rev-parse', 'HEAD');
  assert.equal((await changes(repo, before, head))?.[0]?.signature, 'unchecked');
  writeFileSync(join(repo.folder, 'allowed'), `ana@acme.co ${readFileSync(`${key}.pub`, 'utf8')}`);
  repo.run('Ana', 'config', 'gpg.ssh.allowedSignersFile', join(repo.folder, 'allowed'));
  const [change] = (await changes(repo, before, head)) ?? [];
  assert.deepEqual([change?.signature, change?.signedBy], ['good', 'ana@acme.co']);
});

test('the history of a policy is that of its folder, and nothing where there is no repository', async (t) => {
  const repo = await repository(t);
  const config = join(repo.folder, 'gateway.config.yaml');
  const first = repo.commit('Ana', 'gateway.config.yaml', 'Begin');
  repo.commit('Bo', 'elsewhere.yaml', 'Not the policy');
  const last = repo.commit('Bo', 'policies/roles.yaml', 'A role');
  const history = createPolicyHistory({ config, environment: process.env });
  assert.deepEqual(
    (await history(first, last))?.changes.map(({ subject }) => subject),
    ['A role'],
  );
  const outside = createPolicyHistory({ config: join(await temporaryFolder(t), 'g.yaml'), environment: process.env });
  assert.equal(await outside(first, last), null);
  const without = createPolicyHistory({ config, environment: { PATH: '/nowhere' } });
  assert.equal(await without(first, last), null);
});
