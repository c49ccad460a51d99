import type { FoundFile } from '../files/chosen-files.ts';
import { type RawLine, readLines } from '../files/line-reader.ts';
import { SealDamaged } from '../files/log-bytes.ts';
import { toEcs } from './ecs.ts';
import { type ExportedRecord, microseconds, parseRecord } from './exported-record.ts';
import { toOcsf } from './ocsf.ts';
import { toOtel } from './otel.ts';

export type ExportFormat = 'ocsf' | 'otel' | 'ecs';

const FORMATS: Readonly<Record<ExportFormat, (record: ExportedRecord) => Readonly<Record<string, unknown>>>> = {
  ocsf: toOcsf,
  otel: toOtel,
  ecs: toEcs,
};

/** Which records, and as what. */
export interface ExportOrder {
  readonly as: ExportFormat;
  /** Only records from this moment on; null for all. */
  readonly since: Date | null;
  /** Only records before this moment; null for all. */
  readonly until: Date | null;
}

/** A place in a file between two lines. */
export interface Place {
  /** Of the file as it was written. */
  readonly byte: number;
  /** Of the last record before it, in this file or those before; 0 without one. */
  readonly seq: number;
}

/** What is told of a file while it is read. */
export type Exported =
  /** The records up to a place; the text may be empty. */
  | { readonly kind: 'lines'; readonly text: string; readonly to: Place }
  /** So many lines are no records; a damaged rest of a sealed file counts as one. */
  | { readonly kind: 'left-out'; readonly count: number }
  /** The last line has no end yet. */
  | { readonly kind: 'unfinished' }
  /** The records between these two are in no file. */
  | { readonly kind: 'gap'; readonly after: number; readonly before: number };

/** About so many bytes of the log are passed on at once. */
const PIECE_BYTES = 256 * 1024;

/** A file's records from a place on, in pieces; none of one that was removed. Throws the file system's error. */
export function* exportFile(file: FoundFile, from: Place, order: ExportOrder): Generator<Exported, void, undefined> {
  const convert = createConversion(order);
  let text = '';
  let pieceFrom = from.byte;
  let to = from;
  let bad = 0;
  for (const line of soundLines(file.path, from.byte)) {
    if (line !== null && file.live && !line.ended) {
      yield { kind: 'unfinished' };
      break;
    }
    const converted = line === null ? null : convert(line.bytes);
    bad += Number(converted === null);
    yield* gapsBetween(to.seq, converted?.seq ?? 0);
    text += converted?.text ?? '';
    to = { byte: line === null ? to.byte : endOf(line), seq: converted?.seq ?? to.seq };
    if (to.byte - pieceFrom < PIECE_BYTES) continue;
    yield { kind: 'lines', text, to };
    text = '';
    pieceFrom = to.byte;
  }
  yield { kind: 'lines', text, to };
  if (bad > 0) yield { kind: 'left-out', count: bad };
}

/** Null stands for the rest of a sealed file that is damaged there. */
function* soundLines(path: string, from: number): Generator<RawLine | null, void, undefined> {
  try {
    yield* readLines(path, from);
  } catch (error) {
    if (error instanceof SealDamaged) yield null;
    else if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}

function gapsBetween(after: number, before: number): readonly Exported[] {
  return after > 0 && before > after + 1 ? [{ kind: 'gap', after, before }] : [];
}

function endOf({ byte, length, ended }: RawLine): number {
  return byte + length + Number(ended);
}

interface Converted {
  readonly seq: number;
  /** Empty of a record that was not asked for. */
  readonly text: string;
}

/** Null for a line that is no record. */
function createConversion({ as, since, until }: ExportOrder): (line: Buffer) => Converted | null {
  const convert = FORMATS[as];
  const from = (since?.getTime() ?? Number.NEGATIVE_INFINITY) * 1000;
  const to = (until?.getTime() ?? Number.POSITIVE_INFINITY) * 1000;
  return (line) => {
    const record = parseRecord(line);
    if (record === null) return null;
    const at = microseconds(record);
    return { seq: record.seq, text: at >= from && at < to ? `${JSON.stringify(convert(record))}\n` : '' };
  };
}
