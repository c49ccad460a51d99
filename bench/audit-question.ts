/** Puts questions to audit logs, one after the other: as Gatehouse does, or as plain DuckDB would. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { jsonLinesSql, literal, readSql } from '../src/audit/query/log-sql.ts';
import type { Question } from '../src/audit/query/query.ts';
import type { Brought } from '../src/audit/query/sandbox-messages.ts';
import { VIEWS } from '../src/audit/query/views.ts';
import { type Cost, endedChildrenCpuMs } from './cost.ts';

/** What the process is told; it answers with the `Cost`. */
export interface BenchQuestion {
  readonly dir: string;
  readonly how: 'plain' | 'jsonl' | 'parquet';
  readonly sql: string;
  readonly brought: Brought;
}

const MEMORY_BYTES = 1024 * 1024 * 1024;
const TIMEOUT_MS = 300_000;

const askGatehouse = await loadGatehouse();
process.on('message', async (asked: BenchQuestion) => process.send?.(await costOf(asked)));

async function costOf(asked: BenchQuestion): Promise<Cost> {
  const cpuBefore = ownCpuMs();
  const begun = performance.now();
  await (asked.how === 'plain' ? askPlainly(asked) : askGatehouse(asked));
  return { wallMs: performance.now() - begun, cpuMs: ownCpuMs() - cpuBefore };
}

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000 + endedChildrenCpuMs();
}

/** The built program, whose process for statements is then begun as it begins it: without the TypeScript loader. */
async function loadGatehouse(): Promise<(asked: BenchQuestion) => Promise<void>> {
  process.execArgv.length = 0;
  const built = (name: string) => import(new URL(`../dist/audit/query/${name}.js`, import.meta.url).href);
  const { query }: typeof import('../src/audit/query/query.ts') = await built('query');
  const { createSandbox }: typeof import('../src/audit/query/sandbox.ts') = await built('sandbox');
  return async ({ dir, how, sql, brought }) => {
    const sandbox = createSandbox({ timeoutMs: TIMEOUT_MS, memoryBytes: MEMORY_BYTES });
    const from = how === 'parquet' ? how : 'jsonl';
    const all: Question = { sql, brought, from, dirs: [dir], since: null, until: null, writers: [], strict: false };
    const sink = { columns: () => undefined, rows: () => true, progress: () => undefined };
    try {
      await query(sandbox, all, { sink });
    } finally {
      await sandbox.close();
    }
  };
}

/** The same views over the same columns, and nothing around them. */
async function askPlainly({ dir, sql, brought }: BenchQuestion): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  await connection.run(`CREATE VIEW audit AS FROM ${readSql(filesIn(dir), 'strict')}`);
  for (const [view, condition] of Object.entries(VIEWS)) {
    if (view !== 'audit') await connection.run(`CREATE VIEW ${view} AS FROM audit WHERE ${condition}`);
  }
  for (const { name, columns, path } of brought.tables) {
    await connection.run(`CREATE TABLE ${name} AS FROM ${jsonLinesSql(literal(path), columns)}`);
  }
  const values = brought.values.map(({ name, value }) => [name, typeof value === 'number' ? BigInt(value) : value]);
  await connection.runAndReadAll(sql, values.length === 0 ? undefined : Object.fromEntries(values));
  connection.closeSync();
  instance.closeSync();
}

function filesIn(dir: string): { readonly path: string; readonly live: boolean }[] {
  const names = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.jsonl'));
  return names.sort().map((name) => ({ path: join(dir, name), live: false }));
}
