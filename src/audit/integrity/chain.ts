import { hash } from 'node:crypto';
import { readTail, SealDamaged } from '../files/log-bytes.ts';
import { byWriter, gatewayOf, type LogFile, listLogFiles } from '../files/log-files.ts';
import { checkpointFile, newestNote, readCheckpoints } from './checkpoint.ts';
import { sha256 } from './sha256.ts';

/** Longest line the writer makes, in bytes; its fields' caps add up to less. */
const LINE_BYTES_MAX = 64 * 1024;

/** What ties a line to its neighbours, read from its ends without parsing what is between. */
export interface Link {
  readonly seq: number;
  readonly prev: string;
}

/** SHA-256 of a line without its line feed, base64url, 43 characters: the `prev` of the line after it. */
export function lineHash(line: Buffer): string {
  return hash('sha256', line, 'base64url');
}

/** The same as 32 bytes: what the writer's Merkle tree has for a leaf. */
export function lineDigest(line: Buffer): Buffer {
  return sha256(line);
}

/** What begins and ends as a record is one only when it is JSON; too slow to ask of every line. */
export function isJson(line: Buffer): boolean {
  try {
    JSON.parse(line.toString());
    return true;
  } catch {
    return false;
  }
}

/** The `prev` of a writer's first line. A chain thus belongs to the name its files carry. */
export function genesis(writer: string): string {
  return hash('sha256', writer, 'base64url');
}

const HEAD = Buffer.from('{"v":1,"seq":');
const TAIL = Buffer.from(',"prev":"');
const END = Buffer.from('"}');
const HASH_LENGTH = 43;
const COMMA = 0x2c;
const ZERO = 0x30;

/** Null when the line does not begin and end as a record does. */
export function readLink(line: Buffer): Link | null {
  const hashAt = line.length - HASH_LENGTH - END.length;
  const tailAt = hashAt - TAIL.length;
  if (tailAt < HEAD.length || !holds(line, HEAD, 0)) return null;
  if (!holds(line, TAIL, tailAt) || !holds(line, END, line.length - END.length)) return null;
  const seq = readDigits(line, HEAD.length);
  return seq === null ? null : { seq, prev: line.toString('latin1', hashAt, hashAt + HASH_LENGTH) };
}

/** Over a few bytes, twice as fast as `Buffer.compare`. */
function holds(line: Buffer, part: Buffer, at: number): boolean {
  for (let index = 0; index < part.length; index += 1) if (line[at + index] !== part[index]) return false;
  return true;
}

function readDigits(line: Buffer, start: number): number | null {
  let value = 0;
  for (let at = start; at < start + 16; at += 1) {
    const digit = (line[at] ?? 0) - ZERO;
    if (line[at] === COMMA && at > start) return value;
    if (digit < 0 || digit > 9) return null;
    value = value * 10 + digit;
  }
  return null;
}

/** The end of an earlier chain, as the next start of the same gateway records it. */
export interface PreviousHead {
  readonly prev_writer: string;
  readonly prev_seq: number;
  readonly prev_head: string;
  /** Bytes after the last whole record: a line that was being written when the process ended, never acknowledged. */
  readonly torn_bytes: number;
  /** Records covered by the newest checkpoint there was; 0 without one. */
  readonly prev_signed: number;
}

/** The end of the newest chain this gateway has in the folder; null when there is none. */
export async function previousHead(dir: string, gatewayName: string): Promise<PreviousHead | null> {
  const files = (await listLogFiles([dir])).filter((file) => gatewayOf(file.writer) === gatewayName);
  const newestDay = files
    .map((file) => file.day)
    .sort()
    .at(-1);
  const chains = [...byWriter(files).values()].filter((chain) => chain.at(-1)?.day === newestDay);
  const ends = chains.map(chainEnd).filter((end) => end !== null);
  const newest = ends.sort((a, b) => (a.ts < b.ts ? 1 : -1))[0]?.head;
  if (newest === undefined) return null;
  const checkpoints = await readCheckpoints(checkpointFile(dir, newest.prev_writer));
  return { ...newest, prev_signed: newestNote(checkpoints)?.checkpoint.size ?? 0 };
}

interface ChainEnd {
  readonly ts: string;
  readonly head: Omit<PreviousHead, 'prev_signed'>;
}

/** A file begun but never written to is passed over. */
function chainEnd(files: readonly LogFile[]): ChainEnd | null {
  let torn = 0;
  for (const file of files.toReversed()) {
    const { bytes, found } = lastRecord(file.path);
    torn += bytes;
    if (found !== null) {
      const { seq, hash: prev_head, ts } = found;
      return { ts, head: { prev_writer: file.writer, prev_seq: seq, prev_head, torn_bytes: torn } };
    }
  }
  return null;
}

export interface LastRecord {
  /** Bytes after the record; of the whole file when there is none. */
  readonly bytes: number;
  readonly found: { readonly seq: number; readonly hash: string; readonly ts: string; readonly line: Buffer } | null;
}

/** The last line of a file that begins and ends as a record does. */
export function lastRecord(path: string): LastRecord {
  const tail = tailOf(path);
  let end = tail.lastIndexOf('\n');
  while (end >= 0) {
    const start = end === 0 ? 0 : tail.lastIndexOf('\n', end - 1) + 1;
    const line = tail.subarray(start, end);
    const link = readLink(line);
    const ts = momentOf(line);
    if (link !== null && ts !== null) {
      return { bytes: tail.length - end - 1, found: { seq: link.seq, hash: lineHash(line), ts, line } };
    }
    end = start - 1;
  }
  return { bytes: tail.length, found: null };
}

/** `ts` of a record, as it stands there; null where none does. */
export function momentOf(line: Buffer): string | null {
  return /"ts":"([^"]{27})"/.exec(line.toString('latin1', 0, 128))?.[1] ?? null;
}

/** Of a sealed file that cannot be decompressed: nothing. */
function tailOf(path: string): Buffer {
  try {
    return readTail(path, 3 * LINE_BYTES_MAX);
  } catch (error) {
    if (error instanceof SealDamaged) return Buffer.alloc(0);
    throw error;
  }
}
