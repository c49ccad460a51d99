import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { makeLog } from '../../../bench/audit-log.ts';
import { verify } from '../../../src/audit/integrity/verify.ts';
import { QueryFailed } from '../../../src/audit/query/sandbox.ts';
import { filesIn, folder, scratchFolder } from '../log.ts';
import { createAsk, openSandbox } from './ask.ts';

interface Attacks {
  readonly refused: Readonly<Record<string, readonly string[]>>;
  readonly bounded: readonly string[];
}

const attacks: Attacks = parse(readFileSync(join(import.meta.dirname, 'attacks.yaml'), 'utf8'));
const ask = createAsk();

/** Every file and folder below, with its bytes. */
function imageOf(dir: string): readonly string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const path = join(dir, name);
      const { mode, mtimeMs } = statSync(path);
      const bytes = statSync(path).isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : '';
      return `${name} ${mode} ${mtimeMs} ${bytes}`;
    });
}

function setting(t: Parameters<typeof folder>[0]): { readonly dir: string; readonly inside: (sql: string) => string } {
  const root = folder(t);
  const dir = join(root, 'log');
  makeLog(dir, { records: 100, days: 1, writers: 1, seed: 1 });
  mkdirSync(join(root, 'empty'));
  const [file = ''] = filesIn(dir);
  const out = join(root, 'empty/out');

  return { dir, inside: (sql) => sql.replaceAll('LOG', file).replaceAll('DIR', dir).replaceAll('OUT', out) };
}

test('the list holds at least 150 attacks', () => {
  assert(Object.values(attacks.refused).flat().length + attacks.bounded.length >= 150);
});

test('statements that reach beyond the views are refused before they run, and nothing changes', async (t) => {
  const { dir, inside } = setting(t);
  const places = [join(dir, '..'), process.cwd()];
  const before = [imageOf(join(dir, '..')), readdirSync(process.cwd())];
  for (const [kind, statements] of Object.entries(attacks.refused)) {
    for (const statement of statements) {
      const told = await ask(dir, inside(statement)).then(
        () => 'answered',
        (error: unknown) => (error instanceof QueryFailed ? error.code : String(error)),
      );
      assert.equal(told, 'refused', `${kind}: ${statement}`);
    }
  }
  assert.deepEqual([imageOf(places[0] ?? ''), readdirSync(places[1] ?? '')], before);
  assert((await verify([dir])).ok);
});

test('statements that want too much end within their limits, and nothing of them is left', async (t) => {
  const { dir, inside } = setting(t);
  const timeoutMs = 400;
  const greedy = createAsk(openSandbox({ timeoutMs, memoryBytes: 128 * 1024 * 1024 }));
  const before = imageOf(join(dir, '..'));
  for (const statement of attacks.bounded) {
    const begun = Date.now();
    const told = await greedy(dir, inside(statement)).then(
      () => 'answered',
      (error: unknown) => (error instanceof QueryFailed ? error.code : String(error)),
    );
    assert(['answered', 'timeout', 'memory', 'sql', 'crashed'].includes(told), `${statement}: ${told}`);
    // Being interrupted, being ended and a new process come on top.
    assert(Date.now() - begun < timeoutMs + 60_000, `${statement}: ${Date.now() - begun} ms`);
    assert.deepEqual((await ask(dir, 'SELECT count(*) FROM audit')).rows, [[100]], statement);
  }
  assert.deepEqual(imageOf(join(dir, '..')), before);
  assert((await verify([dir])).ok);
});

test('nesting and length have bounds', async (t) => {
  const { dir } = setting(t);
  const deep = `SELECT ${'('.repeat(10_000)}1${')'.repeat(10_000)}`;
  const lists = `SELECT ${'['.repeat(10_000)}1${']'.repeat(10_000)}`;
  const queries = `${'SELECT * FROM ('.repeat(2_000)}SELECT 1${')'.repeat(2_000)}`;
  const sums = `SELECT ${'1+'.repeat(50_000)}1`;
  for (const sql of [deep, lists, queries, sums]) {
    await assert.rejects(ask(dir, sql), QueryFailed, sql.slice(0, 40));
  }
  await assert.rejects(ask(dir, `SELECT '${'x'.repeat(1024 * 1024)}'`), /at most 262144 characters/);
  assert.deepEqual((await ask(dir, 'SELECT count(*) FROM audit')).rows, [[100]]);
});

test('the process that runs statements leaves no folder behind', async (t) => {
  const { dir } = setting(t);
  const scratch = scratchFolder(t);
  const sandbox = openSandbox();
  await createAsk(sandbox)(dir, 'SELECT * FROM range(100000) ORDER BY random()');
  assert.equal(readdirSync(scratch).length, 1);
  await sandbox.close();
  assert.deepEqual(readdirSync(scratch), []);
});

test('an unknown view or function is told with those there are', async (t) => {
  const { dir } = setting(t);
  await assert.rejects(
    ask(dir, 'SELECT * FROM call'),
    /there is no view call, did you mean calls\?; the views are audit/,
  );
  await assert.rejects(ask(dir, 'SELECT conut(*) FROM calls'), /the function conut is not run .*did you mean count\?/);
  await assert.rejects(
    ask(dir, 'WITH audit AS (FROM calls) FROM audit'),
    /audit is a view of the log: give WITH another/,
  );
});
