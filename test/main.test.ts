import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { temporaryFolder } from './config/tree.ts';

const main = join(import.meta.dirname, '../dist/main.js');

/** Runs `gatehouse plan` in a process in which `first`, a module's text, has been run before. */
async function planAfter(first: string, context: Parameters<typeof temporaryFolder>[0]) {
  const cwd = await temporaryFolder(context);
  const gone = join(cwd, 'gone');
  mkdirSync(gone);
  writeFileSync(join(cwd, 'first.mjs'), first);
  const imported = `--import=${pathToFileURL(join(cwd, 'first.mjs')).href}`;
  return spawnSync(process.execPath, [imported, main, 'plan', 'main..HEAD'], {
    encoding: 'utf8',
    env: { GONE: gone },
  });
}

test('a defect of ours ends with a code that no command uses', async (context) => {
  const { status, stderr } = await planAfter(
    `import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
fs.existsSync = () => { throw new TypeError('a slip of the pen'); };
syncBuiltinESMExports();`,
    context,
  );
  assert.match(stderr, /^gatehouse: internal error\nTypeError: a slip of the pen\n {4}at /);
  assert.equal(status, 70);
});

test('a working directory that is gone is told in a sentence', async (context) => {
  const { status, stderr } = await planAfter(
    `import { rmdirSync } from 'node:fs';
process.chdir(process.env.GONE);
rmdirSync(process.env.GONE);`,
    context,
  );
  const message = 'gatehouse plan: the working directory is gone: change to one that exists';
  assert.equal(stderr, `${message}\nTry: gatehouse plan --help\n`);
  assert.equal(status, 1);
});
