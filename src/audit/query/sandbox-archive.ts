import { literal, PLAIN_COLUMNS, recordsSql } from './log-sql.ts';
import { values } from './sandbox-database.ts';
import { withShortLines } from './sandbox-long-lines.ts';
import type { ArchiveTask, FromSandbox } from './sandbox-messages.ts';
import { type QueryPort, withConnection } from './sandbox-query.ts';

/**
 * Records become a Parquet file, in order of time: plain types only, JSON as text. Ends with the number of rows that
 * the finished file holds. No statement of a user is near.
 */
export async function archive(task: ArchiveTask, port: QueryPort): Promise<FromSandbox> {
  return withShortLines(task, (short) => write(short, port));
}

async function write(task: ArchiveTask, port: QueryPort): Promise<FromSandbox> {
  const tolerated = new Set(task.files.flatMap(({ path, live }) => (live ? path : [])));
  const source = recordsSql({ files: task.files, archives: [], writers: null, since: null, until: null }, tolerated);
  const columns = PLAIN_COLUMNS.map(([name, type]) => `"${name}"::${type} AS "${name}"`).join(', ');
  const metadata = Object.entries(task.metadata).map(([key, value]) => `${key}: ${literal(value)}`);
  return withConnection(task.resources, port, async (connection) => {
    await connection.run(
      `COPY (SELECT ${columns} FROM (${source}) ORDER BY ts, writer, seq) TO ${literal(task.to)}
       (FORMAT parquet, COMPRESSION zstd, KV_METADATA {${metadata.join(', ')}})`,
    );
    const [[rows] = []] = await values(connection, `SELECT count(*) FROM read_parquet(${literal(task.to)})`);
    return { kind: 'end', rows: Number(rows), unreadable: [] };
  });
}
