import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type ReadFile, readTree, type Tree } from '../../src/config/read.ts';
import { put, temporaryFolder } from './tree.ts';

function read(path: string, policiesOf: () => string | null): Promise<Tree<ReadFile>> {
  return readTree(path, { take: (file) => file, policiesOf });
}

describe('readTree', () => {
  it('reads again when a file is written meanwhile, so that two moments never mix', async (context) => {
    const folder = await temporaryFolder(context);
    await put(join(folder, 'c.yaml'), 'old');
    await put(join(folder, 'p', 'a.yaml'), 'old');
    let writes = 0;
    const tree = await read(join(folder, 'c.yaml'), () => {
      // Called between reading and looking again.
      if (writes < 3) writeFileSync(join(folder, 'p', 'a.yaml'), 'x'.repeat(10 + writes++));
      return join(folder, 'p');
    });
    assert.equal(tree.files[1]?.bytes.toString(), 'x'.repeat(12));
    assert.deepEqual(tree.problems, []);
  });

  it('gives up on files that never rest', async (context) => {
    const folder = await temporaryFolder(context);
    await put(join(folder, 'c.yaml'), 'x');
    await mkdir(join(folder, 'p'));
    let length = 0;
    const tree = await read(join(folder, 'c.yaml'), () => {
      length += 1;
      writeFileSync(join(folder, 'p', 'a.yaml'), 'x'.repeat(length));
      return join(folder, 'p');
    });
    assert.deepEqual(
      tree.problems.map(({ code }) => code),
      ['GH004'],
    );
  });

  it('never waits for a pipe', async (context) => {
    const folder = await temporaryFolder(context);
    await put(join(folder, 'c.yaml'), 'x');
    await mkdir(join(folder, 'p'));
    execFileSync('mkfifo', [join(folder, 'p', 'a.yaml')]);
    const tree = await read(join(folder, 'c.yaml'), () => join(folder, 'p'));
    assert.deepEqual(
      tree.problems.map(({ code, at }) => `${code} ${at.file}`),
      ['GH003 p/a.yaml'],
    );
  });

  it('refuses links that go round and links that lead nowhere', async (context) => {
    const folder = await temporaryFolder(context);
    await put(join(folder, 'c.yaml'), 'x');
    await mkdir(join(folder, 'p'));
    await symlink('.', join(folder, 'p', 'again'));
    await symlink('nowhere', join(folder, 'p', 'b.yaml'));
    await symlink('self.yaml', join(folder, 'p', 'self.yaml'));
    const tree = await read(join(folder, 'c.yaml'), () => join(folder, 'p'));
    const told = tree.problems.map(({ code, at }) => `${code} ${at.file}`);
    assert.deepEqual(told, ['GH008 p/again', 'GH001 p/b.yaml', 'GH001 p/self.yaml']);
  });

  it('reads no more of a file than it may have', async (context) => {
    const folder = await temporaryFolder(context);
    await put(join(folder, 'c.yaml'), 'x'.repeat(3 * 1024 * 1024));
    const tree = await read(join(folder, 'c.yaml'), () => null);
    assert.equal(tree.files[0]?.bytes.length, 1024 * 1024 + 1);
  });

  it('has another fingerprint when a file keeps its size and time but not its bytes', async (context) => {
    const folder = await temporaryFolder(context);
    const path = join(folder, 'c.yaml');
    await put(path, 'a');
    const before = await read(path, () => null);
    execFileSync('sh', [
      '-c',
      'sleep 0.02; touch -r "$1" "$1.time"; printf b > "$1"; touch -r "$1.time" "$1"',
      '-',
      path,
    ]);
    const after = await read(path, () => null);
    assert.notEqual(after.fingerprint, before.fingerprint);
    assert.notEqual(after.hash, before.hash);
  });
});
