import { rmdir, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Age, isOver, oldFiles } from '../files/finished.ts';
import { type LogFile, writerOf } from '../files/log-files.ts';
import { type Manifest, readManifest, type SealedFile } from '../files/manifest.ts';
import { genesis } from '../integrity/chain.ts';
import { readClaims } from '../integrity/claims.ts';
import type { RemovedFile } from '../integrity/removed.ts';
import { casesHolding, readHolds } from './hold.ts';

/** A day whose time is over. */
export interface ExpiredDay {
  readonly day: string;
  /** What is to be removed; without files that themselves tell of a removal: those are kept for ever. */
  readonly files: readonly LogFile[];
  /** Path of its Parquet file; null without one. */
  readonly parquet: string | null;
  readonly verdict:
    | { readonly kind: 'remove' }
    /** The cases it is held for. */
    | { readonly kind: 'held'; readonly cases: readonly string[] }
    /** Files are not sealed: what they held would not be listed. */
    | { readonly kind: 'unsealed' };
}

/** The days that are older, and what is to become of each. Throws `HoldsRefused`, and the file system's error. */
export async function expiredDays(dir: string, age: Age): Promise<readonly ExpiredDay[]> {
  const manifest = await readManifest(dir);
  const holds = await readHolds(dir);
  const { finished, open } = await oldFiles(dir, age);
  const archived = [...manifest.days.keys()].filter((day) => isOver(day, age));
  const days = [...new Set([...[...finished, ...open].map(({ day }) => day), ...archived])].sort();
  const expired: ExpiredDay[] = [];
  for (const day of days) {
    const files = finished.filter((file) => file.day === day && readClaims([file]).removed.size === 0);
    const parquet = await existing(dir, manifest.days.get(day)?.parquet);
    const isOpen = open.some((file) => file.day === day);
    if (files.length === 0 && parquet === null && !isOpen) continue;
    const cases = casesHolding(holds, day, files);
    const listed = !isOpen && files.every(({ name, sealed }) => sealed && manifest.files.has(name));
    expired.push({ day, files, parquet, verdict: verdictOf(cases, listed) });
  }
  return expired;
}

function verdictOf(cases: readonly string[], listed: boolean): ExpiredDay['verdict'] {
  if (cases.length > 0) return { kind: 'held', cases };
  return listed ? { kind: 'remove' } : { kind: 'unsealed' };
}

async function existing(dir: string, parquet: string | undefined): Promise<string | null> {
  if (parquet === undefined) return null;
  const path = join(dir, parquet);
  return stat(path).then(
    () => path,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    },
  );
}

/** Puts on record what is about to be removed: `detail` of an `audit.retention`. */
export type RecordRemoval = (detail: Readonly<Record<string, unknown>>) => Promise<void>;

/** A record's `detail` has room for so many files. */
const FILES_IN_RECORD = 12;

/**
 * Removes one day. Each file is on record before it goes, with what the chain needs to be checked beyond it: ended at
 * any point and begun again, nothing is gone unaccounted for.
 */
export async function removeDay(
  dir: string,
  { day, files, parquet }: ExpiredDay,
  record: RecordRemoval,
): Promise<void> {
  const manifest = await readManifest(dir);
  for (let at = 0; at < files.length; at += FILES_IN_RECORD) {
    const some = files.slice(at, at + FILES_IN_RECORD);
    await record({ day, files: some.map(({ name }) => removedFile(name, manifest)) });
    for (const { path } of some) await unlink(path);
  }
  if (files.length === 0) await record({ day, files: [] });
  if (parquet !== null) await unlink(parquet);
  for (const folder of [join(dir, `dt=${day}`), ...(parquet === null ? [] : [dirname(parquet)])])
    await removeEmpty(folder);
}

function removedFile(name: string, manifest: Manifest): RemovedFile {
  const entry = manifest.files.get(name);
  if (entry === undefined) throw new Error(`${name} is not in the manifest`);
  const { seq, hash: head } = lastUpTo(entry, manifest) ?? { seq: 0, hash: genesis(writerOf(name)) };
  return { name, sha256: entry.sha256, seq, head };
}

/** Of a file without records: the last record of the files before it. */
function lastUpTo(entry: SealedFile, { files }: Manifest): SealedFile['last'] {
  const writer = writerOf(entry.name);
  const before = [...files.values()].filter(({ name }) => writerOf(name) === writer && name <= entry.name);
  return before.toSorted((a, b) => (a.name < b.name ? 1 : -1)).find(({ last }) => last !== null)?.last ?? null;
}

async function removeEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'ENOENT') throw error;
  });
}
