import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pino } from 'pino';
import { AnchorFailed, anchor } from '../../../src/audit/integrity/anchor.ts';
import { createAnchors } from '../../../src/audit/integrity/anchors.ts';
import { newestHeads, readKeptHeads } from '../../../src/audit/integrity/heads.ts';
import { verify } from '../../../src/audit/integrity/verify.ts';
import { loadKeys } from '../../../src/audit/keys.ts';
import { startTestGateway } from '../../fixtures/gateway.ts';
import { call, filesIn, folder, openLog, writeChain } from '../log.ts';

const environment = { PATH: process.env['PATH'], HOME: '/nonexistent' };

function git(repository: string, ...args: string[]): string {
  return execFileSync('git', ['-C', repository, ...args], { encoding: 'utf8', env: environment }).trim();
}

function repository(t: TestContext): string {
  const dir = folder(t);
  git(dir, 'init', '--quiet');
  return dir;
}

async function headsOf(
  dir: string,
): Promise<{ note: string; checkpoint: Awaited<ReturnType<typeof newestHeads>>[0] }[]> {
  return (await newestHeads([dir])).map((head) => ({ note: head.note, checkpoint: head }));
}

test('a folder keeps each head in a file of its own, and verify takes the folder', async (t) => {
  const [dir, kept] = [folder(t), folder(t)];
  await writeChain(t, dir);
  for (let times = 0; times < 2; times += 1) await anchor(await headsOf(dir), { place: { dir: kept }, environment });
  const [day = ''] = readdirSync(kept);
  const [name = '', ...more] = readdirSync(join(kept, day));
  assert.match(`${day}/${name}`, /^dt=\d{4}-\d\d-\d\d\/acme-[0-9a-f]{8}-\d{8}T\d{9}Z\.ckpt$/);
  assert.deepEqual(more, []);
  const heads = await readKeptHeads(kept, []);
  assert.equal((await verify([dir], { heads, publicKeys: [] })).ok, true);
  rmSync(filesIn(dir).at(-1) ?? '');
  rmSync(join(dir, '_ckpt'), { recursive: true });
  await writeChain(t, dir);
  const { problems } = await verify([dir], { heads, publicKeys: [] });
  assert.deepEqual(
    problems.map(({ kind }) => kind),
    ['missing-chain'],
  );
});

test('a kept file is never written again', async (t) => {
  const [dir, kept] = [folder(t), folder(t)];
  await writeChain(t, dir);
  await anchor(await headsOf(dir), { place: { dir: kept }, environment });
  const [file = ''] = readdirSync(kept, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ckpt'));
  writeFileSync(join(kept, file), 'as it is');
  await anchor(await headsOf(dir), { place: { dir: kept }, environment });
  assert.equal(readFileSync(join(kept, file), 'utf8'), 'as it is');
});

test('a repository gets one commit for what is new, of these files alone', async (t) => {
  const [dir, kept] = [folder(t), repository(t)];
  writeFileSync(join(kept, 'other'), 'not ours');
  await writeChain(t, dir);
  for (let times = 0; times < 2; times += 1) await anchor(await headsOf(dir), { place: { git: kept }, environment });
  assert.match(git(kept, 'log', '--format=%an %s'), /^Gatehouse Audit heads: acme-[0-9a-f]{8} 11$/);
  assert.match(git(kept, 'ls-files'), /^dt=\S+\.ckpt$/);
  git(kept, 'config', 'user.name', 'Ana');
  git(kept, 'config', 'user.email', 'ana@acme.co');
  await writeChain(t, dir);
  await anchor(await headsOf(dir), { place: { git: kept }, environment });
  assert.equal(git(kept, 'log', '-1', '--format=%an %ae'), 'Ana ana@acme.co');
  assert.equal((await readKeptHeads(kept, [])).length, 2);
});

test('hooks of the repository are not run', async (t) => {
  const [dir, kept] = [folder(t), repository(t)];
  await writeChain(t, dir);
  writeFileSync(join(kept, '.git/hooks/pre-commit'), '#!/bin/sh\ntouch ran\n', { mode: 0o755 });
  await anchor(await headsOf(dir), { place: { git: kept }, environment });
  assert(!existsSync(join(kept, 'ran')));
});

test('what one commit left behind, the next takes along', async (t) => {
  const [dir, kept] = [folder(t), repository(t)];
  await writeChain(t, dir);
  writeFileSync(join(kept, '.git/index.lock'), '');
  await assert.rejects(anchor(await headsOf(dir), { place: { git: kept }, environment }), /index\.lock.*exists/);
  rmSync(join(kept, '.git/index.lock'));
  await anchor(await headsOf(dir), { place: { git: kept }, environment });
  assert.match(git(kept, 'ls-files'), /^dt=\S+\.ckpt$/);
});

test('an anchor that is missing is told, not made', async (t) => {
  const dir = folder(t);
  await writeChain(t, dir);
  const heads = await headsOf(dir);
  for (const place of [{ dir: join(dir, 'gone') }, { git: join(dir, 'gone') }, { dir: filesIn(dir)[0] ?? '' }]) {
    await assert.rejects(anchor(heads, { place, environment }), AnchorFailed);
  }
  assert(!existsSync(join(dir, 'gone')));
  await assert.rejects(anchor(heads, { place: { git: folder(t) }, environment }), /not a git repository/);
});

test('checkpoints are carried to each anchor, and one that fails hinders no other', async (t) => {
  const [dir, kept] = [folder(t), folder(t)];
  const gone = join(dir, 'gone');
  const anchors = createAnchors({
    ...{ environment, now: () => new Date(), log: pino({ level: 'silent' }) },
    places: [{ dir: gone }, { dir: kept }],
  });
  const log = await openLog(t, dir, { onSigned: anchors.offer });
  for (let n = 0; n < 5; n += 1) await log.record(call('x'));
  await log.close();
  mkdirSync(gone);
  await anchors.close();
  for (const place of [gone, kept]) {
    assert.deepEqual((await readKeptHeads(place, [])).map(({ seq }) => seq).at(-1), 5);
  }
});

test('a gateway signs with its own key and keeps its heads where its configuration says', async (t) => {
  const gateway = await startTestGateway({
    servers: ' {}',
    policies: 'grants: []',
    settings: 'audit: { anchor: [{ dir: . }] }',
  });
  t.after(() => rmSync(gateway.dir, { recursive: true, force: true }));
  const keys = await loadKeys(join(gateway.dir, 'var/keys'));
  await gateway.gateway.close('done');
  const publicKeys = [keys.signing];
  const heads = await readKeptHeads(gateway.dir, publicKeys);
  const found = await verify([join(gateway.dir, 'var/audit')], { heads, publicKeys });
  assert.deepEqual([found.problems, found.signed], [[], found.records]);
  assert.equal(heads.at(-1)?.seq, found.records);
});
