import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { lockCursor } from '../../../src/audit/export/cursor-lock.ts';
import { gatehouse } from '../../cli/console.ts';
import { folder, writeChain } from '../log.ts';
import { startExport } from './follower.ts';

const locksIn = (dir: string): readonly string[] => readdirSync(dir).filter((name) => name.startsWith('c.lock-'));

/** What a lock says, with changes, as if another process held it. */
async function leaveLock(t: TestContext, changes: object): Promise<{ readonly path: string; readonly lock: string }> {
  const dir = folder(t);
  const path = join(dir, 'c');
  await lockCursor(path);
  const lock = join(dir, locksIn(dir)[0] ?? '');
  writeFileSync(lock, JSON.stringify({ ...JSON.parse(readFileSync(lock, 'utf8')), ...changes }));
  return { path, lock };
}

test('a second export with one cursor is refused, and told who holds it and what to do', async (t) => {
  const [dir, home] = [folder(t), folder(t)];
  await writeChain(t, dir);
  const first = startExport(t, `--follow --dir ${dir} --cursor ${join(home, 'c')}`);
  await first.has(11);
  const args = `audit export --as ecs --dir ${dir} --cursor c`;
  const second = await gatehouse(args, home);
  assert.deepEqual([second.code, second.out], [2, '']);
  assert.match(second.err, new RegExp(`c is in use by process ${first.child.pid}: end that export first, or name`));
  assert.equal((await gatehouse(`audit export --as ecs --dir ${dir} --cursor other`, home)).code, 0);
  first.child.kill('SIGTERM');
  assert.equal(await first.ended(), 0);
  assert.deepEqual(locksIn(home), []);
  assert.equal((await gatehouse(args, home)).code, 0);
});

test('what a killed export left does not stand in the way, and is cleared away', async (t) => {
  const [dir, home] = [folder(t), folder(t)];
  await writeChain(t, dir);
  const first = startExport(t, `--follow --dir ${dir} --cursor ${join(home, 'c')}`);
  await first.has(11);
  first.child.kill('SIGKILL');
  await first.ended();
  assert.equal(locksIn(home).length, 1);
  const { code, err } = await gatehouse(`audit export --as ecs --dir ${dir} --cursor c`, home);
  assert.deepEqual([code, err, locksIn(home)], [0, '', []]);
});

test('a cursor that is refused is left without a lock', async (t) => {
  const dir = folder(t);
  await writeChain(t, dir);
  writeFileSync(join(dir, 'c'), 'no cursor');
  assert.equal((await gatehouse(`audit export --as ecs --dir ${dir} --cursor c`, dir)).code, 2);
  assert.deepEqual(locksIn(dir), []);
});

test('a process that got the number of one that ended holds nothing', {
  skip: process.platform !== 'linux',
}, async (t) => {
  const { path } = await leaveLock(t, { start: '1' });
  await (await lockCursor(path)).release();
});

test('a process elsewhere holds a cursor as long as it is heard of', async (t) => {
  const { path, lock } = await leaveLock(t, { host: `not-${hostname()}`, pid: 7 });
  await assert.rejects(lockCursor(path), /in use by process 7 on not-.*: end that export first, or name another/);
  assert.deepEqual(locksIn(join(path, '..')).length, 1);
  const longAgo = Date.now() / 1000 - 120;
  utimesSync(lock, longAgo, longAgo);
  await (await lockCursor(path)).release();
});

test('a lock that is only just being laid down counts, and one that was never finished does not', async (t) => {
  const { path, lock } = await leaveLock(t, {});
  writeFileSync(lock, '{"pid":');
  await assert.rejects(lockCursor(path), /in use by process 0 on an unknown host/);
  const longAgo = Date.now() / 1000 - 120;
  utimesSync(lock, longAgo, longAgo);
  await (await lockCursor(path)).release();
});

test('of two that begin at once never both go on', async (t) => {
  const path = join(folder(t), 'c');
  const both = await Promise.allSettled([lockCursor(path), lockCursor(path)]);
  assert(both.filter(({ status }) => status === 'fulfilled').length <= 1);
});

test('who was taken for gone and comes back does not go on', async (t) => {
  const dir = folder(t);
  const held = await lockCursor(join(dir, 'c'));
  await held.renew();
  rmSync(join(dir, locksIn(dir)[0] ?? ''));
  await assert.rejects(held.renew(), /another export went on with .*c while this one stood still/);
});
