import assert from 'node:assert/strict';
import { mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makeLog } from '../../../bench/audit-log.ts';
import { listLogFiles } from '../../../src/audit/files/log-files.ts';
import { AuditUnavailable } from '../../../src/audit/record/event.ts';
import { gatehouse } from '../../cli/console.ts';
import { filesIn, folder, openLog } from '../log.ts';

const COMMANDS = [
  ...['query SELECT', 'report overview', 'verify', 'prove gw0-00000000:1', 'why gw0-00000000:1'],
  ...['export --as ecs', 'evidence --from 2026-11-01 --to 2026-11-30 --out pack.zip'],
  ...['seal', 'archive', 'retention --days 400'],
];

/** A log of two days, the second of which was put elsewhere, with a link in its place. */
function linked(t: TestContext, what: 'folder' | 'file'): { readonly dir: string; readonly link: string } {
  const dir = folder(t);
  makeLog(dir, { records: 20, days: 2, writers: 1, seed: 1 });
  const [, file = ''] = filesIn(dir);
  const link = what === 'folder' ? dirname(file) : file;
  const elsewhere = join(folder(t), basename(link));
  renameSync(link, elsewhere);
  symlinkSync(elsewhere, link);
  return { dir, link };
}

for (const what of ['folder', 'file'] as const) {
  for (const command of COMMANDS) {
    test(`${command}: a ${what} that is a link out of the log is not read, and said`, async (t) => {
      const { dir, link } = linked(t, what);
      const said = await gatehouse(`audit ${command} --dir ${dir}`, dir);
      assert.match(said.err, new RegExp(`${link} is a link out of the log's folder`), said.out);
      assert.equal(said.code, 2);
    });
  }
}

test('a gateway does not begin a log whose past it may not read', async (t) => {
  const { dir } = linked(t, 'folder');
  await assert.rejects(
    openLog(t, dir),
    (error) => error instanceof AuditUnavailable && /link out/.test(String(error.cause ?? error)),
  );
});

test('a link that leads nowhere is told in the same words', async (t) => {
  const { dir, link } = linked(t, 'file');
  rmSync(readlinkSync(link));
  await assert.rejects(listLogFiles([dir]), /is a link out of the log's folder/);
});

test('the folder of the log itself may be a link, and a link within it is followed', async (t) => {
  const dir = folder(t);
  makeLog(dir, { records: 20, days: 2, writers: 1, seed: 1 });
  const [, file = ''] = filesIn(dir);
  mkdirSync(join(dir, 'cold'));
  renameSync(dirname(file), join(dir, 'cold', 'day'));
  symlinkSync(join(dir, 'cold', 'day'), dirname(file));
  const link = join(folder(t), 'log');
  symlinkSync(dir, link);
  assert.deepEqual(
    (await listLogFiles([link])).map(({ name }) => name),
    filesIn(dir).map((path) => basename(path)),
  );
});
