import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a line of the manifest says of a sealed file: what it was before, and what it became. */
export interface SealedFile {
  /** As its writer named it. */
  readonly name: string;
  /** UTC day of its folder, `YYYY-MM-DD`. */
  readonly day: string;
  /** Of the file as it was written; a last line without line feed counts. */
  readonly bytes: number;
  readonly lines: number;
  /** Lines that begin and end as records do. */
  readonly records: number;
  /** SHA-256, base64url. */
  readonly sha256: string;
  readonly gz_bytes: number;
  readonly gz_sha256: string;
  /** Null of a file without records. */
  readonly first: SealedRecord | null;
  readonly last: SealedRecord | null;
}

export interface SealedRecord {
  readonly seq: number;
  readonly ts: string;
  /** SHA-256 of the line, as the next one's `prev` holds it. */
  readonly hash: string;
}

/** What a line says of a day's Parquet file: what it was made of. */
export interface ArchivedDay {
  /** Path within the folder of the log. */
  readonly parquet: string;
  readonly day: string;
  readonly bytes: number;
  /** SHA-256, base64url. */
  readonly sha256: string;
  /** Number of rows. */
  readonly records: number;
  /** Names of the sealed files, with the SHA-256 of what was written to each. */
  readonly sources: Readonly<Record<string, string>>;
}

export interface Manifest {
  /** By name. */
  readonly files: ReadonlyMap<string, SealedFile>;
  /** By day. */
  readonly days: ReadonlyMap<string, ArchivedDay>;
}

function manifestPath(dir: string): string {
  return join(dir, '_manifest.jsonl');
}

/** The manifest of a log's folder; of lines about the same, the last holds. One that a crash cut off says nothing. */
export async function readManifest(dir: string): Promise<Manifest> {
  const text = await readFile(manifestPath(dir), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const manifest = { files: new Map<string, SealedFile>(), days: new Map<string, ArchivedDay>() };
  for (const entry of text.split('\n').flatMap(parse)) {
    if ('parquet' in entry) manifest.days.set(entry.day, entry);
    else manifest.files.set(entry.name, entry);
  }
  return manifest;
}

/** Adds a line, and resolves when it is on disk. */
export async function appendManifest(dir: string, entry: SealedFile | ArchivedDay): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o750 });
  const file = await open(manifestPath(dir), 'a+', 0o640);
  try {
    const { size } = await file.stat();
    const end = Buffer.alloc(1);
    await file.read(end, 0, 1, Math.max(0, size - 1));
    const isCut = size > 0 && end.toString() !== '\n';
    await file.appendFile(`${isCut ? '\n' : ''}${JSON.stringify(entry)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** These lines are our own: one that is JSON and names a file or a day is whole. */
function parse(line: string): (SealedFile | ArchivedDay)[] {
  try {
    const entry: SealedFile | ArchivedDay = JSON.parse(line);
    return typeof entry.day === 'string' && ('parquet' in entry || 'name' in entry) ? [entry] : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
