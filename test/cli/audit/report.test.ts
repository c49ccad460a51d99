import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { load } from '../../../src/config/load.ts';
import { call, filesIn, folder, openLog } from '../../audit/log.ts';
import { writeReportLog } from '../../audit/report/report-log.ts';
import { acme, gatehouse } from '../console.ts';

/** A folder with five weeks of log where commands look for it. */
async function withLog(t: TestContext): Promise<string> {
  const cwd = folder(t);
  await writeReportLog(t, join(cwd, 'var/audit'));
  return cwd;
}

test('audit reports lists every report within 80 columns, and tells what one takes', async (t) => {
  const cwd = folder(t);
  const list = await gatehouse('audit reports', cwd);
  assert.equal(list.code, 0);
  assert.match(list.out, /^ {2}dormant +Granted and not used$/m);
  const one = await gatehouse('audit reports dormant', cwd);
  assert.match(one.out, /^ {2}days \(integer, default 60\): Unused for so many days/m);
  assert.match(one.out, /^ {2}SOC 2 CC6\.3$/m);
  for (const line of list.out.split('\n')) assert(line.length <= 80, line);
  assert.equal(JSON.parse((await gatehouse('audit reports dormant --format json', cwd)).out).name, 'dormant');
  const unknown = await gatehouse('audit report dormnt', cwd);
  assert.deepEqual([unknown.code, unknown.out], [2, '']);
  assert.match(unknown.err, /there is no report dormnt, did you mean dormant\?/);
});

test('a report as JSON comes with everything it rests on', async (t) => {
  const cwd = await withLog(t);
  const { code, out, err } = await gatehouse(
    'audit report robots --since 2026-11-01 --until 2026-11-20 --format json',
    cwd,
  );
  assert.deepEqual([code, err], [0, '']);
  const { completeness, columns, rows } = JSON.parse(out);
  assert.equal(columns[0].name, 'robot');
  assert.deepEqual([rows.length, rows[0].calls], [1, 21]);
  const { report, since, until, rows: count, verified, files, gaps, heads, policy } = completeness;
  assert.deepEqual([report, count, gaps, policy], ['robots', 1, [], null]);
  assert.deepEqual([since, until], ['2026-11-01T00:00:00.000Z', '2026-11-21T00:00:00.000Z']);
  assert.deepEqual([verified.ok, verified.problems, heads[0].size], [true, [], 159]);
  assert.deepEqual(completeness.gateways, [
    { name: 'acme', first: '2026-11-01T00:00:00.000000Z', last: '2026-11-20T23:59:59.000000Z' },
  ]);
  assert.equal(files.length, 20);
  assert.match(files[0].sha256, /^[0-9a-f]{64}$/);
});

test('rows for other programs are alone in their file, with what they rest on beside it', async (t) => {
  const cwd = await withLog(t);
  const { code, out, err } = await gatehouse('audit report robots --out robots.csv', cwd);
  assert.deepEqual({ code, out, err }, { code: 0, out: '', err: '' });
  assert.match(readFileSync(join(cwd, 'robots.csv'), 'utf8'), /^robot,calls,.*\r\nnightly,36,/);
  const beside = JSON.parse(readFileSync(join(cwd, 'robots.csv.completeness.json'), 'utf8'));
  assert.deepEqual(beside.verified.heldAgainst, []);
  assert.deepEqual([beside.report, beside.rows], ['robots', 1]);
  const again = await gatehouse('audit report robots --out robots.csv', cwd);
  assert.equal(again.code, 2);
  assert.match(again.err, /robots\.csv is there already: name a new file/);
});

test('a report for a terminal says how it is read, and what is signed, within 80 columns', async (t) => {
  const cwd = await withLog(t);
  const { out } = await gatehouse('audit report robots', cwd);
  const [title, , first = '', second = ''] = out.split('\n');
  assert.equal(title, 'Robots and what they did');
  assert.match(`${first} ${second}`, /^One row a robot\. .* are what to ask its owner about\.$/);
  assert(first.length <= 80 && second.length <= 80);
  assert.match(out, /^Gateway +acme, whose files hold records from 2026-10-17T/m);
  assert.match(out, /Signatures of a gateway vouch for (all|159) of them/);
  assert.match(out.replaceAll(/\s+/g, ' '), /Nothing kept elsewhere was held against the log/);
});

