import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileHash } from '../files/file-hash.ts';
import { MEMBER_BYTES_MAX, writeMember } from '../files/gzip-members.ts';
import { splitLines } from '../files/line-reader.ts';
import { readChunks } from '../files/log-bytes.ts';
import type { LogFile } from '../files/log-files.ts';
import { appendManifest, type Manifest, type SealedFile, type SealedRecord } from '../files/manifest.ts';
import { lineHash, readLink } from '../integrity/chain.ts';
import { publish, syncFolder } from './draft.ts';

/** A file cannot be sealed; it is left as it is. The message says what was found. */
export class SealRefused extends Error {
  override readonly name = 'SealRefused';
  readonly code = 'audit_seal_refused';
}

/**
 * Seals one finished file: compresses it, reads that back, lists it in the manifest, and only then removes the
 * original. Ended at any point and begun again, it goes on where it was. Resolves to its line of the manifest.
 *
 * Throws `SealRefused`, `SealDamaged`, or the file system's error.
 */
export async function sealFile(dir: string, file: LogFile, manifest: Manifest): Promise<SealedFile> {
  const original = contentOf(file.path);
  const path = file.sealed ? file.path : `${file.path}.gz`;
  if (!file.sealed) {
    if (await isThere(path)) compare(path, original);
    else await publish(dir, path, (draft) => compress(file.path, draft, original));
  }
  const sealed = { ...original, ...(await compressedOf(path)) };
  const entry: SealedFile = { name: file.name, day: file.day, ...sealed };
  const listed = manifest.files.get(file.name);
  if (listed !== undefined && listed.sha256 !== entry.sha256)
    throw new SealRefused(`${file.path} is not the ${file.name} that was sealed before: the manifest has another hash`);
  if (listed?.gz_sha256 !== entry.gz_sha256) await appendManifest(dir, entry);
  if (!file.sealed) await removeOriginal(file.path, original.bytes);
  return entry;
}

type Content = Omit<SealedFile, 'name' | 'day' | 'gz_bytes' | 'gz_sha256'>;

/** What a log file holds, sealed or not. */
function contentOf(path: string): Content {
  const whole = createHash('sha256');
  let [bytes, lines, records] = [0, 0, 0];
  let first: SealedRecord | null = null;
  let last: SealedRecord | null = null;
  for (const line of splitLines(hashed(readChunks(path), whole))) {
    bytes = line.byte + line.length + Number(line.ended);
    lines += 1;
    const link = readLink(line.bytes);
    if (link === null) continue;
    records += 1;
    last = { seq: link.seq, ts: timeOf(line.bytes), hash: lineHash(line.bytes) };
    first ??= last;
  }
  return { bytes, lines, records, sha256: whole.digest('base64url'), first, last };
}

/** Passes the chunks on as they come: of a line too long to be a record, its lines hold nothing. */
function* hashed(chunks: Iterable<Buffer>, whole: Hash): Generator<Buffer, void, undefined> {
  for (const chunk of chunks) {
    whole.update(chunk);
    yield chunk;
  }
}

function timeOf(line: Buffer): string {
  return /"ts":"([^"]{27})"/.exec(line.toString('latin1', 0, 128))?.[1] ?? '';
}

async function compress(from: string, to: string, original: Content): Promise<void> {
  const file = await open(to, 'wx', 0o600);
  try {
    for (const chunk of readChunks(from)) await writeMembers(file, chunk);
    await file.sync();
  } finally {
    await file.close();
  }
  compare(to, original);
}

async function writeMembers(file: FileHandle, chunk: Buffer): Promise<void> {
  for (let at = 0; at < chunk.length; at += MEMBER_BYTES_MAX)
    await file.writeFile(writeMember(chunk.subarray(at, at + MEMBER_BYTES_MAX)));
}

function compare(path: string, original: Content): void {
  const found = contentOf(path);
  if (found.sha256 === original.sha256 && found.bytes === original.bytes) return;
  throw new SealRefused(`${path} holds something else than the file beside it: neither is removed`);
}

async function compressedOf(path: string): Promise<Pick<SealedFile, 'gz_bytes' | 'gz_sha256'>> {
  return { gz_bytes: (await stat(path)).size, gz_sha256: await fileHash(path) };
}

async function removeOriginal(path: string, bytes: number): Promise<void> {
  const { size } = await stat(path);
  if (size !== bytes) throw new SealRefused(`${path} was written to while it was sealed: it is kept`);
  await unlink(path);
  await syncFolder(dirname(path));
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}
