import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import type { ContentMode } from '../../../src/config/audit-settings.ts';
import { call, filesIn, folder, linesOf, openLog } from '../log.ts';
import { auditSettings } from '../settings.ts';

const PIECES = [
  '\\ud800',
  '\\udc00\\ud800',
  '\\u0000',
  '\\u2028\\u2029\\u0085',
  '\u2028\u0085\ufeff',
  '\\"},{\\"v\\":9',
  '\\u001b[31m',
  '🙂',
  '\\\\',
  '=1+1',
  'password=hunter22',
] as const;
const NUMBERS = ['1e400', '-0', '12345678901234567890', '1.0', '1E-400', '0.1e1'] as const;
const NAMES = ['__proto__', 'a', 'a', 'constructor', '', 'args', 'prev', 'token', '\\ud800', '\\u0000'] as const;

/** A generator anyone can run again from its seed (mulberry32). */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

type Pick = (below: number) => number;

function jsonText(pick: Pick, depth: number): string {
  const one = <T>(all: readonly T[]): T => all[pick(all.length)] as T;
  const several = (make: () => string): string => Array.from({ length: pick(4) }, make).join(',');
  switch (pick(depth > 40 ? 3 : 6)) {
    case 0:
      return one(NUMBERS);
    case 1:
      return `"${one(PIECES)}${one(PIECES).repeat(pick(30) === 0 ? 900 : 1)}"`;
    case 2:
      return one(['true', 'false', 'null']);
    case 3:
      return `[${several(() => jsonText(pick, depth + 1))}]`;
    default:
      return objectText(pick, depth);
  }
}

function objectText(pick: Pick, depth: number): string {
  const members = Array.from({ length: pick(5) }, () => {
    const name = NAMES[pick(NAMES.length)];
    return `"${name}":${jsonText(pick, depth + 1)}`;
  });
  return `{${members.join(',')}}`;
}

test('JSON.parse and DuckDB read the same from every line, whatever the arguments hold', async (t) => {
  const dir = folder(t);
  const log = await openLog(t, dir, { settings: { durability: 'flush' } });
  const pick = random(20_261_122);
  const modes: readonly ContentMode[] = ['redact', 'full'];
  const deep = `${'{"a":'.repeat(60)}1${'}'.repeat(60)}`;
  const sent = [deep, ...Array.from({ length: 400 }, () => objectText(pick, 0))];
  for (const text of sent) {
    const mode = modes[pick(2)] ?? 'redact';
    const redaction = { ...auditSettings.otherwise, arguments: mode, results: mode };
    const hostile = JSON.parse(`"${PIECES[pick(PIECES.length)]}"`) as string;
    const [args, res] = [Buffer.from(text), Buffer.from(text)];
    await log.record(call(hostile, { args, res, redaction, err: hostile, groups: [hostile], detail: { hostile } }));
  }
  await log.close();
  const lines = filesIn(dir).flatMap(linesOf);
  const records = lines.map((line) => JSON.parse(line));
  assert(lines.every((line) => Buffer.byteLength(line) <= 64 * 1024));
  const bad = lines.filter((line) => !line.startsWith('{"v":1,') || /[\p{Cc}\u2028\u2029]|\\ud[89a-f]/iu.test(line));
  assert.deepEqual(bad, []);
  const found = await readByDuckDb(dir);
  assert.equal(found.length, records.length);
  for (const [index, { seq, tool, err, groups, args, res, detail, prev }] of records.entries()) {
    const row = found[index] ?? {};
    assert.deepEqual([row['seq'], row['tool'], row['err'], row['prev']], [String(seq), tool, err, prev]);
    assert.deepEqual(row['groups'], groups);
    for (const [name, value] of Object.entries({ args, res, detail }))
      assert.deepEqual(JSON.parse(String(row[name])), value);
  }
});

async function readByDuckDb(dir: string): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  try {
    const columns =
      "{v: 'INT', seq: 'BIGINT', tool: 'VARCHAR', err: 'VARCHAR', groups: 'VARCHAR[]', args: 'JSON', res: 'JSON', detail: 'JSON', prev: 'VARCHAR'}";
    const reader = await connection.runAndReadAll(
      `SELECT * FROM read_json('${dir}/dt=*/*.jsonl', format = 'newline_delimited', records = true, columns = ${columns}) ORDER BY seq`,
    );
    return reader.getRowObjectsJson();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
