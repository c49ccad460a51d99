import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

/** Loading it costs more than most questions: it is done by the process that asks them, when it does. */
const loadDuckdb = () => import('@duckdb/node-api');

/** A database in memory, with nothing in it. */
export async function openDatabase(): Promise<DuckDBInstance> {
  const { DuckDBInstance: duckdb } = await loadDuckdb();
  return duckdb.create(':memory:');
}

/** The rows of a statement of ours. */
export async function values(
  connection: DuckDBConnection,
  sql: string,
  parameters: string[] = [],
): Promise<readonly unknown[][]> {
  return (await connection.runAndReadAll(sql, parameters)).getRows();
}

/** Each setting as `name = value`, in this order. */
export async function set(connection: DuckDBConnection, settings: readonly string[]): Promise<void> {
  for (const setting of settings) await connection.run(`SET ${setting}`);
}
