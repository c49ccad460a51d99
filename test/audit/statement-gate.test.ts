import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { query } from '../../src/audit/query.ts';
import { StatementRefused } from '../../src/audit/statement-gate.ts';
import { filesIn, folder, writeChain } from './log.ts';

const admitted = [
  'SELECT count(*) FROM audit',
  'FROM calls LIMIT 1',
  'SELECT tool, count(*) FROM main.calls GROUP BY ALL HAVING count(*) > 0 ORDER BY 2 DESC',
  'WITH busy AS (SELECT actor FROM calls) SELECT * FROM busy JOIN Busy AS b USING (actor) LIMIT 1',
  'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT * FROM n',
  'SELECT * FROM range(3), (VALUES (1)), unnest([1, 2])',
  "SELECT * FROM generate_series(TIMESTAMP '2026-01-01', TIMESTAMP '2026-01-02', INTERVAL 1 HOUR)",
  'DESCRIBE audit',
  'SUMMARIZE calls',
  'SELECT row_number() OVER (ORDER BY ts) FROM calls QUALIFY true',
  "SELECT * FROM (FROM audit SELECT ev, tool) PIVOT (count(*) FOR ev IN ('tool.call'))",
  'SELECT 1;',
  "SELECT regexp_extract(tool, 'a(b)'), now() FROM calls",
];

const refused = [
  "SELECT * FROM read_text('LOG')",
  "SELECT * FROM read_json('LOG')",
  "SELECT * FROM 'LOG'",
  "SELECT * FROM '/etc/passwd'",
  "SELECT * FROM glob('/*')",
  "SELECT (SELECT content FROM read_text('/etc/passwd'))",
  "SELECT 1 WHERE EXISTS (SELECT 1 FROM read_blob('/etc/passwd'))",
  "WITH x AS (SELECT * FROM read_csv('/etc/passwd')) SELECT 1",
  "SELECT getenv('HOME')",
  "SELECT * FROM calls WHERE tool = GetEnv('HOME')",
  "SELECT * FROM query('SELECT 1')",
  "SELECT * FROM query_table('audit')",
  "SELECT * FROM enable_logging(storage := 'file', storage_path := '/tmp')",
  "SELECT * FROM enable_profiling('json')",
  'FROM duckdb_settings()',
  'SELECT * FROM information_schema.tables',
  'SELECT * FROM pg_catalog.pg_class',
  'SELECT * FROM elsewhere.audit',
  'SELECT * FROM elsewhere.main.audit',
  'SELECT * FROM sqlite_master',
  'SELECT * FROM system.main.duckdb_tables',
  'SHOW TABLES',
  'SELECT 1; SELECT 2',
  '',
  "COPY (SELECT 1) TO 'LOG'",
  "COPY (SELECT 1) TO 'LOG' (FORMAT json, USE_TMP_FILE false)",
  "EXPLAIN ANALYZE COPY (SELECT 1) TO 'LOG'",
  'EXPLAIN SELECT 1',
  "SELECT 1; COPY (SELECT 1) TO 'LOG'",
  "EXPORT DATABASE '/tmp/x'",
  "ATTACH 'LOG' AS x",
  'CREATE OR REPLACE VIEW audit AS SELECT 1',
  'CREATE TABLE x AS SELECT 1',
  'DROP VIEW calls',
  'SET enable_external_access = true',
  'RESET lock_configuration',
  'PRAGMA database_list',
  'CALL pragma_version()',
  'INSTALL httpfs',
  "LOAD 'x'",
  'SELECT FROM',
];

test('statements that only read the views are admitted', async (t) => {
  const dir = folder(t);
  await writeChain(t, dir);
  for (const sql of admitted) await query({ sql, dirs: [dir], since: null, until: null });
});

test('statements that reach beyond the views are refused, and the log stays as it is', async (t) => {
  const dir = folder(t);
  await writeChain(t, dir);
  const [file = ''] = filesIn(dir);
  const before = readFileSync(file);
  for (const statement of refused) {
    const sql = statement.replace('LOG', file);
    await assert.rejects(query({ sql, dirs: [dir], since: null, until: null }), StatementRefused, statement);
  }
  assert.deepEqual(readFileSync(file), before);
});

test('an unknown view is told with those there are', async (t) => {
  const dir = folder(t);
  await writeChain(t, dir);
  const asked = query({ sql: 'SELECT * FROM call', dirs: [dir], since: null, until: null });
  await assert.rejects(asked, /there is no view call; the views are audit, calls, denied, config_changes/);
});

test('a name given by WITH opens no file of that name', async (t) => {
  const dir = folder(t);
  await writeChain(t, dir);
  const secret = join(dir, 'secret.csv');
  writeFileSync(secret, 'a\n1\n');
  const sql = `SELECT * FROM "${secret}" WHERE EXISTS (WITH "${secret}" AS (SELECT 1) SELECT 1)`;
  await assert.rejects(query({ sql, dirs: [dir], since: null, until: null }), /does not exist|disabled|Permission/);
});
