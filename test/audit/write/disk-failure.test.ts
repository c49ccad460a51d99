import assert from 'node:assert/strict';
import { appendFileSync, chmodSync } from 'node:fs';
import { basename } from 'node:path';
import { type TestContext, test } from 'node:test';
import { verify } from '../../../src/audit/integrity/verify.ts';
import { type AuditLog, AuditUnavailable } from '../../../src/audit/record/event.ts';
import { until } from '../../fixtures/until.ts';
import { call, filesIn, folder, openLog, recordsIn } from '../log.ts';
import { breakDisk, createDisk, type Disk, diskError, type Step } from './disk.ts';

interface Setup {
  readonly dir: string;
  readonly disk: Disk;
  readonly log: AuditLog;
  /** Tools whose records were acknowledged. */
  readonly kept: string[];
}

async function setup(t: TestContext): Promise<Setup> {
  const dir = folder(t);
  const disk = createDisk();
  const log = await openLog(t, dir, { openFile: disk.openFile });
  const made: Setup = { dir, disk, log, kept: [] };
  await log.record({ ev: 'gateway.start' });
  await keep(made, 'before');
  return made;
}

async function keep({ log, kept }: Setup, tool: string): Promise<void> {
  await log.record(call(tool));
  kept.push(tool);
}

/** Everything acknowledged is there, nothing refused is, and the chain holds. */
async function assertWhole({ dir, kept }: Setup): Promise<void> {
  const { problems } = await verify([dir]);
  assert.deepEqual(problems, []);
  const tools = recordsIn(dir).flatMap((record) => record['tool'] ?? []);
  assert.deepEqual(tools, kept);
}

test('a disk that fills within a line: the batch is refused, the half line cut off, the next record kept', async (t) => {
  const made = await setup(t);
  let took = false;
  made.disk.before = (step) => {
    if (step !== 'write') return undefined;
    if (took) throw diskError('ENOSPC');
    took = true;
    return 100;
  };
  const refused = await Promise.allSettled([made.log.record(call('lost_1')), made.log.record(call('lost_2'))]);
  assert(refused.every((result) => result.status === 'rejected' && result.reason instanceof AuditUnavailable));
  assert.equal(made.log.health().ok, false);
  assert.match(made.log.health().detail, /ENOSPC/);
  made.disk.before = () => undefined;
  await keep(made, 'after');
  await until(() => made.log.health().ok, 'the reserve to be made again');
  await assertWhole(made);
  assert.deepEqual((await verify([made.dir])).notes, []);
});

test('short writes without an error are continued', async (t) => {
  const made = await setup(t);
  made.disk.before = (step) => (step === 'write' ? 7 : undefined);
  await keep(made, 'slowly');
  await assertWhole(made);
});

for (const steps of [['datasync'], ['write'], ['datasync', 'truncate'], ['open', 'write', 'truncate']] as Step[][]) {
  test(`${steps.join(', ')} failing: refused while it lasts, whole afterwards, on another file`, async (t) => {
    const made = await setup(t);
    const { mend } = breakDisk(made.disk, 'EIO', steps);
    for (const tool of ['lost_1', 'lost_2', 'lost_3'])
      await assert.rejects(made.log.record(call(tool)), AuditUnavailable);
    mend();
    await keep(made, 'after');
    const recover = recordsIn(made.dir).find((record) => record['ev'] === 'audit.recover');
    const [first = ''] = filesIn(made.dir);
    assert.equal(filesIn(made.dir).length, 2);
    const detail = recover?.['detail'] as Record<string, unknown>;
    assert.deepEqual([detail['file'], detail['refused']], [basename(first), 3]);
    const { problems } = await verify([made.dir]);
    assert.deepEqual(problems, []);
  });
}

test('a line that was refused but could not be cut off is not part of the chain', async (t) => {
  const made = await setup(t);
  const { mend } = breakDisk(made.disk, 'EIO', ['datasync', 'truncate']);
  await assert.rejects(made.log.record(call('refused')), AuditUnavailable);
  mend();
  await keep(made, 'after');
  const { problems, notes, records } = await verify([made.dir]);
  assert.deepEqual([problems, records], [[], 4]);
  assert.match(notes.join(), /was refused to its callers/);
});

test('it recovers by itself when nobody calls', async (t) => {
  const made = await setup(t);
  const { mend } = breakDisk(made.disk, 'ENOSPC', ['write']);
  await assert.rejects(made.log.record(call('lost')), AuditUnavailable);
  mend();
  await until(() => made.log.health().ok, 'the log to be whole again');
  await keep(made, 'after');
  await assertWhole(made);
});

test('a folder that cannot be synced refuses the records of its file', async (t) => {
  const dir = folder(t);
  const disk = createDisk();
  disk.before = (step) => {
    if (step === 'sync') throw diskError('EIO');
    return undefined;
  };
  await assert.rejects(openLog(t, dir, { openFile: disk.openFile }), AuditUnavailable);
  assert.deepEqual(filesIn(dir), []);
});

test('the next start counts what a broken end holds', async (t) => {
  const made = await setup(t);
  await made.log.close();
  const [file = ''] = filesIn(made.dir);
  chmodSync(file, 0o640);
  appendFileSync(file, '\0\0\0\n{"v":1,"seq":3,"ts":"2026');
  const next = await openLog(t, made.dir);
  await next.record({ ev: 'gateway.start' });
  const { problems, notes } = await verify([made.dir]);
  assert.deepEqual(problems, []);
  assert.match(notes.join(), /29 bytes after record 2 are never acknowledged/);
});
