import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

test('process: where no file descriptor is left the server is unreachable, and the gateway goes on', async () => {
  const script = fileURLToPath(new URL('./fixtures/without-descriptors.ts', import.meta.url));
  const command = ['-c', 'ulimit -n 128; exec "$0" --import tsx "$1"', process.execPath, script];
  const { stdout } = await promisify(execFile)('/bin/sh', command, { timeout: 120_000 });
  assert.deepEqual(JSON.parse(stdout), {
    kind: 'failed',
    reason: 'unreachable',
    detail: 'it could not be opened (EMFILE)',
  });
});
