import { readLines } from '../files/line-reader.ts';
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

/** What is told of a file while it is read. */
export type Exported =
  | { readonly kind: 'lines'; readonly text: string }
  /** So many lines are no records; a damaged rest of a sealed file counts as one. */
  | { readonly kind: 'left-out'; readonly count: number };

/** About so many characters are passed on at once. */
const CHUNK_CHARS = 256 * 1024;

/** One file's records as JSON lines, in pieces, and in the end what was left out. Throws the file system's error. */
export function* exportFile(path: string, order: ExportOrder): Generator<Exported, void, undefined> {
  const convert = FORMATS[order.as];
  const isWithin = within(order);
  let text = '';
  let bad = 0;
  try {
    for (const { bytes } of readLines(path)) {
      const record = parseRecord(bytes);
      if (record === null) bad += 1;
      else if (isWithin(record)) text += `${JSON.stringify(convert(record))}\n`;
      if (text.length < CHUNK_CHARS) continue;
      yield { kind: 'lines', text };
      text = '';
    }
  } catch (error) {
    if (!(error instanceof SealDamaged)) throw error;
    bad += 1;
  }
  if (text !== '') yield { kind: 'lines', text };
  if (bad > 0) yield { kind: 'left-out', count: bad };
}

function within({ since, until }: ExportOrder): (record: ExportedRecord) => boolean {
  const [from, to] = [
    (since?.getTime() ?? Number.NEGATIVE_INFINITY) * 1000,
    (until?.getTime() ?? Number.POSITIVE_INFINITY) * 1000,
  ];
  return (record) => {
    const at = microseconds(record);
    return at >= from && at < to;
  };
}
