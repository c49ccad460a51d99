import { closeSync, openSync, readSync } from 'node:fs';

/** A line as it stands in its file. */
export interface RawLine {
  /** Without line feed; only good until the next line is asked for. */
  readonly bytes: Buffer;
  /** Where it begins, in bytes. */
  readonly byte: number;
  /** Counts from 1. */
  readonly number: number;
  /** It ends with a line feed; false only for the last. */
  readonly ended: boolean;
}

const LINE_FEED = 0x0a;
const CHUNK_BYTES = 1024 * 1024;

/**
 * The lines of a file, in a buffer that grows with the longest of them. Synchronous: only commands read whole logs,
 * and a promise a line would cost more than its hash.
 */
export function* readLines(path: string): Generator<RawLine, void, undefined> {
  const file = openSync(path, 'r');
  try {
    let buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    let filled = 0;
    let byte = 0;
    let number = 0;
    for (;;) {
      const got = readSync(file, buffer, filled, buffer.length - filled, null);
      if (got === 0) break;
      filled += got;
      let start = 0;
      for (let end = find(buffer, start, filled); end >= 0; end = find(buffer, start, filled)) {
        number += 1;
        yield { bytes: buffer.subarray(start, end), byte: byte + start, number, ended: true };
        start = end + 1;
      }
      byte += start;
      buffer.copyWithin(0, start, filled);
      filled -= start;
      if (filled === buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2);
    }
    if (filled > 0) yield { bytes: buffer.subarray(0, filled), byte, number: number + 1, ended: false };
  } finally {
    closeSync(file);
  }
}

/** Past `filled` the buffer holds what an earlier chunk left there. */
function find(buffer: Buffer, start: number, filled: number): number {
  const at = buffer.indexOf(LINE_FEED, start);
  return at < filled ? at : -1;
}
