import assert from 'node:assert/strict';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Ajv } from 'ajv';
import { filesIn, folder, recordsIn } from '../../audit/log.ts';
import { acme, gatehouse } from '../console.ts';
import { emptyRepository, type Repository } from '../plan/repository.ts';
import { type Use, writeUses } from './used-log.ts';

/** What the forty do from day to day; the report has another robot's role, and Maria has not come back to hers. */
const uses: readonly Use[] = [
  ['2026-08-10', 'maria@acme.co acme-all,acme-finance snowflake/list_tables'],
  ['2026-11-01', 'lea@acme.co acme-all,acme-support notion/search'],
  ['2026-11-01', 'lea@acme.co acme-all,acme-support notion/fetch'],
  ['2026-11-02', 'lea@acme.co acme-all,acme-support orders-db/get_order'],
  ['2026-11-02', 'lea@acme.co acme-all,acme-support notion/create_page write'],
  ['2026-11-03', 'lea@acme.co acme-all,acme-support pylon/reply write'],
  ['2026-11-03', 'lea@acme.co acme-all,acme-support github/create_issue write'],
  ['2026-11-10', 'kim@acme.co acme-all,acme-engineering github/search_code'],
  ['2026-11-10', 'kim@acme.co acme-all,acme-engineering github/create_issue write'],
  ['2026-11-12', 'robot:nightly-report - snowflake/run_query write'],
  ['2026-11-20', 'raj@acme.co acme-all orders-db/update_order destructive'],
];

const access = 'policies/access.yaml';
const asked = 'audit trim --until 2026-11-27';

interface Trimmed extends Repository {
  trim(more?: string): ReturnType<typeof gatehouse>;
}

/** The example company as of August, without its tests but for those given, and its log. */
async function trimmed(t: TestContext, { tests = false, log = uses } = {}): Promise<Trimmed> {
  const repository = await emptyRepository(t, '2026-08-01T00:00:00Z');
  cpSync(acme, repository.folder, { recursive: true });
  if (!tests) rmSync(join(repository.folder, 'policies/access.test.yaml'));
  repository.put('.gitignore', 'var/\n*.patch\n');
  repository.commit();
  await writeUses(t, join(repository.folder, 'var/audit'), log);
  const path = { PATH: process.env['PATH'] };
  return { ...repository, trim: (more = '') => gatehouse(`${asked}${more}`, repository.folder, path) };
}

test('audit trim writes a patch that git applies, after which only dormant access is lost, and no more is found', async (t) => {
  const { folder: cwd, git, plan, trim } = await trimmed(t);
  const before = readFileSync(join(cwd, access), 'utf8');
  const { code, out, err } = await trim();
  assert.equal(code, 1);
  const golden = join(import.meta.dirname, '../../fixtures/acme/trim');
  assert.equal(out, readFileSync(join(golden, 'trim.patch'), 'utf8'));
  assert.equal(err, readFileSync(join(golden, 'trim.txt'), 'utf8'));
  assert.equal(readFileSync(join(cwd, access), 'utf8'), before, 'nothing is written but the patch');
  for (const line of err.split('\n')) assert(line.length <= 80, line);

  writeFileSync(join(cwd, 'trim.patch'), out);
  git('apply', 'trim.patch');
  const planned = await plan('HEAD --max-removed 100% --format json');
  assert.equal(planned.code, 2);
  const { verdict, changes, guardrails, settings } = JSON.parse(planned.out);
  assert.deepEqual([verdict, guardrails, settings], ['narrows', [], []]);
  const lost: readonly string[] = changes.flatMap(({ who, change, tools }: Record<string, string[]>) =>
    tools?.map((tool) => `${who} ${change} ${tool}`),
  );
  assert.deepEqual([...lost].sort(), [
    'group:dba loses orders-db/delete_order',
    'group:dba loses orders-db/get_order',
    'group:dba loses orders-db/list_orders',
    'group:oncall loses github/delete_branch',
    'group:oncall loses orders-db/get_order',
    'group:oncall loses orders-db/list_orders',
    'robot:triage-bot loses github/create_issue',
    ...['github/search_code', 'github/search_issues', 'notion/create_page', 'notion/fetch', 'notion/search'].map(
      (tool) => `robot:triage-bot loses ${tool}`,
    ),
    ...['orders-db/get_order', 'pylon/list_tickets', 'pylon/reply'].map((tool) => `robot:triage-bot loses ${tool}`),
    'user:maria@acme.co loses snowflake/list_tables',
    'user:maria@acme.co loses snowflake/run_query',
  ]);
  assert.equal((await gatehouse('check', cwd)).code, 0);
  const again = await trim();
  assert.deepEqual([again.code, again.out], [0, '']);
  const readings = recordsIn(join(cwd, 'var/audit')).filter(({ ev }) => ev === 'audit.read');
  assert.equal(readings.length, 4);
  assert(JSON.stringify(readings).includes('"command":"audit trim"'));
});

