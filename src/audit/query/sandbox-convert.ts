import { jsonLinesSql, literal } from './log-sql.ts';
import type { ConvertTask, FromSandbox } from './sandbox-messages.ts';
import { type QueryPort, withConnection } from './sandbox-query.ts';

/** JSON lines, one array-free object a row, become a Parquet file. No statement of a user is near. */
export async function convert(task: ConvertTask, port: QueryPort): Promise<FromSandbox> {
  const source = jsonLinesSql(literal(task.from), task.columns);
  return withConnection(task.resources, port, async (connection) => {
    const { rowsChanged } = await connection.run(
      `COPY (SELECT * FROM ${source}) TO ${literal(task.to)} (FORMAT parquet, COMPRESSION zstd)`,
    );
    return { kind: 'end', rows: rowsChanged, unreadable: [] };
  });
}
