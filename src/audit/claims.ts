import type { PreviousHead } from './chain.ts';
import { readLines } from './line-reader.ts';
import type { LogFile } from './log-files.ts';

/** What one record says about the end of another chain or file, with the place it says so. */
export type Claim<T> = T & { readonly file: string; readonly line: number; readonly byte: number };

/** The log's own statements about where its parts end, read from the first records of every file. */
export interface Claims {
  /** By writer: what `gateway.start` records say of the chain before theirs. */
  readonly heads: ReadonlyMap<string, readonly Claim<PreviousHead>[]>;
  /** By file name: how many bytes of a given-up file are good, from `audit.recover`. */
  readonly goodBytes: ReadonlyMap<string, number>;
}

/** A start is a chain's first record, or its second when the first file failed; a recovery is a file's first. */
const FIRST_LINES = 2;
const MARK = /^.{0,80}"ev":"(?:gateway\.start|audit\.recover)"/;

export function readClaims(files: readonly LogFile[]): Claims {
  const heads = new Map<string, Claim<PreviousHead>[]>();
  const goodBytes = new Map<string, number>();
  for (const { path } of files) {
    for (const line of readLines(path)) {
      if (line.number > FIRST_LINES) break;
      const detail = readDetail(line.bytes);
      if (typeof detail['file'] === 'string') goodBytes.set(detail['file'], Number(detail['bytes']));
      if (typeof detail['prev_writer'] !== 'string') continue;
      // The writer's own words, on a line the chain covers: an edited one is found there.
      const head = detail as unknown as PreviousHead;
      const claim = { ...head, file: path, line: line.number, byte: line.byte };
      heads.set(head.prev_writer, [...(heads.get(head.prev_writer) ?? []), claim]);
    }
  }
  return { heads, goodBytes };
}

/** Empty for other records, and for what is not one: the verification itself reports those. */
function readDetail(line: Buffer): Record<string, unknown> {
  if (!MARK.test(line.toString('latin1', 0, Math.min(line.length, 160)))) return {};
  try {
    const record: { readonly detail?: Record<string, unknown> } = JSON.parse(line.toString());
    return record.detail ?? {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
