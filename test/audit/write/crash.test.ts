import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { byWriter, listLogFiles } from '../../../src/audit/files/log-files.ts';
import { verify } from '../../../src/audit/integrity/verify.ts';
import { loadKeys } from '../../../src/audit/keys.ts';
import { filesIn, folder, linesOf, openLog } from '../log.ts';

const ROUNDS = 6;
const writer = fileURLToPath(new URL('crash-writer.ts', import.meta.url));

/** Starts a writer, kills it a random moment after its first record, and returns what it said was kept. */
async function crash(dir: string, round: number): Promise<string[]> {
  const child = spawn(process.execPath, ['--import', 'tsx', writer, dir, String(round)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await once(child.stdout, 'data');
  await pause(Math.random() * 150);
  child.kill('SIGKILL');
  await closed;
  return said
    .split('\n')
    .slice(0, -1)
    .filter((word) => word !== 'ready');
}

test('a writer killed at any moment loses nothing it acknowledged, and each start vouches for the one before', async (t) => {
  const dir = folder(t);
  const acknowledged: string[] = [];
  for (let round = 0; round < ROUNDS; round += 1) acknowledged.push(...(await crash(dir, round)));
  const keys = await loadKeys(join(dir, 'keys'));
  const log = await openLog(t, dir, { keys });
  await log.record({ ev: 'gateway.start' });
  assert(acknowledged.length > 100, `only ${acknowledged.length} records`);

  assert.deepEqual((await verify([dir])).problems, []);
  assert.deepEqual((await verify([dir], { heads: [], publicKeys: [keys.signing] })).problems, []);
  const lines = filesIn(dir).flatMap(linesOf).join('\n');
  const kept = new Set([...lines.matchAll(/"tool":"(r[\d_]+)"/g)].map(([, tool]) => tool));
  assert.deepEqual(
    acknowledged.filter((tool) => !kept.has(tool)),
    [],
  );

  const writers = [...byWriter(await listLogFiles([dir])).keys()];
  const vouched = new Set([...lines.matchAll(/"prev_writer":"([^"]+)"/g)].map(([, name]) => name));
  assert.deepEqual([writers.length, vouched.size], [ROUNDS + 1, ROUNDS]);
});