test('a page is headed with the gateway, the days of the log and what is proved of it', async (t) => {
  const cwd = await withLog(t);
  assert.equal((await gatehouse('audit report robots --out r.html', cwd)).code, 0);
  const page = readFileSync(join(cwd, 'r.html'), 'utf8');
  assert.match(page, /<p class="span">Gateway acme: 17 October\s–\s20 November 2026 \(UTC\)<\/p>/);
  assert.match(page, /<p class="state good">Log intact<\/p>/);
  for (const [, id] of page.matchAll(/href="#([^"]+)"/g)) assert(page.includes(` id="${id}"`), id);
});

test('every series of a chart has its colour told, be it the only one', async (t) => {
  const cwd = folder(t);
  const log = await openLog(t, join(cwd, 'var/audit'));
  await log.record(call('search', { actor_type: 'human', decision: 'allow', outcome: 'ok', dur_ms: 1 }));
  await log.close();
  assert.equal((await gatehouse('audit report overview --out o.html', cwd)).code, 0);
  const legends = [...readFileSync(join(cwd, 'o.html'), 'utf8').matchAll(/<ul class="legend">(.*)<\/ul>/g)];
  const told = legends.map(([, items = '']) => items.replaceAll(/<[^>]*>/g, ' ').trim());
  assert.deepEqual(told.slice(0, 2), ['answered', 'people']);
});

