import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Basis } from '../query/query.ts';
import type { BroughtTable } from '../query/sandbox-messages.ts';
import { ReportMisused } from './question.ts';
import { isDate, type WantedTable } from './report.ts';

/** Rows brought along for one statement. */
export interface TableRows {
  readonly name: string;
  /** Names and DuckDB types. */
  readonly columns: BroughtTable['columns'];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** A table that was read from the log, and what it rests on; null when there was nothing to read. */
export interface TableOfLog {
  readonly table: TableRows;
  readonly basis: Basis | null;
}

/** Tables in a folder of their own, until `remove`. */
export interface KeptTables {
  readonly tables: readonly BroughtTable[];
  remove(): Promise<void>;
}

/** Writes the tables where a sandbox can take them in. */
export async function keepTables(all: readonly TableRows[]): Promise<KeptTables> {
  if (all.length === 0) return { tables: [], remove: async () => undefined };
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-report-'));
  const tables = all.map(({ name, columns }) => ({ name, columns, path: join(folder, `${name}.jsonl`) }));
  for (const [index, { rows }] of all.entries()) {
    const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    await writeFile(tables[index]?.path ?? '', text, { mode: 0o600, flag: 'wx' });
  }
  return { tables, remove: () => rm(folder, { recursive: true, force: true }) };
}

const ROWS_MAX = 1_000_000;

/** What a report gets that does without. */
export function emptyTable({ name, columns }: WantedTable): TableRows {
  return { name, columns: typesOf(columns), rows: [] };
}

/** What a CSV file (RFC 4180, with a header line) says for the wanted columns. Throws `ReportMisused` with its line. */
export function readTable({ name, columns }: WantedTable, text: string, file: string): TableRows {
  const [header, ...lines] = parseCsv(text.replace(/^\ufeff/, ''), file);
  const names = header?.fields.map((field) => field.trim().toLowerCase()) ?? [];
  const places = columns.map((column) => {
    const place = names.indexOf(column.name);
    if (place >= 0) return place;
    const wanted = columns.map((each) => each.name).join(', ');
    throw new ReportMisused(`${file}:1: expected columns ${wanted}; found ${names.join(', ') || 'nothing'}`);
  });
  const rows = lines.map(({ fields, number }) =>
    Object.fromEntries(
      columns.map((column, index) => {
        const value = fields[places[index] ?? 0]?.trim() ?? '';
        if (column.type === 'text' || isDate(value)) return [column.name, value];
        throw new ReportMisused(`${file}:${number}: ${column.name} is a day, as 2026-11-22, not "${value}"`);
      }),
    ),
  );
  return { name, columns: typesOf(columns), rows };
}

function typesOf(columns: WantedTable['columns']): TableRows['columns'] {
  return columns.map(({ name, type }) => [name, type === 'date' ? 'DATE' : 'VARCHAR']);
}

interface CsvRow {
  readonly fields: readonly string[];
  /** Of the line it begins in, from 1. */
  readonly number: number;
}

const FIELD = /("(?:[^"]|"")*"|[^",;\r\n]*)([,;]|\r?\n|$)/y;

function parseCsv(text: string, file: string): readonly CsvRow[] {
  const rows: CsvRow[] = [];
  let fields: string[] = [];
  let [line, begun] = [1, 1];
  FIELD.lastIndex = 0;
  while (FIELD.lastIndex < text.length) {
    const [whole, field = '', end = ''] = FIELD.exec(text) ?? [];
    if (whole === undefined) throw new ReportMisused(`${file}:${line}: a quote stands within a field, or has no end`);
    fields.push(field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field);
    line += whole.split('\n').length - 1;
    if (end === ',' || end === ';') continue;
    if (fields.length > 1 || fields[0]?.trim() !== '') rows.push({ fields, number: begun });
    if (rows.length > ROWS_MAX) throw new ReportMisused(`${file}: expected at most ${ROWS_MAX} rows`);
    fields = [];
    begun = line;
  }
  return rows;
}
