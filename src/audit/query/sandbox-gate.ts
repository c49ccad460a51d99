import type { DuckDBConnection } from '@duckdb/node-api';
import { allowedFunctions } from './allowed-functions.ts';
import { lockSettings } from './log-sql.ts';
import { openDatabase, set, values } from './sandbox-database.ts';
import type { Brought } from './sandbox-messages.ts';
import { admitStatement, type Vocabulary } from './statement-gate.ts';
import { VIEWS } from './views.ts';

/** Resolves to DuckDB's parse of a statement that may be run; throws `StatementRefused` for any other. */
export type Gate = (sql: string, brought: Brought) => Promise<string>;

/** A database that holds nothing and runs no statement: it parses, and says what DuckDB knows by name. */
export async function openGate(): Promise<Gate> {
  const connection = await (await openDatabase()).connect();
  await set(connection, lockSettings([]));
  const vocabulary = await vocabularyOf(connection);
  return async (sql, brought) => {
    const [[parsed] = []] = await values(connection, 'SELECT json_serialize_sql($1::VARCHAR)', [sql]);
    const views = [...Object.keys(VIEWS), ...brought.tables.map(({ name }) => name)];
    const parameters = brought.values.map(({ name }) => name);
    admitStatement(String(parsed), { ...vocabulary, views: new Set(views), parameters: new Set(parameters) });
    return String(parsed);
  };
}

async function vocabularyOf(connection: DuckDBConnection): Promise<Pick<Vocabulary, 'functions' | 'relations'>> {
  const functions = await values(
    connection,
    'SELECT function_name, function_type, bool_or(has_side_effects) FROM duckdb_functions() GROUP BY ALL',
  );
  const relations = await values(
    connection,
    'SELECT lower(view_name) FROM duckdb_views() UNION SELECT lower(table_name) FROM duckdb_tables()',
  );
  const known = functions.map(([name, kind, sideEffects]) => ({
    ...{ name: String(name), kind: String(kind) },
    volatile: sideEffects === true,
  }));
  return { functions: allowedFunctions(known), relations: new Set(relations.map(([name]) => String(name))) };
}
