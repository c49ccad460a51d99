import { createHash } from 'node:crypto';
import type { SequenceGap } from '../files/file-ends.ts';
import { readChunks } from '../files/log-bytes.ts';
import type { LogProblem } from '../integrity/chain-check.ts';
import { type Head, newestHeads } from '../integrity/heads.ts';
import type { Trust } from '../integrity/trust.ts';
import { type Verification, verify } from '../integrity/verify.ts';
import type { Basis } from '../query/query.ts';
import type { BoundValue, UnreadableLines } from '../query/sandbox-messages.ts';
import { type GatewaySpan, gatewaysIn } from './gateway-span.ts';
import type { Report } from './report.ts';

/**
 * What shows that a report is complete and accurate: "information produced by the entity", as auditors ask for it.
 * Its JSON is what `FILE.completeness.json` holds; `audit/reports.md` describes it.
 */
export interface Completeness {
  readonly report: string;
  readonly title: string;
  /** First 16 hex digits of the SHA-256 of the report's file. */
  readonly version: string;
  readonly sql: string;
  readonly parameters: Readonly<Record<string, string | number>>;
  /** ISO 8601 in UTC; null is without bound. */
  readonly since: string | null;
  readonly until: string | null;
  readonly ran: Ran;
  /** What the entitlements were taken from; null for reports that need none. */
  readonly policy: PolicyBasis | null;
  /** Of the report. */
  readonly rows: number;
  /** Whose files were read, and what they hold; some of it may be from before or after the period. */
  readonly gateways: readonly GatewaySpan[];
  readonly files: readonly ReadLogFile[];
  /** Parquet files that were read in place of some of them. */
  readonly archives: readonly Omit<ReadLogFile, 'lines'>[];
  /** Days that were left out, because nothing but Parquet was to be read and they have none. */
  readonly unarchived: readonly string[];
  /** Lines that are no records: they are not in the report. */
  readonly unreadable: readonly UnreadableLines[];
  readonly gaps: readonly SequenceGap[];
  /** Of the whole log in these folders, not only of the files of the period. */
  readonly verified: Verified;
  /** Newest signed checkpoint of every writer. */
  readonly heads: readonly Omit<Head, 'note'>[];
}

export interface Ran {
  /** ISO 8601 in UTC. */
  readonly at: string;
  /** As the operating system knows them. */
  readonly by: string;
  readonly host: string;
  /** Version of this program. */
  readonly program: string;
}

export interface PolicyBasis {
  /** Commit of the policy; null when its folder is no checkout. */
  readonly commit: string | null;
  /** Hash of the configuration, as records hold it in `cfg`. */
  readonly cfg: string;
  /** ISO 8601 in UTC: the moment it is asked about. */
  readonly at: string;
  /** Servers without a lock: what tools they have is not known. */
  readonly unlocked: readonly string[];
}

export interface ReadLogFile {
  readonly path: string;
  /** Of the file as it was written, whether it was sealed since or not. */
  readonly bytes: number;
  /** Of those bytes, hex. */
  readonly sha256: string;
  readonly lines: number;
}

export interface Verified extends Pick<Verification, 'ok' | 'files' | 'records' | 'signed' | 'keys' | 'notes'> {
  /** What was given from elsewhere: a public key, heads, both or nothing. */
  readonly heldAgainst: readonly ('public key' | 'heads')[];
  /** How many there are; the first of them follow. */
  readonly problemCount: number;
  readonly problems: readonly LogProblem[];
}

export interface CompletenessParts {
  readonly report: Report;
  readonly values: readonly BoundValue[];
  readonly dirs: readonly string[];
  readonly since: Date | null;
  readonly until: Date | null;
  readonly ran: Ran;
  readonly policy: PolicyBasis | null;
  readonly basis: Basis;
  /** Of tables it reads that were themselves read from the log. */
  readonly besides: readonly Basis[];
  readonly trust: Trust;
  /** A look at the log that several reports share; taken anew when absent. */
  readonly look?: LogLook;
}

/** What is the same for every report on a log. */
export interface LogLook extends Pick<Completeness, 'verified' | 'heads'> {
  fileOf(path: string): ReadLogFile;
}

const PROBLEMS_MAX = 20;

/**
 * Looks at the log once more, after the report: what was written to it meanwhile is counted in its file and not in the
 * report. Throws the file system's error.
 */
export async function completenessOf(parts: CompletenessParts): Promise<Completeness> {
  const { report, values, dirs, since, until, ran, policy, basis, besides, trust } = parts;
  const { verified, heads, fileOf } = parts.look ?? (await lookAtLog(dirs, trust));
  const ofAll = <T>(part: (of: Basis) => readonly T[]): readonly T[] => distinct([basis, ...besides].flatMap(part));
  const period = { since: since?.toISOString() ?? null, until: until?.toISOString() ?? null };
  return {
    ...{ report: report.name, title: report.title, version: report.version, sql: report.sql },
    parameters: Object.fromEntries(values.map(({ name, value }) => [name, value])),
    ...{ ...period, ran, policy },
    ...{
      rows: basis.rows,
      gateways: gatewaysIn(period, basis.ends),
      files: ofAll(({ files }) => files.map(({ path }) => path)).map(fileOf),
      unreadable: ofAll(({ unreadable }) => unreadable),
      gaps: ofAll(({ gaps }) => gaps),
    },
    archives: ofAll(({ archives }) => archives).map((path) => {
      const { bytes, sha256 } = fileOf(path);
      return { path, bytes, sha256 };
    }),
    unarchived: ofAll(({ unarchived }) => unarchived),
    ...{ verified, heads },
  };
}

function distinct<T>(values: readonly T[]): readonly T[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}

/** Verifies the log, and reads each file at most once however many reports ask. Throws the file system's error. */
export async function lookAtLog(dirs: readonly string[], trust: Trust): Promise<LogLook> {
  const { problems, ok, files, records, signed, keys, notes } = await verify(dirs, trust);
  const heads = await newestHeads(dirs);
  const seen = new Map<string, ReadLogFile>();
  return {
    verified: {
      heldAgainst: [
        ...(trust.publicKeys.length > 0 ? (['public key'] as const) : []),
        ...(trust.heads.length > 0 ? (['heads'] as const) : []),
      ],
      ...{ ok, files, records, signed, keys, notes },
      ...{ problemCount: problems.length, problems: problems.slice(0, PROBLEMS_MAX) },
    },
    heads: heads.map(({ note: _, ...head }) => head),
    fileOf: (path) => {
      const found = seen.get(path) ?? lookAt(path);
      seen.set(path, found);
      return found;
    },
  };
}

const LINE_FEED = 0x0a;

function lookAt(path: string): ReadLogFile {
  const digest = createHash('sha256');
  let [bytes, lines] = [0, 0];
  for (const chunk of readChunks(path)) {
    digest.update(chunk);
    bytes += chunk.length;
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, at + 1)) lines += 1;
  }
  return { path, bytes, sha256: digest.digest('hex'), lines };
}
