import type { DuckDBConnection } from '@duckdb/node-api';
import { type Cell, toCell } from './cell.ts';
import { COLUMNS, type ColumnKind } from './columns.ts';
import { byWriter, type LogFile, listLogFiles } from './log-files.ts';
import { admitStatement, VIEWS } from './statement-gate.ts';

/** A question to the log, as plain data. */
export interface Question {
  readonly sql: string;
  readonly dirs: readonly string[];
  /** Only records from this moment on; null for all. */
  readonly since: Date | null;
  /** Only records before this moment; null for all. */
  readonly until: Date | null;
}

export interface Answer {
  readonly columns: readonly AnswerColumn[];
  readonly rows: readonly (readonly Cell[])[];
  /** Files read. */
  readonly files: number;
  /** Files that hold lines which are no records, with how many; they are not in the answer. */
  readonly unreadable: readonly UnreadableLines[];
}

export interface AnswerColumn {
  readonly name: string;
  /** `json` cells hold JSON text. */
  readonly kind: 'number' | 'json' | 'text';
}

export interface UnreadableLines {
  readonly file: string;
  readonly lines: number;
  /** The last file of its writer, which may be being written. */
  readonly live: boolean;
}

/** There is nothing to ask: no folder holds a log file. */
export class NoLog extends Error {
  override readonly name = 'NoLog';
}

const SQL_TYPES: Readonly<Record<ColumnKind, string>> = {
  text: 'VARCHAR',
  list: 'VARCHAR[]',
  integer: 'BIGINT',
  number: 'DOUBLE',
  time: 'TIMESTAMP',
  json: 'JSON',
};
/** DuckDB's words for a line it cannot read. */
const DAMAGED = /^Invalid Input Error: (?:Malformed JSON|JSON transform error) in file/;
const DAY_MS = 86_400_000;

/**
 * Runs one SELECT over the log. DuckDB is loaded here, sees only the files in question and can do nothing but read
 * them. Files are read strictly first: success proves that no line was passed over. Only when a line is damaged, or
 * still being written, are they read again without such lines, which are counted.
 *
 * Throws `NoLog`, `StatementRefused`, or DuckDB's error.
 */
export async function query(question: Question): Promise<Answer> {
  const all = await listLogFiles(question.dirs);
  if (all.length === 0) throw new NoLog(`there is no audit log in ${question.dirs.join(', ')}`);
  const files = all.filter((file) => isWithin(file, question));
  const live = new Set([...byWriter(all).values()].flatMap((chain) => chain.at(-1)?.path ?? []));
  try {
    return await ask(question, { files, live, tolerant: false });
  } catch (error) {
    if (!(error instanceof Error) || !DAMAGED.test(error.message)) throw error;
    return ask(question, { files, live, tolerant: true });
  }
}

/** A record is written after it happened, and hardly a day after: a file holds nothing younger than its day. */
function isWithin(file: LogFile, { since, until }: Question): boolean {
  const begun = Date.parse(file.day);
  return (since === null || begun > since.getTime() - DAY_MS) && (until === null || begun < until.getTime() + DAY_MS);
}

interface Reading {
  readonly files: readonly LogFile[];
  /** The last file of each writer. */
  readonly live: ReadonlySet<string>;
  readonly tolerant: boolean;
}

async function ask(question: Question, reading: Reading): Promise<Answer> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await prepare(connection, question, reading);
    const [serialized] = await values(connection, 'SELECT json_serialize_sql($1::VARCHAR)', [question.sql]);
    admitStatement(String(serialized?.[0]));
    const result = await connection.runAndReadAll(question.sql);
    const types = result.columnTypes();
    const columns = result.columnNames().map((name, index): AnswerColumn => ({ name, kind: kindOf(types[index]) }));
    const rows = result.getRows().map((row) => row.map(toCell));
    return { columns, rows, files: reading.files.length, unreadable: await damage(connection, reading) };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** The order matters: the views are made while files may still be opened, then everything else is shut. */
async function prepare(connection: DuckDBConnection, question: Question, reading: Reading): Promise<void> {
  await connection.run(`CREATE VIEW audit AS ${recordsSql(question, reading)}`);
  for (const [view, condition] of Object.entries(VIEWS)) {
    if (view !== 'audit') await connection.run(`CREATE VIEW ${view} AS SELECT * FROM audit WHERE ${condition}`);
  }
  const settings = [
    "TimeZone = 'UTC'",
    "memory_limit = '1GB'",
    'threads = 4',
    "temp_directory = ''",
    'autoinstall_known_extensions = false',
    'autoload_known_extensions = false',
    `allowed_paths = ${literal(reading.files.map((file) => file.path))}`,
    'enable_external_access = false',
    'lock_configuration = true',
  ];
  for (const setting of settings) await connection.run(`SET ${setting}`);
}

function recordsSql({ since, until }: Question, { files, tolerant }: Reading): string {
  const conditions = [
    ...(since === null ? [] : [`ts >= TIMESTAMP ${literal(since.toISOString())}`]),
    ...(until === null ? [] : [`ts < TIMESTAMP ${literal(until.toISOString())}`]),
    ...(tolerant ? [`NOT (${UNREADABLE})`] : []),
  ];
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  return `SELECT * FROM ${sourceSql(files, tolerant)}${where}`;
}

/** DuckDB makes a row of NULLs of a line it passes over. */
const UNREADABLE = 'v IS NULL OR seq IS NULL OR ts IS NULL';

/** Columns are named, never guessed: an answer must not depend on what a sample of the lines looks like. */
function sourceSql(files: readonly LogFile[], tolerant: boolean, more = ''): string {
  const columns = Object.entries(COLUMNS).map(([name, { kind }]) => [name, SQL_TYPES[kind]] as const);
  if (files.length === 0) {
    return `(SELECT ${columns.map(([name, type]) => `NULL::${type} AS ${name}`).join(', ')} WHERE false)`;
  }
  const declared = columns.map(([name, type]) => `${name}: '${type}'`).join(', ');
  const paths = literal(files.map((file) => file.path));
  return `read_json(${paths}, format = 'newline_delimited', records = true, hive_partitioning = false, columns = {${declared}}, ignore_errors = ${tolerant}${more})`;
}

async function damage(connection: DuckDBConnection, { files, live, tolerant }: Reading): Promise<UnreadableLines[]> {
  if (!tolerant) return [];
  const source = sourceSql(files, true, ', filename = true');
  const counts = await values(
    connection,
    `SELECT filename, count(*) FROM ${source} WHERE ${UNREADABLE} GROUP BY 1 ORDER BY 1`,
  );
  return counts.map(([file, lines]) => ({ file: String(file), lines: Number(lines), live: live.has(String(file)) }));
}

async function values(
  connection: DuckDBConnection,
  sql: string,
  parameters: string[] = [],
): Promise<readonly unknown[][]> {
  return (await connection.runAndReadAll(sql, parameters)).getRows();
}

function literal(value: string | readonly string[]): string {
  if (typeof value !== 'string') return `[${value.map(literal).join(', ')}]`;
  return `'${value.replaceAll("'", "''")}'`;
}

const NUMERIC = /^(?:U?(?:TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL)/;

function kindOf(type: { readonly alias?: string } | undefined): AnswerColumn['kind'] {
  if (type?.alias === 'JSON') return 'json';
  return NUMERIC.test(String(type)) && !String(type).endsWith(']') ? 'number' : 'text';
}
