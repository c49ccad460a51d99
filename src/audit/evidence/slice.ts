import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { readLines } from '../files/line-reader.ts';
import { SealDamaged } from '../files/log-bytes.ts';
import { byWriter, DAY_MS, type LogFile, listLogFiles } from '../files/log-files.ts';
import { lastRecord } from '../integrity/chain.ts';

/** From the first moment on, before the second. */
export interface Period {
  readonly from: Date;
  readonly to: Date;
}

/** A file of the log as it was when the pack was begun. */
export interface SliceFile {
  readonly file: LogFile;
  /** How much of it is taken, as it stands on the disk: all, but of a file being written its whole lines. */
  readonly bytes: number;
}

/** What one writer's chain has to do with the period. */
export interface SlicedChain {
  readonly writer: string;
  /** All files that are there, from the first. */
  readonly chain: readonly LogFile[];
  /** Those of the period, without a gap between them. */
  readonly files: readonly SliceFile[];
}

const OWNER_MAY_WRITE = 0o200;

/** The files that hold records of the period, or stand between two that do; by writer. Throws the file system's error. */
export async function sliceLog(dirs: readonly string[], period: Period): Promise<readonly SlicedChain[]> {
  const sliced: SlicedChain[] = [];
  for (const [writer, chain] of byWriter(await listLogFiles(dirs))) {
    const within = chain.map((file) => isWithin(file, period));
    const [first, last] = [within.indexOf(true), within.lastIndexOf(true)];
    if (first < 0) continue;
    const files: SliceFile[] = [];
    for (const file of chain.slice(first, last + 1))
      files.push({ file, bytes: await bytesOf(file, file === chain.at(-1)) });
    sliced.push({ writer, chain, files });
  }
  return sliced;
}

/** A record is written after it happened, and hardly a day after its file was begun: most files need no look inside. */
function isWithin(file: LogFile, { from, to }: Period): boolean {
  const begun = Date.parse(file.day);
  if (begun <= from.getTime() - 2 * DAY_MS || begun >= to.getTime() + DAY_MS) return false;
  const last = lastRecord(file.path).found;
  const first = firstMoment(file.path);
  if (last === null || first === null) return begun > from.getTime() - DAY_MS && begun < to.getTime();
  return Date.parse(last.ts) >= from.getTime() && first < to.getTime();
}

function firstMoment(path: string): number | null {
  try {
    for (const { bytes } of readLines(path)) {
      const ts = /"ts":"([^"]{27})"/.exec(bytes.toString('latin1', 0, 128))?.[1];
      return ts === undefined ? null : Date.parse(ts);
    }
  } catch (error) {
    if (!(error instanceof SealDamaged)) throw error;
  }
  return null;
}

async function bytesOf(file: LogFile, isLast: boolean): Promise<number> {
  const { size, mode } = await stat(file.path);
  const live = isLast && !file.sealed && (mode & OWNER_MAY_WRITE) !== 0;
  if (!live) return size;
  // Between the two looks it may have grown, by whole lines or a part of one: what was there first is what counts.
  let whole = 0;
  for (const { byte, length, ended } of readLines(file.path)) {
    const end = byte + length + 1;
    if (!ended || end > size) break;
    whole = end;
  }
  return whole;
}

/** The bytes as they stand on the disk. A link is not followed: what it leads to is not the log. */
export async function* readSlice({ file: { path }, bytes }: SliceFile): AsyncGenerator<Buffer, void, undefined> {
  if (bytes === 0) return;
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  let read = 0;
  for await (const chunk of file.createReadStream({ end: bytes - 1 })) {
    read += chunk.length;
    yield chunk;
  }
  if (read !== bytes) throw new Error(`${path} has become shorter while it was read: ${read} of ${bytes} bytes`);
}
