import { open } from 'node:fs/promises';
import { byWriter, type LogFile } from './log-files.ts';

/** What the first and last record of a file say. */
export interface FileEnds {
  readonly file: LogFile;
  readonly firstSeq: number;
  readonly lastSeq: number;
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
const AT_ONCE = 32;

/** Of each file that has them: an empty file, or one whose ends are damaged, has none. */
export async function readEnds(files: readonly LogFile[]): Promise<readonly FileEnds[]> {
  const ends: FileEnds[] = [];
  for (let at = 0; at < files.length; at += AT_ONCE) {
    const some = await Promise.all(files.slice(at, at + AT_ONCE).map(endsOf));
    ends.push(...some.filter((found) => found !== null));
  }
  return ends;
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

async function endsOf(file: LogFile): Promise<FileEnds | null> {
  const handle = await open(file.path);
  try {
    const { size } = await handle.stat();
    const buffer = Buffer.alloc(Math.min(size, END_BYTES));
    const head = buffer.toString('utf8', 0, (await handle.read(buffer, 0, buffer.length, 0)).bytesRead);
    const at = Math.max(0, size - END_BYTES);
    const tail = buffer.toString('utf8', 0, (await handle.read(buffer, 0, buffer.length, at)).bytesRead);
    const first = recordOf(head.slice(0, head.indexOf('\n') + 1));
    const whole = tail.slice(0, tail.lastIndexOf('\n'));
    const last = recordOf(whole.slice(whole.lastIndexOf('\n') + 1));
    if (first === null || last === null) return null;
    return { file, firstSeq: first.seq, lastSeq: last.seq, version: Math.max(first.v, last.v) };
  } finally {
    await handle.close();
  }
}

function recordOf(line: string): { readonly v: number; readonly seq: number } | null {
  try {
    const { v, seq }: { readonly v?: unknown; readonly seq?: unknown } = JSON.parse(line);
    return typeof v === 'number' && typeof seq === 'number' ? { v, seq } : null;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return null;
    throw error;
  }
}
