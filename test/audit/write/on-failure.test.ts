import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verify } from '../../../src/audit/integrity/verify.ts';
import { until } from '../../fixtures/until.ts';
import { call, detailOf, filesIn, folder, openLog, recordsIn } from '../log.ts';
import { auditLimits } from '../settings.ts';
import { breakDisk, createDisk, diskError } from './disk.ts';

test('one failed sync refuses nobody: the batch is written again, into a new file', async (t) => {
  const dir = folder(t);
  const disk = createDisk();
  const log = await openLog(t, dir, { openFile: disk.openFile });
  await log.record(call('before'));
  let failed = false;
  disk.before = (step) => {
    if (step !== 'datasync' || failed) return undefined;
    failed = true;
    throw diskError('EIO');
  };
  const seqs = await Promise.all([log.record(call('a')), log.record(call('b'))]);
  assert.deepEqual(seqs, [3, 4]);
  assert.equal(filesIn(dir).length, 2);
  const records = recordsIn(dir);
  assert.deepEqual(
    records.map(({ ev, tool }) => tool ?? ev),
    ['before', 'audit.recover', 'a', 'b'],
  );
  assert.equal(detailOf(records, 'audit.recover')['refused'], 0);
  assert.deepEqual((await verify([dir])).problems, []);
  // The handle that failed is never synced again.
  const [first] = filesIn(dir).map((path) => path.split('/').at(-1));
  const steps = disk.steps.slice(disk.steps.lastIndexOf(`datasync ${first}`));
  assert(steps.includes(`close ${first}`) && !steps.includes(`write ${first}`), steps.join());
});

test('with on_failure allow nothing is refused, and what is lost is counted and told', async (t) => {
  const dir = folder(t);
  const disk = createDisk();
  const log = await openLog(t, dir, { openFile: disk.openFile, settings: { onFailure: 'allow' } });
  await log.record(call('before'));
  const { mend } = breakDisk(disk, 'EIO', ['write']);
  for (let n = 0; n < 3; n += 1) assert.equal(await log.record(call('lost')), null);
  const { ok, accepting, lost } = log.health();
  assert.deepEqual([ok, accepting, lost], [false, 'everything', 3]);
  mend();
  await until(() => log.health().ok, 'the log to be whole again');
  assert.equal(typeof (await log.record(call('after'))), 'number');
  const { since, ...detail } = detailOf(recordsIn(dir), 'audit.gap');
  assert.deepEqual(detail, { lost: 3, reason: 'Error: EIO: injected' });
  assert.deepEqual((await verify([dir])).problems, []);
});

test('with on_failure allow a full queue loses records, and says so', async (t) => {
  const dir = folder(t);
  const log = await openLog(t, dir, {
    settings: { onFailure: 'allow' },
    limits: { ...auditLimits, auditQueueMax: 3 },
  });
  const seqs = await Promise.all(Array.from({ length: 6 }, () => log.record(call('echo'))));
  const lost = seqs.filter((seq) => seq === null).length;
  assert.equal(lost, 2);
  await until(() => recordsIn(dir).some(({ ev }) => ev === 'audit.gap'), 'the gap');
  assert.deepEqual(detailOf(recordsIn(dir), 'audit.gap'), { lost, reason: 'the audit queue was full' });
});

test('the outcome of an attempt is recorded late rather than never', async (t) => {
  const dir = folder(t);
  const disk = createDisk();
  const log = await openLog(t, dir, { openFile: disk.openFile });
  const of = await log.record({ ...call('drop'), ev: 'tool.attempt' });
  const { mend } = breakDisk(disk, 'EIO', ['write']);
  await assert.rejects(log.record(call('drop', { of: of ?? 0 })));
  await assert.rejects(log.record(call('look')));
  mend();
  await until(() => log.health().ok, 'the log to be whole again');
  const records = recordsIn(dir);
  const [, , outcome, ...rest] = records;
  assert.deepEqual([outcome?.['tool'], outcome?.['of'], rest], ['drop', of, []]);
  assert.equal(detailOf(records, 'audit.recover')['refused'], 1);
});
