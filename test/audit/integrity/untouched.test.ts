import assert from 'node:assert/strict';
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Trust } from '../../../src/audit/integrity/trust.ts';
import { verify } from '../../../src/audit/integrity/verify.ts';
import type { AuditLog } from '../../../src/audit/record/event.ts';
import { call, folder, keys, openLog } from '../log.ts';
import { createDisk, diskError, type Step } from '../write/disk.ts';
import { random } from './tampering.ts';

const seed = Number(process.env['TAMPER_SEED'] ?? Date.now() % 1_000_000);
const trust: Trust = { heads: [], publicKeys: [keys.signing] };
const STEPS: readonly Step[] = ['write', 'datasync', 'truncate', 'chmod', 'sync'];

/** Keeps recording while `look` runs, and stops however that ends. What the log refuses is nobody's loss. */
async function whileRecording(log: AuditLog, look: () => Promise<void>): Promise<void> {
  let done = false;
  const lanes = Array.from({ length: 4 }, async () => {
    for (let n = 0; !done; n += 1) await log.record(call(`tool_${n}`)).catch(() => undefined);
  });
  await look().finally(() => {
    done = true;
  });
  await Promise.all(lanes);
}

async function assertWhole(dir: string, when: string): Promise<void> {
  const { problems, signed, records } = await verify([dir], trust);
  assert.deepEqual(problems, [], when);
  assert(signed <= records);
}

test('a log that is being written is never accused, however it is caught', async (t) => {
  const dir = folder(t);
  for (let start = 0; start < 3; start += 1) {
    const log = await openLog(t, dir, { settings: { rotateBytes: 4000, durability: 'flush' } });
    await log.record({ ev: 'gateway.start' });
    await whileRecording(log, async () => {
      for (let times = 0; times < 15; times += 1) await assertWhole(dir, `start ${start}, look ${times}`);
    });
    await log.record({ ev: 'gateway.stop' });
    await log.close();
  }
  const { problems, signed, records } = await verify([dir], trust);
  assert.deepEqual([problems, signed], [[], records]);
});

test(`a log whose disk failed now and then is never accused (seed ${seed})`, async (t) => {
  const pick = random(seed);
  const dir = folder(t);
  for (let round = 0; round < 12; round += 1) {
    await writeOnBadDisk(t, dir, pick);
    await assertWhole(dir, `round ${round}`);
  }
});

/** Fails random steps on the log's files, mends, and ends well or not at all. */
async function writeOnBadDisk(t: TestContext, dir: string, pick: (below: number) => number): Promise<void> {
  const disk = createDisk();
  const log = await openLog(t, dir, { openFile: disk.openFile, settings: { rotateBytes: 3000 } });
  await log.record({ ev: 'gateway.start' });
  disk.before = (step, name) => {
    if (!name.endsWith('.jsonl') || pick(6) > 0) return undefined;
    if (step === 'write') return pick(300);
    if (STEPS.includes(step)) throw diskError('EIO');
    return undefined;
  };
  for (let n = 0; n < 30; n += 1) await log.record(call(`tool_${n}`)).catch(() => undefined);
  disk.before = () => undefined;
  await log.record(call('mended'));
  await log.close();
}

test('a copy of a log in use, its checkpoints first, is never accused', async (t) => {
  const dir = folder(t);
  const log = await openLog(t, dir, { settings: { rotateBytes: 4000, durability: 'flush' } });
  await log.record({ ev: 'gateway.start' });
  await whileRecording(log, async () => {
    for (let times = 0; times < 30; times += 1) {
      const copy = folder(t);
      for (const part of ['_ckpt', `dt=${new Date().toISOString().slice(0, 10)}`]) {
        // The first checkpoint is on its way when the first record is kept.
        if (existsSync(join(dir, part))) cpSync(join(dir, part), join(copy, part), { recursive: true });
        await new Promise(setImmediate);
      }
      await assertWhole(copy, `copy ${times}`);
    }
  });
});
