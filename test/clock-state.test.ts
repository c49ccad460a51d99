import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readClockState } from '../src/clock-state.ts';
import { temporaryFolder } from './config/tree.ts';

/** A folder for `PATH` with these programs, each a script of the shell. */
async function programs(t: TestContext, scripts: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder(t);
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

const tracking = (offset: string, leap: string) =>
  `echo A29FC87B,10.0.0.1,4,1700000000.1,${offset},0.00002,0.0001,3.2,0.0,0.1,0.01,0.001,64.2,${leap}`;

test('chrony is asked for the offset, and whether it is synchronised at all', async (t) => {
  const slow = await programs(t, { chronyc: tracking('-0.012500000', 'Normal'), timedatectl: 'echo no' });
  assert.deepEqual(await readClockState(slow), { source: 'chrony', synchronized: true, offset_ms: 12.5 });
  const alone = await programs(t, { chronyc: tracking('0.000000000', 'Not synchronised') });
  assert.deepEqual(await readClockState(alone), { source: 'chrony', synchronized: false, offset_ms: 0 });
});

test('without chrony systemd is asked, and without either nothing is said', async (t) => {
  const systemd = await programs(t, { chronyc: 'echo 506 Cannot talk to daemon; exit 1', timedatectl: 'echo yes' });
  assert.deepEqual(await readClockState(systemd), { source: 'systemd', synchronized: true, offset_ms: null });
  const bus = await programs(t, { timedatectl: 'echo Failed to connect to bus >&2; exit 1' });
  assert.equal(await readClockState(bus), null);
  assert.equal(await readClockState(await programs(t, {})), null);
});

test('programs of folders that PATH names from here are not run', async (t) => {
  const [none, here] = [await programs(t, {}), await programs(t, { chronyc: tracking('0.1', 'Normal') })];
  for (const path of [`${relative('.', here)}:${none}`, `:${none}`, `.:${none}`])
    assert.equal(await readClockState(path), null, path);
  assert.equal((await readClockState(`.:${here}`))?.source, 'chrony');
});

test('a service that does not answer is not waited for', async (t) => {
  const hung = await programs(t, { chronyc: 'exec /bin/sleep 30' });
  assert.equal(await readClockState(hung), null);
});
