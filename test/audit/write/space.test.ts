import assert from 'node:assert/strict';
import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pino } from 'pino';
import { verify } from '../../../src/audit/integrity/verify.ts';
import { createSpace, type Space } from '../../../src/audit/write/space.ts';
import { until } from '../../fixtures/until.ts';
import { call, filesIn, folder, openLog, recordsIn, writeChain } from '../log.ts';
import { auditLimits } from '../settings.ts';
import { createDisk, type Disk, diskError } from './disk.ts';

const { auditReserveBytes: reserve, auditSpaceLowBytes: low, auditSpaceScarceBytes: scarce } = auditLimits;

interface Room {
  free: number;
  blocks: number;
}

function statFsOf(room: Room): () => Promise<{ bsize: number; blocks: number; bavail: number }> {
  return async () => ({ bsize: 1, blocks: room.blocks, bavail: room.free });
}

function spaceIn(dir: string, room: Room): Space {
  return createSpace({
    ...{ dir, gatewayName: 'acme', limits: auditLimits, log: pino({ level: 'silent' }) },
    statFs: statFsOf(room),
  });
}

test('the level follows the free bytes, and a tenth of the disk is low too', async (t) => {
  const room = { free: 0, blocks: 10 * low };
  const space = spaceIn(folder(t), room);
  for (const [free, level] of [
    [10 * low, 'ample'],
    [low, 'ample'],
    [low - 1, 'low'],
    [scarce, 'low'],
    [scarce - 1, 'scarce'],
    [0, 'scarce'],
    [10 * low, 'ample'],
  ] as const) {
    room.free = free;
    await space.look();
    assert.deepEqual([space.level(), space.freeBytes()], [level, free]);
  }
  room.blocks = 200 * low;
  await space.look();
  assert.equal(space.level(), 'low');
});

test('the reserve takes its bytes on the disk, and is made again when there is room for two', async (t) => {
  const dir = folder(t);
  const room = { free: 10 * low, blocks: 10 * low };
  const space = spaceIn(dir, room);
  await space.look();
  const file = statSync(join(dir, '_reserve-acme'));
  assert.equal(file.size, reserve);
  assert(file.blocks * 512 >= reserve);
  assert.equal(await space.release(), true);
  assert.equal(await space.release(), false);
  assert.deepEqual([space.level(), existsSync(join(dir, '_reserve-acme'))], ['full', false]);
  room.free = 2 * reserve - 1;
  await space.look();
  assert.equal(space.level(), 'full');
  room.free = 2 * reserve;
  await space.look();
  assert.deepEqual([space.level(), existsSync(join(dir, '_reserve-acme'))], ['scarce', true]);
});

/** A disk of `room.free` bytes for log files, and of those of the reserve when that has been given back. */
function limited(disk: Disk, room: Room, reserved: string): void {
  disk.before = (step, name) => {
    if (step !== 'write' || !name.endsWith('.jsonl')) return undefined;
    if (room.free === 0 && existsSync(reserved)) throw diskError('ENOSPC');
    return undefined;
  };
}

async function fill(t: TestContext): Promise<{ dir: string; room: Room; log: Awaited<ReturnType<typeof openLog>> }> {
  const dir = folder(t);
  const disk = createDisk();
  const room = { free: 10 * low, blocks: 10 * low };
  const log = await openLog(t, dir, { openFile: disk.openFile, statFs: statFsOf(room) });
  await log.record({ ev: 'gateway.start' });
  limited(disk, room, join(dir, '_reserve-acme'));
  return { dir, room, log };
}

test('on a full disk what was begun is still recorded, nothing new may be, and room ends it', async (t) => {
  const { dir, room, log } = await fill(t);
  room.free = 0;
  const begun = performance.now();
  await log.record(call('begun'));
  const { accepting, space } = log.health();
  assert.deepEqual([accepting, space, performance.now() - begun < 1000], ['nothing', 'full', true]);
  const freed = performance.now();
  room.free = 10 * low;
  await until(() => log.health().accepting === 'everything', 'calls to be accepted');
  assert(performance.now() - freed < 5000);
  assert.equal(existsSync(join(dir, '_reserve-acme')), true);
  const events = recordsIn(dir).map(({ ev, tool }) => tool ?? ev);
  assert.deepEqual(
    events.filter((word) => word === 'audit.full' || word === 'begun'),
    ['audit.full', 'begun'],
  );
  assert.deepEqual((await verify([dir])).problems, []);
});

test('while room is scarce only reads may be begun, and that ends by itself', async (t) => {
  const { room, log } = await fill(t);
  room.free = scarce - 1;
  await until(() => log.health().accepting === 'reads', 'the level to be seen');
  assert.equal(log.health().ok, true);
  await log.record(call('still kept'));
  room.free = 10 * low;
  await until(() => log.health().accepting === 'everything', 'room to be seen');
});

test('a start on a disk that fills at its first record is still found by verify', async (t) => {
  const dir = folder(t);
  await writeChain(t, dir);
  const [first = ''] = filesIn(dir);
  const disk = createDisk();
  const room = { free: 10 * low, blocks: 10 * low };
  const log = await openLog(t, dir, { openFile: disk.openFile, statFs: statFsOf(room) });
  room.free = 0;
  limited(disk, room, join(dir, '_reserve-acme'));
  await log.record({ ev: 'gateway.start' });
  rmSync(first);
  assert.deepEqual(
    recordsIn(dir).map(({ ev }) => ev),
    ['audit.recover', 'audit.full', 'gateway.start'],
  );
  const [file] = filesIn(dir);
  const { problems } = await verify([dir]);
  const byStart = problems.filter((problem) => problem.file === file && problem.line === 3);
  assert.equal(byStart.length, 1, JSON.stringify(problems));
});
