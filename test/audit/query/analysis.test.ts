import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import type { Row } from '../../../src/audit/answer/answer.ts';
import { folder } from '../log.ts';
import { createAsk } from './ask.ts';

interface Analysis {
  readonly records: readonly Readonly<Record<string, unknown>>[];
  readonly questions: readonly { readonly sql: string; readonly rows: readonly Row[] }[];
}

const { records, questions }: Analysis = parse(readFileSync(join(import.meta.dirname, 'analysis.yaml'), 'utf8'));

test('the questions people ask are answered', async (t) => {
  const dir = folder(t);
  const ask = createAsk();
  mkdirSync(join(dir, 'dt=2026-10-01'));
  const lines = records.map((record, index) =>
    JSON.stringify({ v: 1, seq: index + 1, ...record, ts: `${record['ts']}.000000Z`, writer: 'acme-00000000' }),
  );
  writeFileSync(join(dir, 'dt=2026-10-01', 'acme-00000000-000001.jsonl'), `${lines.join('\n')}\n`, { mode: 0o440 });
  assert(questions.length >= 40);
  for (const { sql, rows } of questions) assert.deepEqual((await ask(dir, sql)).rows, rows, sql);
});
