import assert from 'node:assert/strict';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { detailOf, filesIn } from '../../audit/log.ts';
import { temporaryFolder } from '../../config/tree.ts';
import { until } from '../../fixtures/until.ts';
import { gatehouse, type Said } from '../console.ts';
import { type RecordedGateway, startRecorded } from '../recorded-gateway.ts';

const policy = (tools: string) => `roles: { reader: { description: Reads, allow: [{ read: ${tools} }] } }
grants: [{ to: "user:ana@acme.co", roles: [reader] }]
`;

type ChangeRow = Readonly<Record<string, unknown>>;

function report({ folder, log }: RecordedGateway, more = ''): Promise<Said> {
  const words = `audit report changes --dir ${log} --format json${more}`;
  return gatehouse(words, folder, { PATH: process.env['PATH'] });
}

async function changes(gateway: RecordedGateway, more = ''): Promise<readonly ChangeRow[]> {
  const { code, out, err } = await report(gateway, more);
  assert.equal(code, 0, err);
  return JSON.parse(out).rows;
}

function pick(row: ChangeRow | undefined, ...names: readonly string[]): readonly unknown[] {
  return names.map((name) => row?.[name]);
}

/** What Bo wrote on a branch is merged by Ana, as a forge words it; resolves to the merge when it is in force. */
async function mergeFromBo(t: TestContext, gateway: RecordedGateway): Promise<string> {
  const { git, folder } = gateway;
  const branch = join(await temporaryFolder(t), 'branch');
  git('worktree', 'add', '-q', '-b', 'bo', branch);
  const file = join(branch, 'policies/access.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace('db/get', 'db/*'));
  git('-C', branch, 'commit', '-q', '-a', '--author=Bo <bo@acme.co>', '-m', 'Let Ana put\n\nAcked-by: Cy <cy@acme.co>');
  git('-C', folder, 'merge', '-q', '--no-ff', '-m', 'Merge pull request #12 from acme/bo', 'bo');
  const merge = git('rev-parse', 'HEAD');
  await until(async () => (await gateway.records()).some((one) => one['git'] === merge), 'the merge');
  return merge;
}

test('each change is told with its authors, who approved and merged it, and whether it was one person alone', async (t) => {
  const gateway = await startRecorded(t, policy('db/put'));
  const begun = gateway.git('rev-parse', 'HEAD');
  const pushed = await gateway.enact(policy('db/get'));
  const merge = await mergeFromBo(t, gateway);
  await gateway.sneak(policy('db/sneaked'));
  const [sneaked, merged, direct, start, ...none] = await changes(gateway);
  assert.deepEqual(none, []);
  const people = ['what', 'commit_id', 'authors', 'approved_by', 'merged_by', 'second_person', 'request'];
  assert.deepEqual(pick(start, 'what', 'commit_id', 'told_by'), ['first start', begun, 'repository']);
  assert.deepEqual(pick(direct, ...people), ['changed', pushed, ['Ana <ana@acme.co>'], [], null, false, null]);
  assert.deepEqual(pick(direct, 'signature', 'as_committed'), ['none', true]);
  const [bo, ana, cy] = ['Bo <bo@acme.co>', 'Ana <ana@acme.co>', 'Cy <cy@acme.co>'];
  assert.deepEqual(pick(merged, ...people), ['changed', merge, [bo], [cy], ana, true, '12']);
  const edited = ['edited', merge, null, null, false];
  assert.deepEqual(pick(sneaked, 'what', 'commit_id', 'authors', 'second_person', 'as_committed'), edited);
});

test('approvals that the forge knows are taken from a file', async (t) => {
  const gateway = await startRecorded(t, policy('db/get'));
  const merge = await mergeFromBo(t, gateway);
  writeFileSync(join(gateway.folder, 'approvals.csv'), 'request,approver\n12,dora\n12,dora\n13,eve\n');
  const merged = (await changes(gateway, ' --file approvals.csv')).find((row) => row['commit_id'] === merge);
  assert.deepEqual(pick(merged, 'approved_by', 'second_person'), [['Cy <cy@acme.co>', 'dora'], true]);
});

test('who wrote a change does not approve it, by whichever of their names a forge calls them', async (t) => {
  const gateway = await startRecorded(t, policy('db/get'));
  gateway.write(policy('db/put'));
  // Ana is who commits otherwise: nobody but Bo is to be found in this commit.
  const [name, mail] = ['Bo Li', '7+boli@users.noreply.github.com'];
  const who = ['AUTHOR', 'COMMITTER'].map((as) => `GIT_${as}_NAME='${name}' GIT_${as}_EMAIL=${mail}`).join(' ');
  gateway.git('-c', `alias.by-bo=!${who} git commit -qam 'More (#14)'`, 'by-bo');
  const commit = gateway.git('rev-parse', 'HEAD');
  await until(async () => (await gateway.records()).some((one) => one['git'] === commit), 'the change');
  const second = async (...approvers: readonly string[]) => {
    writeFileSync(
      join(gateway.folder, 'approvals.csv'),
      `request,approver\n${approvers.map((approver) => `14,${approver}\n`).join('')}`,
    );
    const row = (await changes(gateway, ' --file approvals.csv')).find((one) => one['commit_id'] === commit);
    assert.deepEqual(pick(row, 'authors', 'request'), [[`${name} <${mail}>`], '14']);
    return row?.['second_person'];
  };
  const own = ['BoLi', 'bo li', '@boli', mail.toUpperCase(), `Li Bo <${mail}>`, ' '];
  for (const one of own) assert.equal(await second(one), false, one);
  assert.equal(await second(...own, 'dora'), true);
  assert.equal(await second('boli@acme.co'), true);
});

test('without the repository it is told as the gateway recorded it, with an earlier commit as one put back', async (t) => {
  const gateway = await startRecorded(t, policy('db/get'));
  const first = gateway.git('rev-parse', 'HEAD');
  const merge = await mergeFromBo(t, gateway);
  gateway.git('reset', '-q', '--hard', first);
  const isBack = async () => (await gateway.records()).filter(({ ev }) => ev === 'config.reload').length === 2;
  await until(isBack, 'the way back');
  assert.equal(detailOf(await gateway.records(), 'gateway.start')['commits_left_out'], undefined);
  rmSync(join(gateway.folder, '.git'), { recursive: true });
  const [back, merged] = await changes(gateway);
  assert.deepEqual(pick(back, 'what', 'commit_id', 'told_by', 'as_committed'), ['put back', first, 'log', null]);
  const people = ['commit_id', 'authors', 'merged_by', 'request', 'told_by'];
  assert.deepEqual(pick(merged, ...people), [merge, ['Bo <bo@acme.co>'], 'Ana <ana@acme.co>', '12', 'log']);
});

test('a change shortly before the end is on record before the end is, however long git takes', async (t) => {
  const bin = await temporaryFolder(t);
  const path = process.env['PATH'] ?? '';
  writeFileSync(join(bin, 'git'), `#!/bin/sh\nsleep 0.3\nPATH='${path}' exec git "$@"\n`, { mode: 0o755 });
  const gateway = await startRecorded(t, policy('db/get'), { environment: { PATH: `${bin}:${path}` } });
  gateway.write(policy('db/*'));
  gateway.commit();
  await until(async () => (await gateway.tools()).length === 2, 'the change');
  await gateway.close();
  assert.deepEqual((await gateway.records()).map(({ ev }) => ev).slice(-2), ['config.reload', 'gateway.stop']);
});

test('what a record says of commits is taken as far as it is that', async (t) => {
  const gateway = await startRecorded(t, policy('db/get'));
  rmSync(join(gateway.folder, '.git'), { recursive: true });
  const [file = ''] = filesIn(gateway.log);
  const [before = '', after = ''] = readFileSync(file, 'utf8').split(/"commits":\[.*?\](?=\},"prev")/);
  assert(after.length > 0);
  chmodSync(file, 0o640);
  for (const forged of ['"x"', '[null,7,{"commit":1,"at":"never","authors":["ok",2],"signature":"splendid"}]']) {
    writeFileSync(file, `${before}"commits":${forged}${after}`);
    const { code, out } = await report(gateway);
    assert.equal(code, 1, 'the log is not intact');
    assert(JSON.parse(out).rows.length > 0);
  }
});
