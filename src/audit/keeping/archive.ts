import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileHash } from '../files/file-hash.ts';
import type { OldFiles } from '../files/finished.ts';
import type { LogFile } from '../files/log-files.ts';
import { type ArchivedDay, appendManifest, type Manifest, type SealedFile } from '../files/manifest.ts';
import type { Sandbox } from '../query/sandbox.ts';
import { allAsArchived } from './archives.ts';
import { publish } from './draft.ts';

/** A day cannot be archived; nothing of it is left behind. The message says what was found. */
export class ArchiveRefused extends Error {
  override readonly name = 'ArchiveRefused';
  readonly code = 'audit_archive_refused';
}

export interface DueDay {
  readonly day: string;
  readonly files: readonly LogFile[];
}

export interface DueDays {
  readonly due: readonly DueDay[];
  /** Days with files that are not sealed yet. */
  readonly unsealed: readonly string[];
}

/** The days to archive: all their files are sealed, and no archive is there that says the same. */
export async function dueDays(dir: string, { finished, open }: OldFiles, manifest: Manifest): Promise<DueDays> {
  const days = [...new Set([...finished, ...open].map(({ day }) => day))].sort();
  const due: DueDay[] = [];
  const unsealed: string[] = [];
  for (const day of days) {
    const files = finished.filter((file) => file.day === day);
    const ready = files.every(({ name, sealed }) => sealed && manifest.files.has(name));
    if (!ready || open.some((file) => file.day === day)) unsealed.push(day);
    else if (!(await isArchived(dir, { day, files }, manifest))) due.push({ day, files });
  }
  return { due, unsealed };
}

async function isArchived(dir: string, { day, files }: DueDay, manifest: Manifest): Promise<boolean> {
  const archived = manifest.days.get(day);
  if (archived === undefined) return false;
  const bytes = await stat(join(dir, archived.parquet)).then(
    ({ size }) => size,
    () => null,
  );
  return bytes === archived.bytes && (await allAsArchived(files, archived, manifest));
}

/**
 * Makes the Parquet file of one day: zstd, in order of time, plain types. Its metadata names the files it was made of.
 * Throws `ArchiveRefused` unless it holds exactly the records that the manifest counts, `QueryFailed`, or the file
 * system's error.
 */
export async function archiveDay(
  dir: string,
  { day, files }: DueDay,
  { manifest, sandbox }: { readonly manifest: Manifest; readonly sandbox: Pick<Sandbox, 'archive'> },
): Promise<ArchivedDay> {
  const entries = files.flatMap(({ name }) => manifest.files.get(name) ?? []);
  const records = entries.reduce((sum, entry) => sum + entry.records, 0);
  const damaged = new Set(entries.filter((entry) => entry.lines > entry.records).map(({ name }) => name));
  await refuseChanged(files, manifest);
  const parquet = join('parquet', `dt=${day}`, 'part-0.parquet');
  const read = files.map(({ path, name }) => ({ path, live: damaged.has(name) }));
  const entry = await publish(dir, join(dir, parquet), async (draft) => {
    const { rows } = await sandbox.archive({ files: read, to: draft, metadata: metadataOf(day, entries) });
    if (rows !== records)
      throw new ArchiveRefused(`dt=${day} has ${records} records by the manifest, but ${rows} can be read`);
    const made = { parquet, day, records, bytes: (await stat(draft)).size, sha256: await fileHash(draft) };
    return { ...made, sources: Object.fromEntries(entries.map(({ name, sha256 }) => [name, sha256])) };
  });
  await appendManifest(dir, entry);
  return entry;
}

async function refuseChanged(files: readonly LogFile[], manifest: Manifest): Promise<void> {
  for (const { name, path } of files) {
    if ((await fileHash(path)) !== manifest.files.get(name)?.gz_sha256)
      throw new ArchiveRefused(`${path} is not what the manifest says: run gatehouse audit verify`);
  }
}

/** Any Parquet reader shows it. */
function metadataOf(day: string, entries: readonly SealedFile[]): Readonly<Record<string, string>> {
  const sources = entries.map(({ name, sha256, records, first, last }) => ({
    ...{ name, sha256, records, first_seq: first?.seq ?? null, last_seq: last?.seq ?? null },
    head: last?.hash ?? null,
  }));
  return { gatehouse_day: day, gatehouse_sources: JSON.stringify(sources) };
}
