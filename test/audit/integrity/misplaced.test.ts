import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { verify } from '../../../src/audit/integrity/verify.ts';
import { filesIn, folder, writeChain } from '../log.ts';

const MAIN = join(import.meta.dirname, '../../../src/main.ts');
const VERIFY_MS = 20_000;

async function oneFile(t: TestContext): Promise<{ dir: string; file: string }> {
  const dir = folder(t);
  await writeChain(t, dir);
  const [file = ''] = filesIn(dir);
  return { dir, file };
}

function verifyApart(dir: string): { status: number | null; stdout: string; stderr: string } {
  const args = ['--import', 'tsx', MAIN, 'audit', 'verify', '--dir', dir];
  return spawnSync(process.execPath, args, { encoding: 'utf8', timeout: VERIFY_MS });
}

for (const day of ['2001-01-01', '2999-01-01']) {
  test(`a file that was moved to the folder of ${day} is found`, async (t) => {
    const { dir, file } = await oneFile(t);
    const elsewhere = join(dir, `dt=${day}`, basename(file));
    mkdirSync(dirname(elsewhere));
    renameSync(file, elsewhere);
    const { problems } = await verify([dir]);
    assert.deepEqual(
      problems.map(({ kind, file: place, line }) => [kind, place, line]),
      [['moved', elsewhere, 1]],
    );
  });
}

test('a call that was begun before midnight and recorded after it is not accused', async (t) => {
  const dir = folder(t);
  const day = new Date();
  day.setUTCHours(0, 0, 1, 0);
  await writeChain(t, dir, { now: () => day });
  const [file = ''] = filesIn(dir);
  const next = join(dir, `dt=${new Date(day.getTime() + 86_400_000).toISOString().slice(0, 10)}`);
  mkdirSync(next);
  renameSync(file, join(next, basename(file)));
  assert.deepEqual((await verify([dir])).problems, []);
});

test('a pipe or a folder with the name of a log file is told of, and waited for by nobody', async (t) => {
  const { dir, file } = await oneFile(t);
  const pipe = join(dirname(file), 'eve-00000000-000001.jsonl');
  execFileSync('mkfifo', [pipe]);
  const found = verifyApart(dir);
  assert.deepEqual([found.status, found.stderr], [2, `gatehouse audit verify: ${pipe} is not a file\n`]);
  renameSync(pipe, join(dir, 'pipe'));
  mkdirSync(pipe);
  assert.equal(verifyApart(dir).stderr, found.stderr);
});

test('the name of a file cannot colour the terminal', async (t) => {
  const { dir, file } = await oneFile(t);
  renameSync(file, join(dirname(file), '\u001b[31meve-00000000-000001.jsonl'));
  const { status, stdout } = verifyApart(dir);
  assert.equal(status, 1);
  assert(stdout.includes('\\u{1b}[31meve'));
  assert(!stdout.includes('\u001b'));
});
