import { writeSync } from 'node:fs';

/** Where in a file, by default where it stands, and how to write there. */
export interface WriteAt {
  readonly position?: number | null;
  /** Returns how many bytes were taken, which may be fewer. */
  readonly write?: (file: number, bytes: Uint8Array, position: number | null) => number;
}

/** Writes all of it: one write may take a part only, as on a disk that is filling. Throws the file system's error. */
export function writeWhole(file: number, bytes: Uint8Array, { position = null, write = once }: WriteAt = {}): void {
  for (let written = 0; written < bytes.length; ) {
    const taken = write(file, bytes.subarray(written), position === null ? null : position + written);
    if (taken === 0) throw new Error('the disk accepts no more bytes');
    written += taken;
  }
}

function once(file: number, bytes: Uint8Array, position: number | null): number {
  return writeSync(file, bytes, 0, bytes.length, position);
}
