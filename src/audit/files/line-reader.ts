import { readChunks } from './log-bytes.ts';

/** A line as it stands in its file. */
export interface RawLine {
  /** Without line feed; only good until the next line is asked for. Empty of a line too long to be a record. */
  readonly bytes: Buffer;
  /** Of the line without its line feed, in bytes. */
  readonly length: number;
  /** Where it begins, in bytes of the file as it was written. */
  readonly byte: number;
  /** Counts from 1, where reading began. */
  readonly number: number;
  /** It ends with a line feed; false only for the last. */
  readonly ended: boolean;
}

/** In bytes: sixteen times the longest line the writer makes. What is longer is no record, and is not kept. */
export const LINE_BYTES_READ_MAX: number = 1024 * 1024;
const LINE_FEED = 0x0a;
const BUFFER_BYTES = 2 * 1024 * 1024;
const NOT_KEPT = Buffer.alloc(0);

/**
 * The lines of a file, sealed or not, from a byte of it on where a line begins. Synchronous: only commands read whole
 * logs, and a promise a line would cost more than its hash. Throws as `readChunks`.
 */
export function readLines(path: string, from = 0): Generator<RawLine, void, undefined> {
  return splitLines(readChunks(path, from), from);
}

/** The lines of these chunks, the first of which begins at `from`; in bounded memory, however long a line is. */
export function* splitLines(chunks: Iterable<Buffer>, from = 0): Generator<RawLine, void, undefined> {
  let buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  let filled = 0;
  /** Bytes of the line in the buffer that are not in it any more. */
  let dropped = 0;
  let byte = from;
  let number = 1;
  for (const chunk of chunks) {
    while (filled + chunk.length > buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2);
    chunk.copy(buffer, filled);
    filled += chunk.length;
    let start = 0;
    for (let end = find(buffer, start, filled); end >= 0; end = find(buffer, start, filled)) {
      const length = dropped + end - start;
      yield { bytes: kept(buffer.subarray(start, end), length), length, byte, number, ended: true };
      byte += length + 1;
      number += 1;
      start = end + 1;
      dropped = 0;
    }
    buffer.copyWithin(0, start, filled);
    filled -= start;
    if (dropped + filled <= LINE_BYTES_READ_MAX) continue;
    dropped += filled;
    filled = 0;
  }
  const length = dropped + filled;
  if (length > 0) yield { bytes: kept(buffer.subarray(0, filled), length), length, byte, number, ended: false };
}

function kept(bytes: Buffer, length: number): Buffer {
  return length > LINE_BYTES_READ_MAX ? NOT_KEPT : bytes;
}

/** Past `filled` the buffer holds what an earlier chunk left there. */
function find(buffer: Buffer, start: number, filled: number): number {
  const at = buffer.indexOf(LINE_FEED, start);
  return at < filled ? at : -1;
}
