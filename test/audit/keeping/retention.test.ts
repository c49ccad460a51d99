import assert from 'node:assert/strict';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { oldFiles } from '../../../src/audit/files/finished.ts';
import { readManifest } from '../../../src/audit/files/manifest.ts';
import { newestHeads } from '../../../src/audit/integrity/heads.ts';
import { readVerifier } from '../../../src/audit/integrity/note.ts';
import { verify } from '../../../src/audit/integrity/verify.ts';
import { expiredDays, removeDay } from '../../../src/audit/keeping/retention.ts';
import { sealFile } from '../../../src/audit/keeping/seal.ts';
import { recordAct } from '../../../src/audit/write/access-record.ts';
import { gatehouse, type Said } from '../../cli/console.ts';
import { call, folder, keys, openLog, recordsIn } from '../log.ts';
import { createAsk } from '../query/ask.ts';

const ask = createAsk();
const DAY_MS = 86_400_000;
const ANA = { at: new Date(), user: 'ana', host: 'h' };

function dayAgo(days: number): string {
  return new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);
}

async function run(args: string, dir: string): Promise<Said> {
  return gatehouse(`audit ${args} --dir ${dir}`, dir);
}

interface Years {
  readonly dir: string;
}

/** One gateway that ran from 40 to 38 days ago and one that runs since then, sealed and archived. */
async function years(t: TestContext): Promise<Years> {
  const dir = folder(t);
  const clock = { days: 40 };
  const now = () => new Date(Date.now() - clock.days * DAY_MS);
  const first = await openLog(t, dir, { now, settings: { rotateBytes: 2000 } });
  await first.record({ ev: 'gateway.start' });
  for (clock.days = 40; clock.days >= 38; clock.days -= 1)
    for (let n = 0; n < 8; n += 1) await first.record(call(`old_${n}`, { server: 'github', actor: `u${n}@acme.co` }));
  await first.close();
  const second = await openLog(t, dir, { now });
  await second.record({ ev: 'gateway.start' });
  for (clock.days = 37; clock.days >= 0; clock.days -= 12) await second.record(call('new', { server: 'wiki' }));
  clock.days = 0;
  await second.record(call('new'));
  await second.close();
  assert.equal((await run('seal --write', dir)).code, 0);
  assert.equal((await run('archive --write', dir)).code, 0);
  return { dir };
}

function days(dir: string): string[] {
  return readdirSync(dir).filter((name) => name.startsWith('dt='));
}

test('nothing is removed unless the configuration or --days says for how long', async (t) => {
  const { dir } = await years(t);
  const before = days(dir);
  assert.match((await gatehouse(`audit retention --write --var ${dir}`, dir)).out, /^Everything is kept/);
  writeFileSync(join(dir, 'gateway.config.yaml'), 'audit: { dir: ., retention_days: 30 }\n');
  const { code, out } = await gatehouse('audit retention', dir);
  assert.equal(code, 0);
  assert.match(out, /^Would remove 4 days of [\d.]+ kB older than 30 days in .*; say --write to do it\.\n$/);
  assert.deepEqual(days(dir), before);
  writeFileSync(join(dir, 'gateway.config.yaml'), 'audit: { dir: ., retention_days: many }\n');
  const wrong = await gatehouse('audit retention', dir);
  assert.deepEqual([wrong.code, /is not a whole number of days/.test(wrong.err)], [2, true]);
});

test('whole days go, the log stays intact, and verify says what is gone', async (t) => {
  const { dir } = await years(t);
  const heads = await newestHeads([dir]);
  const { code, out } = await run('retention --days 30 --write', dir);
  assert.equal(code, 0);
  assert.match(out, /^Removed 4 days of [\d.]+ kB older than 30 days/);
  assert.deepEqual(
    days(dir).filter((name) => name < `dt=${dayAgo(30)}`),
    [],
  );
  assert(!existsSync(join(dir, 'parquet', `dt=${dayAgo(40)}`)));
  const { ok, problems, notes } = await verify([dir]);
  assert.deepEqual([ok, problems], [true, []]);
  assert.equal(notes.filter((note) => /were removed when their time was over/.test(note)).length, 2);
  assert.deepEqual(await newestHeads([dir]), heads);
  const records = recordsIn(dir).filter(({ ev }) => ev === 'audit.retention');
  assert.deepEqual(
    records.map(({ detail }) => Object(detail).day),
    [dayAgo(40), dayAgo(39), dayAgo(38), dayAgo(37)],
  );
});

test('a file that is dropped besides is missed, and so is one that only claims to have been removed', async (t) => {
  const { dir } = await years(t);
  await run('retention --days 30 --write', dir);
  const [oldest = ''] = days(dir).sort();
  rmSync(join(dir, oldest), { recursive: true });
  const { ok, problems } = await verify([dir]);
  assert.equal(ok, false);
  assert.deepEqual(
    problems.map(({ kind }) => kind),
    ['missing-file'],
  );
});

