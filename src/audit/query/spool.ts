import { closeSync, openSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { Row } from '../answer/answer.ts';
import { writeWhole } from './write-whole.ts';

/** Rows kept in a file of the process that asks, until it is certain that they may be told. */
export interface Spool {
  /** False when it is full: then nothing more is taken. */
  add(rows: readonly Row[]): boolean;
  /** All of them, as they were added. */
  batches(): Generator<readonly Row[], void, undefined>;
  /** Removes the file. */
  close(): void;
}

/** As much as a statement may spill besides. */
const BYTES_MAX = 4 * 1024 * 1024 * 1024;
const LENGTH_BYTES = 4;

/** The file is made with the first rows; `folder` is the process's own. Default: 4 GiB. */
export function createSpool(folder: string, bytesMax: number = BYTES_MAX): Spool {
  const path = join(folder, 'answer.rows');
  let file: number | null = null;
  let bytes = 0;
  return {
    add(rows) {
      const text = serialize(rows);
      if (bytes + LENGTH_BYTES + text.length > bytesMax) return false;
      file ??= openSync(path, 'wx+', 0o600);
      const length = Buffer.alloc(LENGTH_BYTES);
      length.writeUInt32LE(text.length);
      for (const part of [length, text]) {
        writeWhole(file, part, { position: bytes });
        bytes += part.length;
      }
      return true;
    },
    *batches() {
      for (let at = 0; file !== null && at < bytes; ) {
        const length = readAt(file, at, LENGTH_BYTES).readUInt32LE();
        // What `add` wrote.
        yield deserialize(readAt(file, at + LENGTH_BYTES, length)) as readonly Row[];
        at += LENGTH_BYTES + length;
      }
    },
    close() {
      if (file === null) return;
      closeSync(file);
      rmSync(path);
      file = null;
    },
  };
}

function readAt(file: number, position: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(length);
  readSync(file, buffer, 0, length, position);
  return buffer;
}
