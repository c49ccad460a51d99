import { realpath, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import type { FileEnds } from '../files/file-ends.ts';
import { fileHash } from '../files/file-hash.ts';
import type { LogFile } from '../files/log-files.ts';
import { type ArchivedDay, type Manifest, readManifest } from '../files/manifest.ts';
import type { LogProblem } from '../integrity/chain-check.ts';
import type { UnreadableLines } from '../query/sandbox-messages.ts';

/** A day's Parquet file that says the same as the files it was made of. */
export interface Archive {
  /** Real path of the Parquet file. */
  readonly path: string;
  /** Folder of the files it was made of. */
  readonly folder: string;
  readonly day: string;
  readonly writers: readonly string[];
  /** Of the files it was made of, as far as they are there. */
  readonly ends: readonly FileEnds[];
  /** Lines of those files that are no records, which it therefore lacks. */
  readonly unreadable: readonly UnreadableLines[];
}

/**
 * The archived days of these folders that hold what the log holds: every log file of the day is sealed and the one that
 * the manifest and the archive name. A day to which files came later is none, until it is archived again.
 */
export async function listArchives(dirs: readonly string[], files: readonly LogFile[]): Promise<readonly Archive[]> {
  const found: Archive[] = [];
  for (const dir of dirs) {
    const manifest = await readManifest(dir);
    for (const archived of manifest.days.values()) {
      const folder = join(dir, `dt=${archived.day}`);
      const ofDay = files.filter(({ path }) => dirname(path) === folder);
      const path = await currentPath(dir, archived);
      if (path === null || !(await allAsArchived(ofDay, archived, manifest))) continue;
      found.push({ path, folder, day: archived.day, ...describe(archived, ofDay, manifest) });
    }
  }
  return found;
}

/** Null when the file is missing, not the one that was made, or a link out of the log's folder. */
async function currentPath(dir: string, { parquet, bytes }: ArchivedDay): Promise<string | null> {
  const path = join(dir, parquet);
  const found = await statOrNull(path);
  if (found?.size !== bytes) return null;
  const real = await realpath(path);
  return real.startsWith((await realpath(dir)) + sep) ? real : null;
}

/** Whether an archive is made of exactly these files, as they are; some of its files may have gone. */
export async function allAsArchived(
  files: readonly LogFile[],
  { sources }: ArchivedDay,
  manifest: Manifest,
): Promise<boolean> {
  for (const { name, sealed, path } of files) {
    const entry = manifest.files.get(name);
    if (!sealed || entry === undefined || sources[name] !== entry.sha256) return false;
    if ((await statOrNull(path))?.size !== entry.gz_bytes) return false;
  }
  return true;
}

function describe(
  { sources }: ArchivedDay,
  files: readonly LogFile[],
  manifest: Manifest,
): Pick<Archive, 'writers' | 'ends' | 'unreadable'> {
  const entries = Object.keys(sources).flatMap((name) => manifest.files.get(name) ?? []);
  const byName = new Map(files.map((file) => [file.name, file]));
  const ends = entries.flatMap(({ name, first, last }): FileEnds[] => {
    const file = byName.get(name);
    if (file === undefined || first === null || last === null) return [];
    const seqs = { firstSeq: first.seq, lastSeq: last.seq };
    return [{ file, ...seqs, firstTs: first.ts, lastTs: last.ts, version: 1 }];
  });
  const unreadable = entries
    .filter(({ lines, records }) => lines > records)
    .map(({ name, lines, records }) => ({
      ...{ file: byName.get(name)?.path ?? name, lines: lines - records, live: false },
    }));
  const writers = entries.map(({ name }) => name.replace(/-\d+\.jsonl$/, ''));
  return { writers: [...new Set(writers)], ends, unreadable };
}

/** Parquet files that are not the ones that were made; what is no archive of the manifest is not looked at. */
export async function archiveProblems(dirs: readonly string[]): Promise<readonly LogProblem[]> {
  const problems: LogProblem[] = [];
  for (const dir of dirs) {
    for (const { parquet, sha256 } of (await readManifest(dir)).days.values()) {
      const file = join(dir, parquet);
      if ((await statOrNull(file)) === null || (await fileHash(file)) === sha256) continue;
      const message = 'this is not the Parquet file that was made of the log: remove it, and archive the day again';
      problems.push({ file, line: 1, byte: 0, kind: 'edited', message });
    }
  }
  return problems;
}

async function statOrNull(path: string): Promise<{ readonly size: number } | null> {
  return stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}
