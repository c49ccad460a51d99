import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { COLUMNS, type ColumnKind } from '../../../src/audit/record/columns.ts';

/**
 * Tables over the archive for other engines, generated from the column table into `deploy/sql/`. After a change of the
 * columns, write them anew: `node --import tsx test/audit/ddl.ts --write`.
 */
interface Dialect {
  readonly types: Readonly<Record<ColumnKind, string>>;
  readonly quote: string;
  /** Around the columns. */
  readonly before: string;
  readonly after: string;
}

const FOLDER = 'deploy/sql';
const HEAD = `-- Generated from src/audit/record/columns.ts over the archive of gatehouse audit archive:
-- parquet/dt=YYYY-MM-DD/part-0.parquet. args, res and detail hold JSON as text.
-- Put your own place for BUCKET.
`;
const HIVE = {
  text: 'string',
  list: 'array<string>',
  integer: 'bigint',
  number: 'double',
  time: 'timestamp',
  json: 'string',
};

const DIALECTS: Readonly<Record<string, Dialect>> = {
  athena: {
    types: HIVE,
    quote: '`',
    before: 'CREATE EXTERNAL TABLE gatehouse_audit (',
    after: `)
PARTITIONED BY (dt string)
STORED AS PARQUET
LOCATION 's3://BUCKET/audit/parquet/'
TBLPROPERTIES (
  'projection.enabled' = 'true',
  'projection.dt.type' = 'date',
  'projection.dt.format' = 'yyyy-MM-dd',
  'projection.dt.range' = '2026-01-01,NOW',
  'storage.location.template' = 's3://BUCKET/audit/parquet/dt=\${dt}/'
);
`,
  },
  trino: {
    types: {
      ...{ text: 'varchar', list: 'array(varchar)', integer: 'bigint', number: 'double' },
      ...{ time: 'timestamp(6)', json: 'varchar' },
    },
    quote: '"',
    before: 'CREATE TABLE hive.audit.gatehouse_audit (',
    after: `,
  "dt" varchar
)
WITH (
  external_location = 's3://BUCKET/audit/parquet/',
  format = 'PARQUET',
  partitioned_by = ARRAY['dt']
);
CALL hive.system.sync_partition_metadata('audit', 'gatehouse_audit', 'ADD');
`,
  },
  clickhouse: {
    types: {
      ...{ text: 'Nullable(String)', list: 'Array(Nullable(String))', integer: 'Nullable(Int64)' },
      ...{ number: 'Nullable(Float64)', time: "Nullable(DateTime64(6, 'UTC'))", json: 'Nullable(String)' },
    },
    quote: '`',
    before: 'CREATE TABLE gatehouse_audit (',
    after: `)
ENGINE = S3('https://BUCKET.s3.amazonaws.com/audit/parquet/dt=*/part-0.parquet', 'Parquet');
`,
  },
  spark: {
    types: { ...HIVE, time: 'timestamp_ntz' },
    quote: '`',
    before: 'CREATE TABLE gatehouse_audit (',
    after: `,
  \`dt\` string
)
USING parquet
PARTITIONED BY (dt)
LOCATION 's3://BUCKET/audit/parquet/';
MSCK REPAIR TABLE gatehouse_audit;
`,
  },
};

export const ENGINES: readonly string[] = Object.keys(DIALECTS);

export function ddlText(engine: string): string {
  const dialect = DIALECTS[engine];
  if (dialect === undefined) throw new Error(`there is no dialect of ${engine}`);
  const { types, quote, before, after } = dialect;
  const columns = Object.entries(COLUMNS).map(([name, { kind }]) => `  ${quote}${name}${quote} ${types[kind]}`);
  const end = after.startsWith(')') ? '\n' : '';
  return `${HEAD}${before}\n${columns.join(',\n')}${end}${after}`;
}

export function writtenDdl(engine: string): string {
  return readFileSync(join(FOLDER, `${engine}.sql`), 'utf8');
}

if (process.argv.includes('--write')) {
  for (const engine of ENGINES) writeFileSync(join(FOLDER, `${engine}.sql`), ddlText(engine));
}
