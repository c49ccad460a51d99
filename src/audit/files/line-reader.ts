import { readChunks } from './log-bytes.ts';

/** A line as it stands in its file. */
export interface RawLine {
  /** Without line feed; only good until the next line is asked for. */
  readonly bytes: Buffer;
  /** Where it begins, in bytes of the file as it was written. */
  readonly byte: number;
  /** Counts from 1. */
  readonly number: number;
  /** It ends with a line feed; false only for the last. */
  readonly ended: boolean;
}

const LINE_FEED = 0x0a;
const BUFFER_BYTES = 2 * 1024 * 1024;

/**
 * The lines of a file, sealed or not, in a buffer that grows with the longest of them. Synchronous: only commands read
 * whole logs, and a promise a line would cost more than its hash. Throws as `readChunks`.
 */
export function* readLines(path: string): Generator<RawLine, void, undefined> {
  let buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  let filled = 0;
  let byte = 0;
  let number = 0;
  for (const chunk of readChunks(path)) {
    while (filled + chunk.length > buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2);
    chunk.copy(buffer, filled);
    filled += chunk.length;
    let start = 0;
    for (let end = find(buffer, start, filled); end >= 0; end = find(buffer, start, filled)) {
      number += 1;
      yield { bytes: buffer.subarray(start, end), byte: byte + start, number, ended: true };
      start = end + 1;
    }
    byte += start;
    buffer.copyWithin(0, start, filled);
    filled -= start;
  }
  if (filled > 0) yield { bytes: buffer.subarray(0, filled), byte, number: number + 1, ended: false };
}

/** Past `filled` the buffer holds what an earlier chunk left there. */
function find(buffer: Buffer, start: number, filled: number): number {
  const at = buffer.indexOf(LINE_FEED, start);
  return at < filled ? at : -1;
}
