import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { HEADER_BYTES, memberLength, readMember } from './gzip-members.ts';

/** A sealed file that cannot be decompressed: it was damaged. */
export class SealDamaged extends Error {
  override readonly name = 'SealDamaged';
  readonly code = 'audit_seal_damaged';
}

/** Something in the log's folder that has the name of a log file: a folder, a pipe, a socket. */
class NoFile extends Error {
  override readonly name = 'NoFile';
  readonly code = 'audit_no_file';
  /** What failed, as the file system's errors tell it. */
  readonly syscall = 'open';
}

/** Where a part of a file stands on the disk. */
interface Extent {
  readonly at: number;
  readonly length: number;
}

const CHUNK_BYTES = 1024 * 1024;
const SEALED = '.gz';

/**
 * The bytes of a log file as they were written, whether it was sealed since or not, from one of them on; each chunk is
 * only good until the next. Throws `SealDamaged`, `NoFile`, or the file system's error.
 */
export function* readChunks(path: string, from = 0): Generator<Buffer, void, undefined> {
  const opened = openLogFile(path);
  const { file } = opened;
  try {
    if (opened.sealed) return yield* unpackFrom(opened, from);
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    let at = from;
    for (;;) {
      const got = readSync(file, buffer, 0, CHUNK_BYTES, at);
      if (got === 0) return;
      at += got;
      yield buffer.subarray(0, got);
    }
  } finally {
    closeSync(file);
  }
}

/** What is before is not decompressed, as far as it tells its length. */
function* unpackFrom(opened: Opened, from: number): Generator<Buffer, void, undefined> {
  let at = 0;
  for (const extent of extentsOf(opened)) {
    const length = at < from ? rawLength(opened, extent) : 0;
    if (at >= from || at + length > from) yield unpack(opened, extent).subarray(Math.max(0, from - at));
    at += length;
  }
}

/** The last bytes of a log file: at least `bytes` of them, if there are so many. */
export function readTail(path: string, bytes: number): Buffer {
  const opened = openLogFile(path);
  try {
    if (!opened.sealed) {
      const { size } = fstatSync(opened.file);
      const length = Math.min(size, bytes);
      return readAt(opened.file, { at: size - length, length });
    }
    let tail = Buffer.alloc(0);
    for (const extent of [...extentsOf(opened)].reverse()) {
      if (tail.length >= bytes) break;
      tail = Buffer.concat([unpack(opened, extent), tail]);
    }
    return tail;
  } finally {
    closeSync(opened.file);
  }
}

/** Size of a log file as it was written, in bytes; of a damaged one, as far as it can be told. */
export function logSize(path: string): number {
  const opened = openLogFile(path);
  let size = 0;
  try {
    if (!opened.sealed) return fstatSync(opened.file).size;
    for (const extent of extentsOf(opened)) size += rawLength(opened, extent);
    return size;
  } catch (error) {
    if (error instanceof SealDamaged) return size;
    throw error;
  } finally {
    closeSync(opened.file);
  }
}

interface Opened {
  readonly path: string;
  readonly file: number;
  readonly sealed: boolean;
}

/** A file that was sealed since it was listed is found under its new name. */
function openLogFile(path: string): Opened {
  if (path.endsWith(SEALED)) return { path, file: openFile(path), sealed: true };
  const original = openIfThere(path);
  if (original !== null) return { path, file: original, sealed: false };
  const sealed = path + SEALED;
  return { path: sealed, file: openFile(sealed), sealed: true };
}

function openIfThere(path: string): number | null {
  try {
    return openFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

/** Does not wait, as opening a pipe would until somebody writes to it. */
function openFile(path: string): number {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  if (fstatSync(file).isFile()) return file;
  closeSync(file);
  throw new NoFile(`${path} is not a file`);
}

/** The members of a sealed file; what does not tell its length goes to the end. */
function* extentsOf({ file }: Opened): Generator<Extent, void, undefined> {
  const { size } = fstatSync(file);
  let at = 0;
  while (at < size) {
    const told = memberLength(readAt(file, { at, length: HEADER_BYTES }));
    const length = told !== null && told >= HEADER_BYTES && told <= size - at ? told : size - at;
    yield { at, length };
    at += length;
  }
}

/** A member of ours ends with the length of what it holds (RFC 1952, ISIZE). */
function rawLength(opened: Opened, extent: Extent): number {
  const { at, length } = extent;
  const told = memberLength(readAt(opened.file, { at, length: HEADER_BYTES }));
  if (told !== length) return unpack(opened, extent).length;
  return readAt(opened.file, { at: at + length - 4, length: 4 }).readUInt32LE();
}

function unpack({ path, file }: Opened, extent: Extent): Buffer {
  try {
    return readMember(readAt(file, extent));
  } catch (cause) {
    throw new SealDamaged(`${path} cannot be decompressed from byte ${extent.at} on`, { cause });
  }
}

function readAt(file: number, { at, length }: Extent): Buffer {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  for (;;) {
    const got = readSync(file, buffer, filled, length - filled, at + filled);
    filled += got;
    if (got === 0 || filled === length) return buffer.subarray(0, filled);
  }
}
