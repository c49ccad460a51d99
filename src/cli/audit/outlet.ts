import { type FileHandle, open, rm } from 'node:fs/promises';
import { extname } from 'node:path';
import type { AnswerColumn, Row } from '../../audit/answer/answer.ts';
import { createParquetFile } from '../../audit/answer/parquet.ts';
import { createRendering, TEXT_FORMATS, type TextFormat } from '../../audit/answer/text.ts';
import type { SandboxLimits } from '../../audit/query/sandbox.ts';
import { type Io, UsageError } from '../command.ts';

/** What `--format` may say. */
export type Format = TextFormat | 'parquet';
const FORMATS: readonly Format[] = [...TEXT_FORMATS, 'parquet'];

const ENDINGS: Readonly<Record<string, Format>> = {
  '.csv': 'csv',
  '.json': 'json',
  '.jsonl': 'jsonl',
  '.md': 'markdown',
  '.html': 'html',
  '.parquet': 'parquet',
};

/** `--format`, else what the ending of `--out` says, else a table. */
export function readFormat(format: unknown, out: string | null): Format {
  if (format === undefined) return ENDINGS[extname(out ?? '')] ?? 'table';
  const known = FORMATS.find((one) => one === format);
  if (known === undefined) throw new UsageError(`--format is one of ${FORMATS.join(', ')}, not "${String(format)}"`);
  if (known === 'parquet' && out === null) throw new UsageError('--format parquet needs --out FILE');
  return known;
}

/** Where an answer is put, whatever its format. */
export interface AnswerOutlet {
  columns(columns: readonly AnswerColumn[]): void;
  /** Resolves to false when nobody reads on. */
  rows(rows: readonly Row[]): Promise<boolean>;
  /** The answer is complete: `count` rows. */
  finish(count: number, signal?: AbortSignal): Promise<void>;
  /** It never will be: what was begun is taken away. */
  discard(): Promise<void>;
}

export interface OutletParts {
  readonly format: Format;
  /** Path of a new file; null for the terminal or pipe. */
  readonly out: string | null;
  readonly sql: string;
  readonly io: Io;
  readonly limits: SandboxLimits;
}

/** Throws `UsageError` when the file cannot be begun: it is there already, or its folder is not. */
export async function openOutlet(parts: OutletParts): Promise<AnswerOutlet> {
  const { format, out, io, sql } = parts;
  if (out === null) {
    // A terminal that does not know its width says 0.
    const width = io.isTty ? io.columns || 80 : null;
    return textOutlet(createRendering(textFormat(format), { width, sql }), {
      // A terminal's table has its own end; a pipe that was closed takes nothing more.
      write: async (text) => io.out(text),
      isOpen: () => process.stdout.writable,
    });
  }
  const file = await open(out, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'EEXIST' ? 'is there already: name a new file' : `cannot be made: ${error.message}`;
    throw new UsageError(`${out} ${why}`, { cause: error });
  });
  return format === 'parquet' ? parquetOutlet(out, file, parts.limits) : fileOutlet({ ...parts, out }, file);
}

function textFormat(format: Format): TextFormat {
  if (format === 'parquet') throw new UsageError('--format parquet needs --out FILE');
  return format;
}

interface Writing {
  write(text: string): Promise<void>;
  isOpen(): boolean;
}

function textOutlet(rendering: ReturnType<typeof createRendering>, { write, isOpen }: Writing): AnswerOutlet {
  let head = '';
  return {
    columns: (columns) => {
      head = rendering.begin(columns);
    },
    rows: async (rows) => {
      await write(head + rendering.rows(rows));
      head = '';
      return isOpen();
    },
    finish: async (count) => write(head + rendering.end(count)),
    discard: async () => undefined,
  };
}

function fileOutlet({ format, out, sql }: OutletParts & { readonly out: string }, file: FileHandle): AnswerOutlet {
  const writing = { write: async (text: string) => file.writeFile(text), isOpen: () => true };
  const text = textOutlet(createRendering(textFormat(format), { width: null, sql }), writing);
  return {
    ...text,
    finish: async (count) => {
      await text.finish(count);
      await file.close();
    },
    discard: async () => {
      await file.close();
      await rm(out, { force: true });
    },
  };
}

/** The name is taken before the rows are asked for, and given to the finished file in the end. */
async function parquetOutlet(out: string, file: FileHandle, limits: SandboxLimits): Promise<AnswerOutlet> {
  await file.close();
  const parquet = await createParquetFile(limits);
  return {
    columns: parquet.begin,
    rows: async (rows) => {
      await parquet.rows(rows);
      return true;
    },
    finish: async (_count, signal) => {
      await rm(out);
      await parquet.finish(out, signal);
      await parquet.discard();
    },
    discard: async () => {
      await parquet.discard();
      await rm(out, { force: true });
    },
  };
}
