import { readLines } from '../files/line-reader.ts';
import { byWriter, type LogFile, listLogFiles } from '../files/log-files.ts';

/** What a record is called: `acme-1a2b3c4d:17`. */
export interface RecordName {
  readonly writer: string;
  readonly seq: number;
}

/** A record as it was parsed; nothing is known of its members. */
export type RawRecord = Readonly<Record<string, unknown>>;

export type FoundRecord =
  | { readonly kind: 'found'; readonly record: RawRecord }
  /** The line of this number is no record. */
  | { readonly kind: 'damaged'; readonly file: string; readonly line: number }
  | { readonly kind: 'no-record' }
  /** No file is of this writer; there are files of `writers`. */
  | { readonly kind: 'no-writer'; readonly writers: readonly string[] };

/** So much of a line holds `v` and `seq`, which come first. */
const headBytesMax = 48;

/** Looks one record up in the logs of these folders. Throws the file system's error for a file that cannot be read. */
export async function findRecord(dirs: readonly string[], { writer, seq }: RecordName): Promise<FoundRecord> {
  const chains = byWriter(await listLogFiles(dirs));
  const files = chains.get(writer);
  if (files === undefined) return { kind: 'no-writer', writers: [...chains.keys()] };
  // A file's records come after those of all before it: the last that does not begin later holds this one.
  const file = files.findLast((each) => beginning(each) <= seq) ?? files[0];
  return file === undefined ? { kind: 'no-record' } : findIn(file, seq);
}

/** The `seq` of the first record; nothing when that is no record. */
function beginning({ path }: LogFile): number {
  for (const { bytes } of readLines(path)) return seqOf(bytes) ?? Number.NEGATIVE_INFINITY;
  return Number.POSITIVE_INFINITY;
}

function findIn({ path }: LogFile, seq: number): FoundRecord {
  for (const { bytes, number } of readLines(path)) {
    if (seqOf(bytes) !== seq) continue;
    const record = parse(bytes);
    return record === null ? { kind: 'damaged', file: path, line: number } : { kind: 'found', record };
  }
  return { kind: 'no-record' };
}

/** Without parsing all of the line. */
function seqOf(bytes: Buffer): number | null {
  const [, seq] = /^\{"v":\d+,"seq":(\d+),/.exec(bytes.toString('latin1', 0, headBytesMax)) ?? [];
  return seq === undefined ? null : Number(seq);
}

function parse(bytes: Buffer): RawRecord | null {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
