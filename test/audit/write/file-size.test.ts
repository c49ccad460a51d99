import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { verify } from '../../../src/audit/integrity/verify.ts';
import { detailOf, filesIn, folder, recordsIn } from '../log.ts';

const writer = fileURLToPath(new URL('crash-writer.ts', import.meta.url));
const FILE_KIB = 40;
const CALLS = 300;

test('where the system itself cuts writes short and then refuses them, no acknowledged record is missing', async (t) => {
  const dir = folder(t);
  // A file may not grow past this: the write that meets it is cut short, the next one fails with EFBIG.
  const command = `ulimit -f ${FILE_KIB}; exec "$@"`;
  const child = spawn('bash', ['-c', command, 'bash', process.execPath, '--import', 'tsx', writer, dir, '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (said.split('\n').length > CALLS) child.kill('SIGKILL');
  });
  await once(child, 'close');
  const kept = new Set(recordsIn(dir).map((record) => record['tool']));
  const acknowledged = said
    .split('\n')
    .slice(0, -1)
    .filter((word) => word !== 'ready');
  assert(acknowledged.length >= CALLS - 1);
  assert.deepEqual(
    acknowledged.filter((tool) => !kept.has(tool)),
    [],
  );
  assert(filesIn(dir).every((path) => statSync(path).size <= FILE_KIB * 1024));
  const { reason, refused } = detailOf(recordsIn(dir), 'audit.recover');
  assert.match(String(reason), /EFBIG/);
  assert.equal(refused, 0);
  assert.deepEqual((await verify([dir])).problems, []);
});
