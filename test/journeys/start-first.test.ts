import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pino } from 'pino';
import { load } from '../../src/config/load.ts';
import { startGateway } from '../../src/gateway.ts';
import { temporaryFolder } from '../config/tree.ts';
import { readRecords } from '../fixtures/gateway.ts';
import { until } from '../fixtures/until.ts';

test('a start is the first record of its chain, however many servers are down and however slow the clock is asked', async (t) => {
  const folder = await temporaryFolder(t);
  const servers = Array.from({ length: 6 }, (_, n) => `  down${n}: { url: "http://127.0.0.1:9/mcp" }\n`).join('');
  const path = join(folder, 'gateway.config.yaml');
  mkdirSync(join(folder, 'policies'));
  writeFileSync(
    path,
    `apiVersion: gatehouse/v1
gateway: { name: acme, listen: "127.0.0.1:0", admin_listen: "127.0.0.1:0" }
audit: { dir: audit }
servers:
${servers}`,
  );
  writeFileSync(join(folder, 'chronyc'), '#!/bin/sh\nexec /bin/sleep 30\n', { mode: 0o755 });
  const first = await load(path);
  const environment = { ...process.env, PATH: `${folder}:${process.env['PATH']}` };
  const gateway = await startGateway({ path, first, environment, log: pino({ level: 'silent' }) });
  t.after(() => gateway.close('test over'));
  const log = join(folder, 'audit');
  await until(async () => (await readRecords(log)).some(({ ev }) => ev === 'upstream.error'), 'a server that is down');
  const [record] = await readRecords(log);
  assert.deepEqual([record?.['ev'], record?.['seq']], ['gateway.start', 1]);
});