test('a page needs nothing from elsewhere, and its charts have their tables', async (t) => {
  const cwd = await withLog(t);
  assert.equal((await gatehouse('audit report overview --out o.html', cwd)).code, 0);
  const page = readFileSync(join(cwd, 'o.html'), 'utf8');
  assert.match(page, /Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/);
  assert.doesNotMatch(page, /<script|<link|<img|\son\w+=|url\(|@import|https?:\/\//);
  const titles = [...page.matchAll(/<title id="[^"]+">([^<]+)</g)].map(([, title]) => title);
  assert.equal(titles.length, 5);
  for (const title of titles) assert(page.includes(`<caption>${title}</caption>`), title);
  const [ids, named] = [/ id="([^"]+)"/g, /aria-labelledby="([^"]+)"/g].map((pattern) =>
    [...page.matchAll(pattern)].flatMap(([, words = '']) => words.split(' ')),
  );
  assert.equal(new Set(ids).size, ids?.length, 'every id is there once');
  assert.deepEqual(
    named?.filter((id) => !ids?.includes(id)),
    [],
  );
});

test('a report on a log that is not intact says so, and exits 1 or 3', async (t) => {
  const cwd = await withLog(t);
  const [first = '', second = ''] = filesIn(join(cwd, 'var/audit'));
  chmodSync(first, 0o640);
  writeFileSync(first, readFileSync(first, 'utf8').replace('ana@acme.co', 'eve@acme.co'));
  const { code, out } = await gatehouse('audit report robots', cwd);
  assert.equal(code, 1);
  assert.match(out, /^Verified +NOT INTACT, \d+ problem/m);
  chmodSync(second, 0o640);
  appendFileSync(second, 'garbage\n');
  assert.equal((await gatehouse('audit report robots', cwd)).code, 3);
});

test('leavers are read from a file, and a report that needs one says so', async (t) => {
  const cwd = await withLog(t);
  writeFileSync(join(cwd, 'hr.csv'), 'actor,ended\nben@acme.co,2026-11-10\n');
  const { out } = await gatehouse('audit report leavers --file hr.csv --format jsonl', cwd);
  assert.deepEqual(
    out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).allowed),
    [1, 40],
  );
  assert.match((await gatehouse('audit report leavers', cwd)).err, /needs --file FILE with columns actor, ended/);
  assert.match((await gatehouse('audit report robots --file hr.csv', cwd)).err, /the report robots takes no --file/);
});

test('own reports are found where the configuration says, run in the sandbox, and are told when they are none', async (t) => {
  const cwd = await withLog(t);
  mkdirSync(join(cwd, 'mine'));
  const head = '-- title: T\n-- read: R\n-- param least integer: x\n-- views: calls\n';
  writeFileSync(join(cwd, 'mine/own.sql'), `${head}SELECT count(*) AS n FROM calls HAVING n >= $least`);
  writeFileSync(join(cwd, 'mine/bad.sql'), `${head}SELECT $least, * FROM read_text('/etc/hostname')`);
  writeFileSync(join(cwd, 'gateway.config.yaml'), 'audit: { reports: mine }\n');
  assert.match((await gatehouse('audit report own 1 --format csv', cwd)).out, /^n\r\n118\r\n$/);
  assert.match((await gatehouse('audit report own --format csv', cwd)).err, /needs --param least=\.\.\. \(x\)/);
  assert.match((await gatehouse('audit report bad 1', cwd)).err, /the function read_text is not run on the audit log/);
  writeFileSync(join(cwd, 'mine/bad.sql'), '-- title: T\n-- views\n');
  const { code, err } = await gatehouse('audit reports', cwd);
  assert.equal(code, 2);
  assert.match(err, /mine\/bad\.sql:2: expected views: NAME, NAME, found "views"/);
});

test('who may call a tool is asked of the policy that was in force, when that is what the files are', async (t) => {
  const cwd = folder(t);
  cpSync(acme, cwd, { recursive: true });
  const config = join(cwd, 'gateway.config.yaml');
  const first = (await load(config)).hash;
  const git = (...words: string[]): string =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@localhost', ...words], {
      cwd,
      encoding: 'utf8',
    }).trim();
  git('init', '--quiet');
  git('add', '.');
  git('commit', '--quiet', '--message', 'As it was');
  const commit = git('rev-parse', 'HEAD');
  const access = join(cwd, 'policies/access.yaml');
  writeFileSync(access, readFileSync(access, 'utf8').replace(/^.*maria.*$/m, ''));
  const { hash } = await load(config);
  const log = await openLog(t, join(cwd, 'var/audit'), { now: () => new Date('2026-10-30T00:00:00Z') });
  await log.record({ ev: 'gateway.start', at: new Date('2026-10-30T00:00:00Z'), cfg: first, git: 'a'.repeat(40) });
  await log.record({ ev: 'config.reload', at: new Date('2026-11-01T00:00:00Z'), cfg: first, git: commit });
  await log.record({ ev: 'config.reload', at: new Date('2026-11-02T10:00:00Z'), cfg: hash });
  await log.record(call('search', { server: 'notion', decision: 'allow' }));
  await log.close();
  const path = { PATH: process.env['PATH'] };
  const ask = (more: string) =>
    gatehouse(`audit report who-can-call snowflake/* --var var --format json${more}`, cwd, path);
  const { completeness, rows } = JSON.parse((await ask(' --as-of 2026-11-02')).out);
  assert(rows.length > 0);
  assert(rows.every(({ server }: { readonly server: string }) => server === 'snowflake'));
  assert.deepEqual([completeness.policy.cfg, completeness.policy.at], [hash, '2026-11-03T00:00:00.000Z']);
  assert(!JSON.stringify(rows).includes('maria'));
  const earlier = JSON.parse((await ask(' --as-of 2026-11-01')).out);
  assert(JSON.stringify(earlier.rows).includes('maria'));
  assert.deepEqual([earlier.completeness.policy.cfg, earlier.completeness.policy.commit], [first, commit]);
  const gone = await ask(' --as-of 2026-10-30');
  assert.equal(gone.code, 2);
  assert.match(gone.err, /there is no commit a{40} in this repository: fetch it, or check it out/);
  assert.match((await ask(' --as-of 2026-10-01')).err, /the log does not say what was in force/);
  assert(!existsSync(join(cwd, 'entitlements.jsonl')));
});