test('audit trim leaves what a policy test needs, and names the test', async (t) => {
  const { trim } = await trimmed(t, { tests: true });
  const { code, out, err } = await trim();
  assert.deepEqual([code, out], [0, '']);
  const told = err.replace(/\s+/g, ' ');
  assert.match(told, /^Nothing to take away of what 60 days of log can tell\./);
  assert.match(
    told,
    /the grant of analyst to user:maria@acme\.co the test "maria has the warehouse through January" in policies\/access\.test\.yaml:40 would fail/,
  );
  assert.match(told, /the role release-keeper policies\/access\.yaml:\d+ still names it/);
});

test('audit trim narrows globs to the tools that were used, when asked to', async (t) => {
  const { folder: cwd, git, trim } = await trimmed(t);
  const { code, out } = await trim(' --narrow --out narrow.patch');
  assert.deepEqual([code, out], [1, '']);
  const added = readFileSync(join(cwd, 'narrow.patch'), 'utf8').match(/^\+ .*$/gm);
  assert.deepEqual(added, [
    '+      - read: [notion/*, github/search_code]',
    '+      - write: pylon/reply',
    '+      - write: [github/create_issue, github/search_code]',
    '+      - any: [orders-db/update_order]',
  ]);
  assert.match((await trim(' --out narrow.patch')).err, /narrow\.patch is there already: name a new file/);
  git('apply', 'narrow.patch');
  assert.deepEqual([(await trim(' --narrow --out none.patch')).code, existsSync(join(cwd, 'none.patch'))], [0, false]);
});

test('audit trim judges nothing that was granted or reviewed within the days, by the commit of their beginning', async (t) => {
  const repository = await trimmed(t);
  const grant = '  - { to: user:new@acme.co, roles: [analyst] }\n';
  repository.edit(access, ['grants:\n', `grants:\n${grant}`]);
  const { out, err } = await repository.trim();
  assert.doesNotMatch(out, /^-.*new@acme/m);
  assert.match(err, /2 pairs of\s+subject and tool granted for less than 60 days/);
  const old = await gatehouse('audit trim --until 2026-11-27 --days 100 --even-if-younger', repository.folder, {
    PATH: process.env['PATH'],
  });
  assert.doesNotMatch(old.out, /^-.*new@acme/m, 'the commit of August has no such grant');
  rmSync(join(repository.folder, '.git'), { recursive: true });
  const without = await repository.trim();
  assert.match(without.out, /^-.*new@acme/m);
  assert.match(without.err, /There is no commit of 60 days ago: how old a grant is was told by its starts\s+alone\./);
});

test('audit trim refuses a log that is younger than the days, unless told otherwise', async (t) => {
  const { trim } = await trimmed(t, { log: uses.slice(1) });
  const young = await trim();
  assert.deepEqual([young.code, young.out], [2, '']);
  assert.match(young.err, /there are 27 days of log: what nobody used in 60 days cannot be told yet/);
  assert.equal((await trim(' --days 20')).code, 1);
  assert.equal((await trim(' --even-if-younger')).code, 1);
  assert.equal((await trim(' --since 2026-11-10 --days 20')).code, 2);
});

test('audit trim says that a log is damaged, and exits 3', async (t) => {
  const { folder: cwd, trim } = await trimmed(t);
  const [first = ''] = filesIn(join(cwd, 'var/audit'));
  chmodSync(first, 0o640);
  writeFileSync(first, readFileSync(first, 'utf8').replace('maria@acme.co', 'maria@acme.com'));
  const changed = await trim();
  assert.equal(changed.code, 3);
  assert.match(changed.err, /^The log is not intact: what is missing in it may be use/m);
  appendFileSync(first, 'garbage\n');
  const { code, err } = await trim();
  assert.equal(code, 3);
  assert.match(err, /left out 1 line of .*unreadable/);
  assert.equal((await trim(' --strict')).code, 2);
});

