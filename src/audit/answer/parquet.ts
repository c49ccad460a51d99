import { constants } from 'node:fs';
import { copyFile, type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSandbox, type SandboxLimits } from '../query/sandbox.ts';
import type { AnswerColumn, Row } from './answer.ts';
import { type Cell, textOf } from './cell.ts';
import { uniqueNames } from './json.ts';

/** A Parquet file in the making. */
export interface ParquetFile {
  begin(columns: readonly AnswerColumn[]): void;
  rows(rows: readonly Row[]): Promise<void>;
  /** Makes the file at `path`, which must not be there. */
  finish(path: string, signal?: AbortSignal): Promise<void>;
  /** Removes what was gathered. */
  discard(): Promise<void>;
}

/**
 * Gathers rows as JSON lines in a folder of its own, and has a second process, which never sees the statement they
 * come from, make one Parquet file of them: plain types only, lists and structures as JSON text.
 */
export async function createParquetFile(limits: SandboxLimits): Promise<ParquetFile> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-parquet-'));
  const [from, to] = [join(folder, 'rows.jsonl'), join(folder, 'rows.parquet')];
  const gathered: FileHandle = await open(from, 'wx', 0o600);
  let columns: readonly (readonly [string, string])[] = [];

  return { begin, rows, finish, discard };

  function begin(told: readonly AnswerColumn[]): void {
    const names = uniqueNames(told.map(({ name }) => name));
    columns = told.map(({ type }, index) => [names[index] ?? '', parquetType(type)]);
  }

  async function rows(some: readonly Row[]): Promise<void> {
    const lines = some.map((row) => `{${row.map(member).join(',')}}\n`);
    await gathered.writeFile(lines.join(''));
  }

  function member(cell: Cell, index: number): string {
    const [name = '', type] = columns[index] ?? [];
    const value = type === 'VARCHAR' && cell !== null ? textOf(cell) : cell;
    return `${JSON.stringify(name)}:${JSON.stringify(value)}`;
  }

  async function finish(path: string, signal?: AbortSignal): Promise<void> {
    await gathered.close();
    const sandbox = createSandbox(limits);
    try {
      await sandbox.convert({ from, to, columns }, signal);
    } finally {
      await sandbox.close();
    }
    await copyFile(to, path, constants.COPYFILE_EXCL);
  }

  async function discard(): Promise<void> {
    await gathered.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const KEPT = /^(?:BOOLEAN|DATE|DOUBLE|DECIMAL\(\d+,\s?\d+\))$/;
const INTEGER = /^(?:U?(?:TINY|SMALL)INT|U?INTEGER|BIGINT)$/;

/** Integers beyond 64 bits keep all their digits: Parquet itself has none so wide. */
function parquetType(type: string): string {
  if (KEPT.test(type)) return type;
  if (INTEGER.test(type)) return 'BIGINT';
  if (type === 'FLOAT') return 'DOUBLE';
  if (type === 'HUGEINT' || type === 'UBIGINT') return 'DECIMAL(38,0)';
  return type.startsWith('TIMESTAMP') ? 'TIMESTAMP' : 'VARCHAR';
}
