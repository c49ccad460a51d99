import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { verify } from '../../../src/audit/integrity/verify.ts';
import { AuditUnavailable } from '../../../src/audit/record/event.ts';
import { until } from '../../fixtures/until.ts';
import { call, filesIn, folder, keys, openLog, recordsIn, writeChain } from '../log.ts';
import { auditLimits } from '../settings.ts';
import { createDisk } from './disk.ts';

test('a record resolves after its bytes are written and then synced', async (t) => {
  const dir = folder(t);
  const disk = createDisk();
  const log = await openLog(t, dir, { openFile: disk.openFile });
  disk.steps.length = 0;
  const done = log.record(call('echo')).then(() => disk.steps.push('resolved'));
  await done;
  assert.deepEqual(
    disk.steps.map((step) => step.split(' ')[0]),
    ['write', 'datasync', 'resolved'],
  );
  assert.equal(recordsIn(dir).at(-1)?.['tool'], 'echo');
});

test('a record does not resolve while its sync is under way', async (t) => {
  const disk = createDisk();
  const log = await openLog(t, folder(t), { openFile: disk.openFile });
  const gate = new EventEmitter();
  disk.before = async (step) => {
    if (step === 'datasync') await once(gate, 'open');
    return undefined;
  };
  let resolved = false;
  const done = log.record(call('echo')).then(() => {
    resolved = true;
  });
  await until(() => disk.steps.at(-1)?.startsWith('datasync') === true, 'the sync to begin');
  for (let turns = 0; turns < 50; turns += 1) await turn();
  assert.equal(resolved, false);
  gate.emit('open');
  await done;
});

test('under flush nothing is synced', async (t) => {
  const disk = createDisk();
  const log = await openLog(t, folder(t), { openFile: disk.openFile, settings: { durability: 'flush' } });
  await log.record(call('echo'));
  assert.equal(disk.steps.filter((step) => step.startsWith('datasync')).length, 0);
});

test('records that come while one is synced go out together', async (t) => {
  const dir = folder(t);
  const disk = createDisk();
  const log = await openLog(t, dir, { openFile: disk.openFile });
  await Promise.all(Array.from({ length: 100 }, (_, n) => log.record(call(`tool_${n}`))));
  assert.equal(disk.steps.filter((step) => step.startsWith('datasync')).length, 2);
  assert.deepEqual(
    recordsIn(dir).map((record) => [record['seq'], record['tool']]),
    Array.from({ length: 100 }, (_, n) => [n + 1, `tool_${n}`]),
  );
  assert((await verify([dir])).ok);
});

test('a full queue refuses at once', async (t) => {
  const log = await openLog(t, folder(t), { limits: { ...auditLimits, auditQueueMax: 3 } });
  const results = await Promise.allSettled(Array.from({ length: 6 }, () => log.record(call('echo'))));
  const refused = results.filter((result) => result.status === 'rejected');
  assert.equal(refused.length, 2);
  assert(refused.every(({ reason }) => reason instanceof AuditUnavailable));
});

test('a closed log refuses and says so', async (t) => {
  const log = await openLog(t, folder(t));
  const last = log.record(call('echo'));
  await log.close();
  await last;
  await assert.rejects(log.record(call('echo')), AuditUnavailable);
  assert.deepEqual([log.health().ok, log.health().detail], [false, 'closed']);
});

test('the health names the head that verify finds', async (t) => {
  const dir = folder(t);
  const log = await openLog(t, dir);
  await log.record(call('echo'));
  const { head } = await verify([dir]);
  assert.deepEqual([log.health().ok, log.health().seq, log.health().head], [true, head?.seq, head?.hash]);
});

test('a start records the end of the chain before it, and no other record does', async (t) => {
  const dir = folder(t);
  await writeChain(t, dir, { gatewayName: 'other' });
  await writeChain(t, dir);
  const { head } = await verify([dir]);
  const log = await openLog(t, dir);
  await log.record({ ev: 'gateway.start', detail: { version: '0.2.0' } });
  await log.record({ ev: 'gateway.stop', detail: {} });
  const [start, stop] = recordsIn(dir).filter(
    (record) => String(record['prev']) !== '' && record['writer'] === writerOf(log.health().detail),
  );
  assert.deepEqual(start?.['detail'], {
    version: '0.2.0',
    prev_writer: head?.writer,
    prev_seq: head?.seq,
    prev_head: head?.hash,
    torn_bytes: 0,
    prev_signed: head?.seq,
    key: keys.signing.verifier,
  });
  assert.deepEqual(stop?.['detail'], { signed: 1 });
});

test('a folder that cannot be written refuses the start', async (t) => {
  const dir = join(folder(t), 'taken');
  writeFileSync(dir, '');
  await assert.rejects(openLog(t, dir), AuditUnavailable);
});

test('a file that is there already is never written to', async (t) => {
  const dir = folder(t);
  const log = await openLog(t, dir, { settings: { rotateBytes: 1 } });
  const taken = (filesIn(dir)[0] ?? '').replace('000001', '000002');
  writeFileSync(taken, 'mine');
  await log.record(call('first'));
  await log.record(call('second'));
  assert.equal(readFileSync(taken, 'utf8'), 'mine');
  assert.match(filesIn(dir).at(-1) ?? '', /-000003\.jsonl$/);
});

function writerOf(file: string): string {
  return file.slice(0, -'-000001.jsonl'.length);
}
