import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findRecord } from '../../../src/audit/integrity/find-record.ts';
import { call, filesIn, folder, openLog, recordsIn } from '../log.ts';

test('every record is found, in whichever file of its writer it stands', async (t) => {
  const dir = folder(t);
  for (const run of [1, 2]) {
    const log = await openLog(t, dir, { settings: { rotateBytes: 1024 } });
    for (let n = 0; n < 20; n += 1) await log.record(call(`run_${run}_${n}`));
    await log.close();
  }
  assert(filesIn(dir).length > 4);
  for (const record of recordsIn(dir)) {
    const { writer, seq } = record;
    assert.deepEqual(await findRecord([dir], { writer: String(writer), seq: Number(seq) }), { kind: 'found', record });
  }
  const { writer } = recordsIn(dir)[0] ?? {};
  assert.deepEqual(await findRecord([dir], { writer: String(writer), seq: 999 }), { kind: 'no-record' });
  const none = await findRecord([dir], { writer: 'acme-00000000', seq: 1 });
  assert.equal(none.kind === 'no-writer' && none.writers.length, 2);
});
