import type { DuckDBConnection } from '@duckdb/node-api';
import { jsonLinesSql, literal, lockSettings, readSql, recordsSql, resourceSettings, UNREADABLE } from './log-sql.ts';
import { openDatabase, set, values } from './sandbox-database.ts';
import type { Gate } from './sandbox-gate.ts';
import { withShortLines } from './sandbox-long-lines.ts';
import type {
  BoundValue,
  BroughtTable,
  Ended,
  QueryTask,
  ReadFile,
  Resources,
  UnreadableLines,
} from './sandbox-messages.ts';
import { type AnswerPort, createTeller, type Teller } from './sandbox-teller.ts';
import { createSpool } from './spool.ts';
import { VIEWS } from './views.ts';

/** What running a statement tells and asks of the outside. */
export interface QueryPort extends AnswerPort {
  /** Told of each connection that can be interrupted; null when there is none. */
  connected(connection: DuckDBConnection | null): void;
  /** Whether the running task was told to stop. */
  isInterrupted(): boolean;
}

/** Finished files hold lines that are no records, and the question does not want an answer without them. */
export class LogDamaged extends Error {
  override readonly name = 'LogDamaged';
}

/** DuckDB's words for a line it cannot read. */
const DAMAGED = /^Invalid Input Error: (?:Malformed JSON|JSON transform error) in file/;

/**
 * Runs one statement. Files are first read strictly, and the answer is held back until its end: it thus proves that no
 * line was passed over. Only when a line cannot be read, or the answer is too large for that, is every file looked at
 * on its own; those that are damaged or still being written are then read without such lines, which are counted.
 *
 * Throws `StatementRefused`, `LogDamaged`, or DuckDB's error.
 */
export async function runQuery(task: QueryTask, port: QueryPort, gate: Gate): Promise<Ended> {
  const parsed = await gate(task.sql, task.brought);
  return withShortLines(task, (short) => read({ task: short, port, parsed }));
}

async function read(run: Run): Promise<Ended> {
  const { task, port } = run;
  const rows = await attempt(run, { tolerated: new Set(), held: true });
  if (rows !== null) return { rows, unreadable: [] };
  const doubtful = await withConnection(task.resources, port, (connection) => lookAtFiles(task, connection));
  const damaged = doubtful.filter(({ live }) => !live).map(({ file }) => file);
  if (task.strict && damaged.length > 0) throw new LogDamaged(`lines of ${damaged.join(', ')} are no records`);
  const tolerated = new Set(doubtful.map(({ path }) => path));
  const told = await attempt(run, { tolerated, held: false });
  const unreadable = doubtful.filter((found) => !(found.live && found.lines === 0));
  return { rows: told ?? 0, unreadable: unreadable.map(({ path: _path, ...found }) => found) };
}

interface Run {
  readonly task: QueryTask;
  readonly port: QueryPort;
  /** The statement as `json_serialize_sql` gives it. */
  readonly parsed: string;
}

interface Reading {
  /** Paths of files to read without the lines that are no records. */
  readonly tolerated: ReadonlySet<string>;
  /** Rows are told when the answer is whole, and not as they come. */
  readonly held: boolean;
}

/** Resolves to the number of rows, or to null, with nothing told, when a line cannot be read or it would be too much. */
async function attempt(run: Run, { tolerated, held }: Reading): Promise<number | null> {
  const { task, port } = run;
  return withConnection(task.resources, port, async (connection) => {
    await defineViews(connection, recordsSql(task, tolerated));
    for (const table of task.brought.tables) await takeIn(connection, table);
    await set(connection, lockSettings([...task.files, ...task.archives.map((path) => ({ path }))]));
    await connection.run('BEGIN TRANSACTION READ ONLY');
    const spool = held ? createSpool(task.resources.spillDir) : null;
    try {
      return await stream(connection, run, createTeller(port, spool));
    } catch (error) {
      if (held && error instanceof Error && DAMAGED.test(error.message)) return null;
      throw error;
    } finally {
      spool?.close();
    }
  });
}

