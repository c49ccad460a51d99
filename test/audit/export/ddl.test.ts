import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { COLUMNS } from '../../../src/audit/record/columns.ts';
import { ddlText, ENGINES, writtenDdl } from './ddl.ts';

for (const engine of ENGINES) {
  test(`the table for ${engine} has the columns of the record, in their order`, () => {
    const written = writtenDdl(engine);
    assert.equal(written, ddlText(engine), 'run: node --import tsx test/audit/ddl.ts --write');
    const named = [...written.matchAll(/^ {2}[`"](\w+)[`"] /gm)].map(([, name]) => name);
    assert.deepEqual(
      named.filter((name) => name !== 'dt'),
      Object.keys(COLUMNS),
    );
  });
}

test('there is a table for each engine and nothing else', () => {
  assert.deepEqual(readdirSync('deploy/sql').sort(), ENGINES.map((engine) => `${engine}.sql`).sort());
});
