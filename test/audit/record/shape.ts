import { readFileSync, writeFileSync } from 'node:fs';
import { COLUMNS, type Column } from '../../../src/audit/record/columns.ts';

/**
 * What is generated from the column table: `schema/audit-record.schema.json` and the table in `audit/record.md`.
 * After a change of the columns, write them anew: `node --import tsx test/audit/record/shape.ts --write`.
 */
const SCHEMA = 'schema/audit-record.schema.json';
const DOCUMENT = 'audit/record.md';
const TABLE = /(?<=<!-- columns -->\n)[\s\S]*(?=<!-- end -->)/;

const REQUIRED = ['v', 'seq', 'ts', 'ev', 'writer', 'prev'];
const PATTERNS: Readonly<Record<string, object>> = {
  v: { const: 1 },
  seq: { minimum: 1 },
  ts: { pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{6}Z$' },
  writer: { pattern: '-[0-9a-f]{8}$' },
  prev: { pattern: '^[A-Za-z0-9_-]{43}$' },
};
const TYPES: Readonly<Record<Column['kind'], object>> = {
  text: { type: 'string' },
  time: { type: 'string' },
  list: { type: 'array', items: { type: 'string' } },
  integer: { type: ['integer', 'null'] },
  number: { type: ['number', 'null'] },
  json: {},
};

export function schemaText(): string {
  const properties = Object.entries(COLUMNS).map(([name, column]) => {
    const { kind, max, values, about } = column;
    const bound = max === undefined ? {} : kind === 'list' ? { maxItems: 64 } : { maxLength: max };
    const type = REQUIRED.includes(name) && kind === 'integer' ? { type: 'integer' } : TYPES[kind];
    const closed = values === undefined ? bound : { enum: values };
    return [name, { description: about, ...type, ...closed, ...PATTERNS[name] }];
  });
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Gatehouse audit record',
    description: 'One line of the audit log. Generated from src/audit/record/columns.ts.',
    type: 'object',
    required: REQUIRED,
    additionalProperties: false,
    properties: Object.fromEntries(properties),
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

export function documentText(): string {
  const rows = Object.entries(COLUMNS).map(([name, { kind, max, values, about }]) => {
    const bound = max === undefined ? '' : ` ≤ ${max}`;
    const among = values === undefined ? '' : ` One of ${values.map((value) => `\`${value}\``).join(', ')}.`;
    return `| \`${name}\` | ${kind}${values === undefined ? bound : ''} | ${about}${among} |\n`;
  });
  const table = `\n| Field | Holds | Meaning |\n| --- | --- | --- |\n${rows.join('')}\n`;
  return readFileSync(DOCUMENT, 'utf8').replace(TABLE, () => table);
}

export function writtenShapes(): { readonly schema: string; readonly document: string } {
  return { schema: readFileSync(SCHEMA, 'utf8'), document: readFileSync(DOCUMENT, 'utf8') };
}

if (process.argv.includes('--write')) {
  writeFileSync(SCHEMA, schemaText());
  writeFileSync(DOCUMENT, documentText());
}
