import assert from 'node:assert/strict';
import { test } from 'node:test';
import { auditArchive } from '../../../src/cli/audit/archive.ts';
import { auditExport } from '../../../src/cli/audit/export.ts';
import { auditHold } from '../../../src/cli/audit/hold.ts';
import { auditRetention } from '../../../src/cli/audit/retention.ts';
import { auditSeal } from '../../../src/cli/audit/seal.ts';

for (const { words, help, options } of [auditSeal, auditArchive, auditRetention, auditHold, auditExport]) {
  test(`the help of ${words.join(' ')} fits 80 columns, tells every option and shows three examples`, () => {
    assert.deepEqual(
      help.split('\n').filter((line) => line.length > 80),
      [],
    );
    for (const option of Object.keys(options)) assert(help.includes(`--${option}`), option);
    assert.equal(help.match(/^ {2}gatehouse /gm)?.length, 3);
  });
}
