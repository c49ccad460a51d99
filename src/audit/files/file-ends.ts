import { readChunks, readTail, SealDamaged } from './log-bytes.ts';
import { byWriter, type LogFile } from './log-files.ts';

/** What the first and last record of a file say. */
export interface FileEnds {
  readonly file: LogFile;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** ISO 8601 in UTC. */
  readonly firstTs: string;
  readonly lastTs: string;
  /** Version of the record's shape. */
  readonly version: number;
}

/** Records of a writer that are in none of its files, though files before and after are there. */
export interface SequenceGap {
  readonly writer: string;
  /** The last record before the gap and the first after it. */
  readonly after: number;
  readonly before: number;
  /** Path of the file that begins after it. */
  readonly file: string;
}

/** Longer than any record. */
const END_BYTES = 64 * 1024;

/** Of each file that has them: an empty file, or one whose ends are damaged, has none. */
export function readEnds(files: readonly LogFile[]): readonly FileEnds[] {
  return files.map(endsOf).filter((found) => found !== null);
}

/** Gaps between files that stand next to each other; `audit verify` looks within them too. */
export function sequenceGaps(ends: readonly FileEnds[]): readonly SequenceGap[] {
  const byFile = new Map(ends.map((found) => [found.file, found]));
  return [...byWriter(ends.map(({ file }) => file)).values()].flatMap((chain) =>
    chain.slice(1).flatMap((file, index): SequenceGap[] => {
      const before = chain[index] === undefined ? undefined : byFile.get(chain[index]);
      const after = byFile.get(file);
      if (before === undefined || after === undefined || after.firstSeq <= before.lastSeq + 1) return [];
      return [{ writer: file.writer, after: before.lastSeq, before: after.firstSeq, file: file.path }];
    }),
  );
}

function endsOf(file: LogFile): FileEnds | null {
  try {
    const head = firstBytes(file.path);
    const tail = readTail(file.path, END_BYTES).toString();
    const first = recordOf(head.slice(0, head.indexOf('\n') + 1));
    const whole = tail.slice(0, tail.lastIndexOf('\n'));
    const last = recordOf(whole.slice(whole.lastIndexOf('\n') + 1));
    if (first === null || last === null) return null;
    const seqs = { firstSeq: first.seq, lastSeq: last.seq };
    return { file, ...seqs, firstTs: first.ts, lastTs: last.ts, version: Math.max(first.v, last.v) };
  } catch (error) {
    if (error instanceof SealDamaged) return null;
    throw error;
  }
}

function firstBytes(path: string): string {
  for (const chunk of readChunks(path)) return chunk.toString('utf8', 0, END_BYTES);
  return '';
}

function recordOf(line: string): { readonly v: number; readonly seq: number; readonly ts: string } | null {
  try {
    const { v, seq, ts }: Readonly<Record<string, unknown>> = JSON.parse(line);
    if (typeof v !== 'number' || typeof seq !== 'number' || typeof ts !== 'string') return null;
    return Number.isNaN(Date.parse(ts)) ? null : { v, seq, ts };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return null;
    throw error;
  }
}
