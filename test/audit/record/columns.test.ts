import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { COLUMNS } from '../../../src/audit/record/columns.ts';
import type { AuditEvent } from '../../../src/audit/record/event.ts';
import { createEncoder, sealLine } from '../../../src/audit/record/record.ts';
import { folder, writeChain } from '../log.ts';
import { createAsk } from '../query/ask.ts';
import { auditSettings } from '../settings.ts';
import { documentText, schemaText, writtenShapes } from './shape.ts';

const ask = createAsk();

/** An event with every field. */
const full: Required<Omit<AuditEvent, 'args_mac' | 'kid'>> = {
  ev: 'tool.call',
  at: new Date('2026-11-22T14:40:00.123Z'),
  ...{ actor: 'ana@acme.co', actor_type: 'human', iss: 'https://idp', email: 'ana@acme.co', groups: ['staff', 'dba'] },
  ...{ auth: 'jwt', tok: '0123456789abcdef', client: 'claude-code', client_ver: '2.1', agent: 'a/1', ip: '::1' },
  ...{ trace: '0af7651916cd43dd8448eb211c80319c', req: '17', flow: '0123456789abcdef', method: 'tools/call' },
  ...{ proto: '2026-07-28', server: 'github', tool: 'create', tool_as: 'github_create', tool_def: '0123456789abcdef' },
  ...{ risk: 'write', decision: 'allow', rule: 'everyday a.yaml:3', why: 'x', ticket: 'T-1', cfg: 'c', git: 'g' },
  ...{ args: Buffer.from('{"token":"x"}'), res: Buffer.from('{"token":"x"}'), outcome: 'ok', err: 'e' },
  ...{ err_code: -32603, http: 200, dur_ms: 1.5, up_ms: 1.2, cred: 'c1', of: 3, of_writer: 'acme-00000000' },
  ...{ label: 'pii', redaction: { ...auditSettings.otherwise, results: 'redact' }, detail: { a: 1 } },
};

test('the schema and the document say what the column table says', () => {
  const again = 'run: node --import tsx test/audit/shape.ts --write';
  assert.deepEqual(JSON.parse(writtenShapes().schema), JSON.parse(schemaText()), again);
  assert.equal(writtenShapes().document, documentText(), again);
});

test('the writer writes every column, in the order of the table, and the schema accepts it', () => {
  const line = sealLine(
    createEncoder('acme-1a2b3c4d', { kid: 'c0ffee00', key: Buffer.alloc(32) })(full, full.at),
    1,
    'x'.repeat(43),
  );
  const validate = new Ajv({ allowUnionTypes: true }).compile(JSON.parse(writtenShapes().schema));
  const record = JSON.parse(line);
  assert.deepEqual(Object.keys(record), Object.keys(COLUMNS));
  assert(validate(record), JSON.stringify(validate.errors));
});

test('the SQL view has every column, in the order of the table', async (t) => {
  const dir = folder(t);
  await writeChain(t, dir);
  const { columns } = await ask(dir, 'FROM audit');
  assert.deepEqual(
    columns.map((column) => column.name),
    Object.keys(COLUMNS),
  );
});