async function stream(connection: DuckDBConnection, run: Run, teller: Teller): Promise<number | null> {
  const result = await connection.stream(run.task.sql, bindings(run.task.brought.values));
  teller.begin(result.columnNames(), result.columnTypes());
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) break;
    if (await teller.take(chunk)) continue;
    connection.interrupt();
    return null;
  }
  await confirmEnd(connection, run);
  return teller.end();
}

/**
 * A stream that fails on its way just ends, in this client of DuckDB; but its transaction is broken, which the next
 * statement is told. What went wrong is then found by running it again without rows.
 */
async function confirmEnd(connection: DuckDBConnection, { parsed, port, task }: Run): Promise<void> {
  try {
    await connection.run('SELECT 1');
  } catch (cause) {
    if (port.isInterrupted()) throw new Error('INTERRUPT Error: interrupted', { cause });
    await connection.run('ROLLBACK');
    const [[sql] = []] = await values(connection, 'SELECT json_deserialize_sql($1::JSON)', [parsed]);
    await connection.run(`SELECT count(COLUMNS(*)) FROM (${String(sql)})`, bindings(task.brought.values));
    throw new Error('Invalid Input Error: the answer broke off', { cause });
  }
}

interface DoubtfulFile extends UnreadableLines {
  /** Of what is read in its place; else the same as `file`. */
  readonly path: string;
}

/** Files that cannot be read strictly, and those that may be being written with what of them is unreadable now. */
async function lookAtFiles({ files }: QueryTask, connection: DuckDBConnection): Promise<DoubtfulFile[]> {
  const finished = files.filter(({ live }) => !live);
  const suspects = (await isWhole(connection, finished)) ? [] : finished;
  const doubtful = files.filter(({ live }) => live);
  for (const file of suspects) if (!(await isWhole(connection, [file]))) doubtful.push(file);
  if (doubtful.length === 0) return [];
  const source = readSql(doubtful, 'tolerant', ', filename = true');
  const counts = await values(
    connection,
    `SELECT filename, count(*) FROM ${source} WHERE ${UNREADABLE} GROUP BY 1 ORDER BY 1`,
  );
  const lines = new Map(counts.map(([file, count]) => [String(file), Number(count)]));
  return doubtful.map(({ path, live, original = path }) => ({
    ...{ path, file: original, lines: lines.get(path) ?? 0, live },
  }));
}

/** Every column of every line is read, so that a value of the wrong type is found too. */
async function isWhole(connection: DuckDBConnection, files: readonly ReadFile[]): Promise<boolean> {
  if (files.length === 0) return true;
  try {
    const source = readSql(files, 'strict');
    const [[bad] = []] = await values(
      connection,
      `SELECT count(*) FILTER (WHERE ${UNREADABLE}), count(COLUMNS(*)) FROM ${source}`,
    );
    return Number(bad) === 0;
  } catch (error) {
    if (error instanceof Error && DAMAGED.test(error.message)) return false;
    throw error;
  }
}

/** A database in memory, as good as new for every statement; nothing of one is left for the next. */
export async function withConnection<T>(
  resources: Resources,
  port: Pick<QueryPort, 'connected'>,
  use: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const instance = await openDatabase();
  const connection = await instance.connect();
  port.connected(connection);
  try {
    await set(connection, resourceSettings(resources));
    return await use(connection);
  } finally {
    port.connected(null);
    connection.closeSync();
    instance.closeSync();
  }
}

async function defineViews(connection: DuckDBConnection, records: string): Promise<void> {
  await connection.run(`CREATE VIEW audit AS ${records}`);
  for (const [view, condition] of Object.entries(VIEWS)) {
    if (view !== 'audit') await connection.run(`CREATE VIEW ${view} AS SELECT * FROM audit WHERE ${condition}`);
  }
}

async function takeIn(connection: DuckDBConnection, { name, columns, path }: BroughtTable): Promise<void> {
  await connection.run(`CREATE TABLE ${name} AS SELECT * FROM ${jsonLinesSql(literal(path), columns)}`);
}

/** Whole numbers are bound as such: some functions take no others. */
function bindings(values: readonly BoundValue[]): Record<string, string | number | bigint> | undefined {
  if (values.length === 0) return undefined;
  return Object.fromEntries(
    values.map(({ name, value }) => [
      name,
      typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value,
    ]),
  );
}
