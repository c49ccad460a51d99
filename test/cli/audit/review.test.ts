import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { unpack } from '../../audit/evidence/evidence-files.ts';
import { call, folder, openLog, recordsIn } from '../../audit/log.ts';
import { gatehouse } from '../console.ts';

/** A log of one gateway whose keys are beside it, with one call on each of two days. */
async function withLog(t: TestContext): Promise<string> {
  const cwd = folder(t);
  const clock = { now: new Date('2026-11-05T10:00:00Z') };
  const log = await openLog(t, join(cwd, 'var/audit'), { now: () => clock.now });
  await log.record(call('one'));
  clock.now = new Date('2026-11-06T10:00:00Z');
  await log.record(call('two'));
  await log.close();
  return cwd;
}

test('a review is on record with its period, reports, note and the heads there were, and the report shows the day', async (t) => {
  const cwd = await withLog(t);
  const said = await gatehouse('audit review --since 2026-11-05 --until 2026-11-05 --report denied --note SEC-91', cwd);
  assert.deepEqual([said.code, said.err], [0, '']);
  assert.match(said.out, /^Recorded: \S+ looked at 2026-11-05T00:00:00.000Z to 2026-11-06T00:00:00.000Z\.\n$/);
  const review = recordsIn(join(cwd, 'var/audit')).find(({ ev }) => ev === 'audit.review');
  const { since, until, reports, note, heads } = Object(review?.['detail']);
  assert.deepEqual([since, until], ['2026-11-05T00:00:00.000Z', '2026-11-06T00:00:00.000Z']);
  assert.deepEqual([reports, note, heads.length, heads[0].size], [['denied'], 'SEC-91', 1, 3]);
  const shown = await gatehouse('audit report reviews --format json', cwd);
  const rows: readonly Readonly<Record<string, unknown>>[] = JSON.parse(shown.out).rows;
  assert.deepEqual(
    rows.map(({ day, whole, notes }) => [day, whole, notes]).filter(([day]) => String(day).startsWith('2026-11-0')),
    [
      ['2026-11-06', false, null],
      ['2026-11-05', true, ['SEC-91']],
    ],
  );
  assert.equal((await gatehouse('audit verify', cwd)).code, 0);
});

test('a sign-off made after the period counts for it, in the report as in the evidence, with the file it stands in', async (t) => {
  const cwd = await withLog(t);
  await gatehouse('audit review --since 2026-11-05 --until 2026-11-05', cwd);
  const period = '2026-11-05 --until 2026-11-05';
  const shown = JSON.parse((await gatehouse(`audit report reviews --since ${period} --format json`, cwd)).out);
  assert.deepEqual([shown.rows.length, shown.rows[0].whole], [1, true]);
  const read: readonly { readonly path: string }[] = shown.completeness.files;
  assert.match(read.at(-1)?.path ?? '', /acme-cli-/);
  const packed = await gatehouse('audit evidence --from 2026-11-05 --to 2026-11-05 --control AU-6 --out e.zip', cwd);
  assert.equal(packed.code, 0, packed.err);
  await unpack(join(cwd, 'e.zip'), join(cwd, 'e'));
  assert.match(readFileSync(join(cwd, 'e/reports/reviews.csv'), 'utf8'), /^2026-11-05,\d+,true,/m);
});

test('a review is of something, and of nothing to come', async (t) => {
  const cwd = await withLog(t);
  assert.match((await gatehouse('audit review', cwd)).err, /expected --since WHEN/);
  assert.match((await gatehouse('audit review --since 2999-01-01 --until 2999-01-02', cwd)).err, /still to come/);
  assert.match((await gatehouse('audit review --since 2026-11-05 --until 2026-11-04', cwd)).err, /not after --since/);
  assert.equal(recordsIn(join(cwd, 'var/audit')).length, 3);
});

test('a day that is not over yet is told, with what to do about it; no example of the help names a day', async (t) => {
  const cwd = await withLog(t);
  const today = new Date().toISOString().slice(0, 10);
  const { code, err } = await gatehouse(`audit review --since ${today} --until ${today}`, cwd);
  assert.equal(code, 2);
  assert.match(
    err,
    new RegExp(`--until ${today} ends only at \\d{4}-\\d\\d-\\d\\dT00:00:00.000Z: nobody has looked at what is`),
  );
  assert.match(err, /Leave --until out to sign off up to now/);
  const [, examples = ''] = (await gatehouse('audit review --help', cwd)).out.split('Examples:');
  assert.doesNotMatch(examples, /\d{4}-\d\d/);
  assert.equal((await gatehouse('audit review --since 24h --report denied', cwd)).code, 0);
});

test('of several folders those are named that have the review when another cannot take it', async (t) => {
  const [cwd, second] = [await withLog(t), join(folder(t), 'no_log')];
  writeFileSync(second, 'a file');
  const first = join(cwd, 'var/audit');
  const dirs = `--dir ${first} --dir ${second}`;
  const { code, out, err } = await gatehouse(`audit review --since 2026-11-05 ${dirs}`, cwd);
  assert.deepEqual([code, out], [2, '']);
  assert.match(err, /^gatehouse audit review: not recorded in \S+no_log: /);
  assert(err.endsWith(`It stands in ${first} already: leave that out when you run it again.\n`), err);
  assert.equal(recordsIn(first).filter(({ ev }) => ev === 'audit.review').length, 1);
});

test('whoever proves a record, or asks why it was decided so, is on record with what they read', async (t) => {
  const cwd = await withLog(t);
  const [first] = recordsIn(join(cwd, 'var/audit'));
  const name = `${first?.['writer']}:1`;
  assert.equal((await gatehouse(`audit prove ${name}`, cwd)).code, 0);
  assert.equal((await gatehouse(`audit why ${name}`, cwd)).code, 2);
  const read = recordsIn(join(cwd, 'var/audit')).filter(({ ev }) => ev === 'audit.read');
  assert.deepEqual(
    read.map(({ detail }) => [Object(detail).command, Object(detail).record]),
    [
      ['audit prove', name],
      ['audit why', name],
    ],
  );
});
