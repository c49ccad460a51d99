import { availableParallelism } from 'node:os';
import { COLUMNS, type ColumnKind } from '../record/columns.ts';
import type { QueryTask, ReadFile, Resources } from './sandbox-messages.ts';

const SQL_TYPES: Readonly<Record<ColumnKind, string>> = {
  text: 'VARCHAR',
  list: 'VARCHAR[]',
  integer: 'BIGINT',
  number: 'DOUBLE',
  time: 'TIMESTAMP',
  json: 'JSON',
};

/** The columns of every view, with their types. */
const VIEW_COLUMNS: readonly (readonly [string, string])[] = Object.entries(COLUMNS).map(([name, { kind }]) => [
  name,
  SQL_TYPES[kind],
]);

/** DuckDB makes a row of NULLs of a line it passes over. */
export const UNREADABLE = 'v IS NULL OR seq IS NULL OR ts IS NULL';
/** More than this on disk for sorting and joining, and the statement fails. */
const SPILL = '4GB';
/** The gateway may run on the same machine. */
const THREADS_MAX = 4;

/** The same as Parquet keeps them for any engine: JSON is text. */
export const PLAIN_COLUMNS: typeof VIEW_COLUMNS = VIEW_COLUMNS.map(([name, type]) => [
  name,
  type === 'JSON' ? 'VARCHAR' : type,
]);

/** Which records are meant. */
export type Records = Pick<QueryTask, 'files' | 'archives' | 'writers' | 'since' | 'until'>;

/** The records of a task's files within its bounds; those of `tolerated` without the lines that are no records. */
export function recordsSql(records: Records, tolerated: ReadonlySet<string>): string {
  const { files, archives, writers, since, until } = records;
  const strict = files.filter(({ path }) => !tolerated.has(path));
  const tolerant = files.filter(({ path }) => tolerated.has(path));
  const bounds = [
    ...(since === null ? [] : [`ts >= TIMESTAMP ${literal(since)}`]),
    ...(until === null ? [] : [`ts < TIMESTAMP ${literal(until)}`]),
  ];
  const parts = [
    ...(strict.length > 0 ? [select(readSql(strict, 'strict'), bounds)] : []),
    ...(tolerant.length > 0 ? [select(readSql(tolerant, 'tolerant'), [...bounds, `NOT (${UNREADABLE})`])] : []),
    ...(archives.length > 0
      ? [
          select(archivesSql(archives), [
            ...bounds,
            ...(writers === null ? [] : [`writer IN (${writers.map(literal).join(', ')})`]),
          ]),
        ]
      : []),
  ];
  return parts.length > 0 ? parts.join(' UNION ALL ') : `SELECT ${NO_RECORDS} WHERE false`;
}

const NO_RECORDS = VIEW_COLUMNS.map(([name, type]) => `NULL::${type} AS ${identifier(name)}`).join(', ');

/** Archives of an earlier version may lack columns. */
function archivesSql(archives: readonly string[]): string {
  const paths = literal(archives.map(withoutPatterns));
  const columns = VIEW_COLUMNS.map(([name, type]) => `${identifier(name)}::${type} AS ${identifier(name)}`).join(', ');
  const read = `SELECT * FROM read_parquet(${paths}, hive_partitioning = false, union_by_name = true)`;
  return `(SELECT ${columns} FROM (${read} UNION ALL BY NAME SELECT ${NO_RECORDS} WHERE false))`;
}

function select(source: string, conditions: readonly string[]): string {
  return `SELECT * FROM ${source}${conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`}`;
}

/**
 * `strict` fails at the first line it cannot read. Columns are named, never guessed: an answer must not depend on what
 * a sample of the lines looks like.
 */
export function readSql(files: readonly ReadFile[], mode: 'strict' | 'tolerant', more = ''): string {
  const paths = literal(files.map(({ path }) => withoutPatterns(path)));
  return jsonLinesSql(paths, VIEW_COLUMNS, `, ignore_errors = ${mode === 'tolerant'}${more}`);
}

/** `source` is SQL already. */
export function jsonLinesSql(source: string, columns: readonly (readonly [string, string])[], more = ''): string {
  const declared = columns.map(([name, type]) => `${identifier(name)}: ${literal(type)}`).join(', ');
  return `read_json(${source}, format = 'newline_delimited', records = true, hive_partitioning = false, columns = {${declared}}${more})`;
}

/** Where DuckDB sees a pattern, a folder may just be called so. */
function withoutPatterns(path: string): string {
  return path.replace(/[[*?]/g, '[$&]');
}

/** What holds for every statement, and is set before anything is read. */
export function resourceSettings({ memoryBytes, spillDir }: Resources): readonly string[] {
  return [
    "TimeZone = 'UTC'",
    `memory_limit = '${Math.floor(memoryBytes / 1024)}KiB'`,
    `threads = ${Math.min(availableParallelism(), THREADS_MAX)}`,
    `temp_directory = ${literal(spillDir)}`,
    `max_temp_directory_size = '${SPILL}'`,
    'enable_progress_bar = true',
    'enable_progress_bar_print = false',
    'autoinstall_known_extensions = false',
    'autoload_known_extensions = false',
    'allow_community_extensions = false',
    'allow_persistent_secrets = false',
  ];
}

/** After these nothing but these files can be opened, and no setting changes. */
export function lockSettings(files: readonly Pick<ReadFile, 'path'>[]): readonly string[] {
  return [
    `allowed_paths = ${literal(files.flatMap(({ path }) => [path, withoutPatterns(path)]))}`,
    'enable_external_access = false',
    'lock_configuration = true',
  ];
}

/** As SQL writes a text, or a list of them. */
export function literal(value: string | readonly string[]): string {
  if (typeof value !== 'string') return `[${value.map(literal).join(', ')}]`;
  return `'${value.replaceAll("'", "''")}'`;
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
