import { dirname } from 'node:path';
import type { Sink } from '../answer/answer.ts';
import { type Choice, isOf, isWithin, lookAt } from '../files/chosen-files.ts';
import { type FileEnds, readEnds, type SequenceGap, sequenceGaps } from '../files/file-ends.ts';
import { type LogFile, listLogFiles, NoLog } from '../files/log-files.ts';
import { type Archive, listArchives } from '../keeping/archives.ts';
import { QueryFailed, type Sandbox } from './sandbox.ts';
import type { Brought, Ended } from './sandbox-messages.ts';

export type Source = 'auto' | 'jsonl' | 'parquet';

/** A question to the log, as plain data. */
export interface Question extends Choice {
  readonly sql: string;
  readonly dirs: readonly string[];
  /** Where finished days are read from: Parquet where it says the same as the log, or one of the two alone. Default: `auto`. */
  readonly from?: Source;
  /** Fail when finished files hold lines that are no records, instead of leaving them out. */
  readonly strict: boolean;
  /** What a report brings along; nothing when absent. */
  readonly brought?: Brought;
}

/** What an answer rests on. */
export interface Basis extends Ended {
  /** Files read, or whose archive was read in their place. */
  readonly files: readonly LogFile[];
  /** Parquet files read. */
  readonly archives: readonly string[];
  /** Days that were left out because they have no archive and nothing else was to be read. */
  readonly unarchived: readonly string[];
  /** First and last record of each of these files that has them. */
  readonly ends: readonly FileEnds[];
  /** Records that are missing between two files that were read. */
  readonly gaps: readonly SequenceGap[];
  /** Files whose records are of a later shape than this program knows: fields of theirs may not be in the answer. */
  readonly newer: readonly LogFile[];
}

const NOTHING: Brought = { values: [], tables: [] };
/** The shape of records this program knows. */
const KNOWN_VERSION = 1;
/** Longer statements are refused before anything parses them. */
const SQL_CHARS_MAX = 256 * 1024;

/**
 * Puts one SELECT to the log; its rows go to `sink`. Resolves to what the answer rests on, after the last row.
 *
 * Throws `NoLog`, or `QueryFailed`, or the file system's error for a file that cannot be looked at.
 */
export async function query(sandbox: Sandbox, question: Question, outlet: Outlet): Promise<Basis> {
  const { sql, dirs, since, until, strict, from, brought = NOTHING } = question;
  if (sql.length > SQL_CHARS_MAX)
    throw new QueryFailed('refused', `a statement has at most ${SQL_CHARS_MAX} characters, not ${sql.length}`);
  const all = await listLogFiles(dirs);
  if (all.length === 0) throw new NoLog(`there is no audit log in ${dirs.join(', ')}`);
  const asked = all.filter((file) => isWithin(file, question) && isOf(file, question.writers));
  const archives = (from === 'jsonl' ? [] : await listArchives(dirs, all)).filter((one) => isWanted(one, question));
  const archived = new Set(archives.map(({ folder }) => folder));
  const rest = asked.filter(({ path }) => !archived.has(dirname(path)));
  const read = from === 'parquet' ? [] : rest;
  const task = {
    ...{
      sql,
      strict,
      brought,
      files: (await lookAt(read, all)).map(({ path, live }) => ({ path, live })),
      archives: archives.map(({ path }) => path),
    },
    writers: question.writers.length === 0 ? null : writersOf(archives, question),
    ...{ since: since?.toISOString() ?? null, until: until?.toISOString() ?? null },
  };
  const ended = await sandbox.ask(task, outlet.sink, outlet.signal);
  const ends = [...archives.flatMap((one) => one.ends), ...readEnds(read)].filter(({ file }) => asked.includes(file));
  const left = from === 'parquet' ? rest : [];
  return {
    rows: ended.rows,
    unreadable: [...archives.flatMap(({ unreadable }) => unreadable), ...ended.unreadable],
    files: asked.filter((file) => !left.includes(file)),
    archives: task.archives,
    unarchived: [...new Set(left.map(({ day }) => day))].sort(),
    ends,
    gaps: sequenceGaps(ends),
    newer: ends.flatMap(({ file, version }) => (version > KNOWN_VERSION ? file : [])),
  };
}

/** An archive leaves out lines that are no records, which a strict question does not allow. */
function isWanted(archive: Archive, question: Question): boolean {
  if (question.strict && archive.unreadable.length > 0) return false;
  return isWithin(archive, question) && archive.writers.some((writer) => isOf({ writer }, question.writers));
}

function writersOf(archives: readonly Archive[], { writers }: Question): readonly string[] {
  return [...new Set(archives.flatMap((archive) => archive.writers))].filter((writer) => isOf({ writer }, writers));
}

/** Where the answer goes, and what stops it. */
export interface Outlet {
  readonly sink: Sink;
  readonly signal?: AbortSignal;
}
