import assert from 'node:assert/strict';
import { existsSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { verify } from '../../../src/audit/integrity/verify.ts';
import { until } from '../../fixtures/until.ts';
import { call, detailOf, filesIn, folder, openLog, recordsIn } from '../log.ts';

for (const reason of ['deleted', 'replaced'] as const) {
  test(`a file that is ${reason} is found within a second: a new one begins and says what is gone`, async (t) => {
    const dir = folder(t);
    const log = await openLog(t, dir);
    for (const tool of ['a', 'b', 'c']) await log.record(call(tool));
    const [file = ''] = filesIn(dir);
    const gone = performance.now();
    if (reason === 'deleted') unlinkSync(file);
    else renameSync(file, `${file}.away`);
    if (reason === 'replaced') writeFileSync(file, '');
    await until(() => filesIn(dir).some((path) => path !== file), 'another file');
    assert(performance.now() - gone < 2000);
    await log.record(call('d'));
    const records = recordsIn(dir);
    assert.deepEqual(
      records.map(({ seq, ev, tool }) => [seq, tool ?? ev]),
      [
        [4, 'audit.gap'],
        [5, 'd'],
      ],
    );
    const { since, ...detail } = detailOf(records, 'audit.gap');
    assert.deepEqual(detail, { lost: 3, reason, file: basename(file) });
    assert.equal((await verify([dir])).ok, false);
  });
}

test('a folder that is deleted is made again', async (t) => {
  const dir = folder(t);
  const log = await openLog(t, dir);
  await log.record(call('a'));
  rmSync(dir, { recursive: true });
  await until(() => existsSync(dir) && filesIn(dir).length === 1, 'the folder');
  await log.record(call('b'));
  assert.equal(recordsIn(dir).at(-1)?.['tool'], 'b');
});