test('audit trim as JSON is as its schema says', async (t) => {
  const { folder: cwd, trim } = await trimmed(t, { tests: true });
  const schema = JSON.parse(
    readFileSync(new URL('../../../schema/audit-trim-output.schema.json', import.meta.url), 'utf8'),
  );
  const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(schema);
  const narrowed = await trim(' --narrow --format json');
  assert.deepEqual([narrowed.code, narrowed.err], [1, '']);
  const answer = JSON.parse(narrowed.out);
  assert.equal(validate(answer), true, JSON.stringify(validate.errors));
  const glob = answer.edits.find(({ kind }: { readonly kind: string }) => kind === 'glob');
  assert.deepEqual(
    [glob.what, glob.instead],
    ['everyday: github/search_*, narrowed to what was used', ['github/search_code']],
  );
  rmSync(join(cwd, 'policies/access.test.yaml'));
  const all = JSON.parse((await trim(' --format json')).out);
  assert.equal(validate(all), true, JSON.stringify(validate.errors));
  const maria = all.edits.find(({ subjects }: { readonly subjects: readonly string[] }) =>
    subjects[0]?.startsWith('user:'),
  );
  assert.deepEqual(
    { ...maria, line: 0 },
    {
      ...{ kind: 'grant', what: 'the grant of analyst to user:maria@acme.co', file: access, line: 0 },
      ...{ subjects: ['user:maria@acme.co'], people: 1, tools: ['snowflake/list_tables', 'snowflake/run_query'] },
      ...{ moreTools: 0, lastUse: '2026-08-10T12:00:00.000Z', instead: [] },
    },
  );
});

test('audit trim edits files of Windows, in a folder that is in no repository', async (t) => {
  const cwd = folder(t);
  cpSync(acme, cwd, { recursive: true });
  rmSync(join(cwd, 'policies/access.test.yaml'));
  const file = join(cwd, access);
  writeFileSync(file, `\ufeff${readFileSync(file, 'utf8').replaceAll('\n', '\r\n')}`);
  await writeUses(t, join(cwd, 'var/audit'), uses);
  const { code, out, err } = await gatehouse(asked, cwd, { PATH: process.env['PATH'] });
  assert.equal(code, 1, err);
  const removed = out.split('\n').filter((line) => line.startsWith('-') && !line.startsWith('---'));
  assert(removed.length > 10 && removed.every((line) => line.endsWith('\r')), out);
});

test('audit trim leaves a file that no patch of the repository reaches', async (t) => {
  const { folder: cwd, trim } = await trimmed(t);
  const elsewhere = join(folder(t), 'access.yaml');
  renameSync(join(cwd, access), elsewhere);
  symlinkSync(elsewhere, join(cwd, access));
  const { code, out, err } = await trim();
  assert.deepEqual([code, out], [0, '']);
  assert.match(err, /its file lies outside of where the patch is applied/);
});

test('audit trim tells what it cannot work with', async (t) => {
  const { folder: cwd, put, trim } = await trimmed(t);
  for (const [more, message] of [
    [' --days 0', /--days is a whole number from 1 to 9999, not "0"/],
    [' --format csv', /--format is one of patch, json/],
    [' more', /expected no words, found more/],
    [' --dir nowhere', /there is no audit log in .*nowhere/],
    [' --config nothing.yaml --dir var/audit', /there is no nothing\.yaml/],
  ] as const) {
    const { code, out, err } = await trim(more);
    assert.deepEqual([code, out], [2, ''], more);
    assert.match(err, message);
  }
  put(access, `${readFileSync(join(cwd, access), 'utf8')}more: 1\n`);
  const wrong = await trim();
  assert.deepEqual([wrong.code, wrong.out], [2, '']);
  assert.match(wrong.err, /policies\/access\.yaml\n {2}\d+:1 {2}error/);
});

test('audit trim takes names as they are, and leaves a layout that it cannot edit', async (t) => {
  const repository = await trimmed(t);
  const { folder: cwd, git, trim } = repository;
  const file = `policies/"x" ☂ b.yaml`;
  repository.put(
    file,
    `apiVersion: gatehouse/v1
grants:
  # Her: "quoted".
  - { "to": "user:o'brïen\\"<b>@acme.co", 'roles': ['order-watcher'], why: 'it''s: #1, [so]' } # "so"
  - to: user:zoë@acme.co
    roles: [analyst # asks
      , order-watcher # looks
      , everyday]
  - {to: user:ben@acme.co, roles: [everyday]}
`,
  );
  repository.commit();
  const uses = [['2026-11-21', 'zoë@acme.co - notion/search']] as const;
  rmSync(join(cwd, 'var'), { recursive: true });
  await writeUses(t, join(cwd, 'var/audit'), [['2026-08-10', 'ben@acme.co - notion/search'], ...uses]);
  const { code, out, err } = await trim();
  assert.equal(code, 1);
  const told = err.replace(/\s+/g, ' ');
  assert(told.includes(`${file}:5 order-watcher, granted to user:zoë@acme.co its lines hold something else too`), told);
  writeFileSync(join(cwd, 'it.patch'), out);
  git('apply', 'it.patch');
  assert.equal(
    readFileSync(join(cwd, file), 'utf8'),
    `apiVersion: gatehouse/v1
grants:
  - to: user:zoë@acme.co
    roles: [analyst # asks
      , order-watcher # looks
      , everyday]
`,
  );
});