test('the records of a removal outlive everything else, so that the next ones can be told too', async (t) => {
  const { dir } = await years(t);
  await run('retention --days 38 --write', dir);
  const later = new Date(Date.now() + 60 * DAY_MS);
  const { finished } = await oldFiles(dir, { now: later, olderThanMs: 0 });
  for (const file of finished.filter(({ sealed }) => !sealed)) await sealFile(dir, file, await readManifest(dir));
  for (const day of await expiredDays(dir, { now: later, olderThanMs: 30 * DAY_MS })) {
    assert.deepEqual(day.verdict, { kind: 'remove' });
    await removeDay(dir, day, (detail) => recordAct(dir, ANA, { ev: 'audit.retention', detail }));
  }
  assert.deepEqual((await verify([dir])).problems, []);
  const { rows } = await ask(dir, 'SELECT ev, count(*) > 2 FROM audit GROUP BY ALL');
  assert.deepEqual(rows, [['audit.retention', true]]);
});

test('a removal that was ended by force goes on, and nothing is gone unaccounted for', async (t) => {
  const { dir } = await years(t);
  const [day] = await expiredDays(dir, { now: new Date(), olderThanMs: 30 * DAY_MS });
  assert(day !== undefined);
  const ended = removeDay(dir, day, async (detail) => {
    await recordAct(dir, ANA, { ev: 'audit.retention', detail });
    throw new Error('ended by force');
  });
  await assert.rejects(ended, /ended by force/);
  assert.deepEqual((await verify([dir])).problems, []);
  rmSync(day.files[0]?.path ?? '');
  assert.deepEqual((await verify([dir])).problems, []);
  assert.equal((await run('retention --days 30 --write', dir)).code, 0);
  assert.deepEqual((await verify([dir])).problems, []);
});

test('what commands recorded needs no signature where a key is asked for', async (t) => {
  const { dir } = await years(t);
  const at = new Date(Date.now() - DAY_MS);
  await recordAct(dir, { ...ANA, at }, { ev: 'audit.hold', detail: { action: 'add' } });
  const verifier = readVerifier(keys.signing.verifier);
  assert(verifier !== null);
  assert.deepEqual((await verify([dir], { heads: [], publicKeys: [verifier] })).problems, []);
});

test('days that are not sealed are kept, and said so', async (t) => {
  const dir = folder(t);
  const log = await openLog(t, dir, { now: () => new Date(Date.now() - 50 * DAY_MS) });
  await log.record(call('old'));
  await log.close();
  const { code, err } = await run('retention --days 30 --write', dir);
  assert.equal(code, 1);
  assert.match(err, /is kept: not sealed: run gatehouse audit seal/);
  assert.equal(days(dir).length, 1);
});

test('a hold keeps the days it covers, until it is removed', async (t) => {
  const { dir } = await years(t);
  const added = await run(`hold add CASE-17 --actor u3@acme.co --from ${dayAgo(39)} --to ${dayAgo(39)}`, dir);
  assert.deepEqual([added.code, added.err], [0, '']);
  const { code, err } = await run('retention --days 30 --write', dir);
  assert.equal(code, 1);
  assert.match(err, new RegExp(`dt=${dayAgo(39)} is kept: held for CASE-17`));
  assert(days(dir).includes(`dt=${dayAgo(39)}`) && !days(dir).includes(`dt=${dayAgo(40)}`));
  assert.deepEqual((await verify([dir])).problems, []);
  assert.match((await run('hold list', dir)).out, /^CASE-17: days with records of u3@acme.co from .* to .*; added /);
  assert.equal((await run('hold remove CASE-17', dir)).code, 0);
  assert.equal((await run('retention --days 30 --write', dir)).code, 0);
  assert(!days(dir).includes(`dt=${dayAgo(39)}`));
  const actions = recordsIn(dir).filter(({ ev }) => ev === 'audit.hold');
  assert.deepEqual(
    actions.map(({ detail }) => Object(detail).action),
    ['add', 'remove'],
  );
});

test('a hold on a server keeps only days with its records, one without anything keeps all', async (t) => {
  const { dir } = await years(t);
  await run('hold add WIKI --server wiki', dir);
  const kept = (said: Said) => said.err.match(/dt=\S+/g);
  assert.deepEqual(kept(await run('retention --days 30', dir)), [`dt=${dayAgo(37)}`]);
  await run('hold add ALL', dir);
  assert.equal(kept(await run('retention --days 30', dir))?.length, 4);
});

test('holds that cannot be read stop the removal', async (t) => {
  const { dir } = await years(t);
  await run('hold add CASE-1', dir);
  const twice = await run('hold add CASE-1', dir);
  assert.deepEqual([twice.code, /there is a hold for CASE-1 already/.test(twice.err)], [2, true]);
  const path = join(dir, '_holds.json');
  chmodSync(path, 0o640);
  writeFileSync(path, readFileSync(path, 'utf8').replace('CASE-1"', 'CASE-1'));
  const before = days(dir);
  const { code, err } = await run('retention --days 30 --write', dir);
  assert.equal(code, 2);
  assert.match(err, /_holds\.json: expected/);
  assert.deepEqual(days(dir), before);
  for (const args of ['hold', 'hold add', 'hold add x --from 2026-02-30', 'hold keep x', 'hold add a b'])
    assert.equal((await run(args, dir)).code, 2, args);
});
