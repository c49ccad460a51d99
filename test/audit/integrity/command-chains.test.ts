import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { basename } from 'node:path';
import { type TestContext, test } from 'node:test';
import { verify } from '../../../src/audit/integrity/verify.ts';
import { recordAct } from '../../../src/audit/write/access-record.ts';
import { call, filesIn, folder, openLog, recordsIn, writeChain } from '../log.ts';

const day = new Date('2026-11-22T12:00:00Z');
const who = { at: day, user: 'ana', host: 'laptop' };

/** A gateway ran, and a command put three readings on record. */
async function afterReadings(t: TestContext): Promise<string> {
  const dir = folder(t);
  await writeChain(t, dir, { now: () => day });
  for (const rows of [1, 2, 3]) await recordAct(dir, who, { ev: 'audit.read', outcome: 'ok', detail: { rows } });
  return dir;
}

function ofCommands(dir: string): readonly string[] {
  return filesIn(dir).filter((file) => basename(file).includes('-cli-'));
}

test('what commands recorded last cannot be taken away after the next start', async (t) => {
  const dir = await afterReadings(t);
  await writeChain(t, dir, { now: () => day });
  assert.deepEqual((await verify([dir])).problems, []);
  rmSync(ofCommands(dir).at(-1) ?? '');
  const [problem, ...others] = (await verify([dir])).problems;
  assert.deepEqual([problem?.kind, others], ['cut-short', []]);
  assert.match(problem?.message ?? '', /record.* 3 .* missing here: the gateway in .* saw/);
});

test('nor after a running gateway has begun its next file, and neither can the whole chain', async (t) => {
  const dir = folder(t);
  const clock = { now: day };
  const log = await openLog(t, dir, { now: () => clock.now });
  await log.record(call('one'));
  for (const rows of [1, 2]) await recordAct(dir, who, { ev: 'audit.read', outcome: 'ok', detail: { rows } });
  clock.now = new Date('2026-11-23T12:00:00Z');
  await log.record(call('two'));
  await log.close();
  assert.deepEqual((await verify([dir])).problems, []);
  for (const file of ofCommands(dir)) rmSync(file);
  const [problem] = (await verify([dir])).problems;
  assert.equal(problem?.kind, 'missing-chain');
  assert.match(problem?.message ?? '', /^all files of acme-cli-[0-9a-f]{8} are missing: the gateway .* saw 2 records$/);
});

test('a record has room for sixteen of them, the newest', async (t) => {
  const dir = await afterReadings(t);
  for (let n = 10; n < 40; n += 1) {
    const at = new Date(`2026-11-22T12:00:${n}Z`);
    await recordAct(dir, { at, user: `user-${n}`, host: 'h' }, { ev: 'audit.read', outcome: 'ok' });
  }
  await writeChain(t, dir, { now: () => day });
  const starts = recordsIn(dir).filter(({ ev }) => ev === 'gateway.start');
  const told = starts.flatMap(({ detail }) => Object(detail).commands ?? []);
  assert.equal(told.length, 16);
  assert(starts.every(({ detail }) => Object(detail).version === '0.1.0'));
  assert.deepEqual((await verify([dir])).problems, []);
});
