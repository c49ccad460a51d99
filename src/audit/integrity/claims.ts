import { readLines } from '../files/line-reader.ts';
import { SealDamaged } from '../files/log-bytes.ts';
import type { LogFile } from '../files/log-files.ts';
import type { Place } from './chain-check.ts';
import { readVerifier, type Verifier } from './note.ts';
import { type RemovedFile, removedIn } from './removed.ts';

/** Somebody's word that record `seq` of a chain has this hash, and the place where it stands. */
export interface Claim extends Place {
  readonly writer: string;
  readonly seq: number;
  readonly hash: string;
  /** Who says so, for a sentence: `the start in FILE line 1`. */
  readonly by: string;
  /** Bytes that stood after that record, as a start saw them; null from others. */
  readonly tornBytes: number | null;
  /** Records that were signed by then. */
  readonly signed: number;
}

/** The log's own statements about its parts, read from the first records of every file. */
export interface Claims {
  /** By writer: what `gateway.start` records say of the chain before theirs. */
  readonly heads: ReadonlyMap<string, readonly Claim[]>;
  /** By writer: the key that its own start names. */
  readonly keys: ReadonlyMap<string, Verifier>;
  /** By file name: how many bytes of a given-up file are good, from `audit.recover`. */
  readonly goodBytes: ReadonlyMap<string, number>;
  /** By file name: what `audit.retention` says was removed. */
  readonly removed: ReadonlyMap<string, RemovedFile>;
}

/** A recovery is a file's first record; a start is a chain's first, or stands after what was to be said of a failure. */
const FIRST_LINES = 4;
const MARK = /^.{0,80}"ev":"(gateway\.start|audit\.recover|audit\.retention)"/;

export function readClaims(files: readonly LogFile[]): Claims {
  const claims = {
    heads: new Map<string, Claim[]>(),
    keys: new Map<string, Verifier>(),
    goodBytes: new Map<string, number>(),
    removed: new Map<string, RemovedFile>(),
  };
  for (const { path, writer } of files) {
    for (const { ev, detail, place } of firstStatements(path)) {
      if (ev === 'audit.recover') claims.goodBytes.set(String(detail['file']), Number(detail['bytes']));
      for (const file of removedIn(ev, detail)) claims.removed.set(file.name, file);
      if (ev !== 'gateway.start') continue;
      const key = readVerifier(String(detail['key']));
      if (key !== null) claims.keys.set(writer, key);
      add(claims.heads, headIn(detail, place));
    }
  }
  return claims;
}

/** Those of a sealed file that cannot be decompressed are none. */
function firstStatements(path: string): (Statement & { readonly place: Place })[] {
  const found: (Statement & { readonly place: Place })[] = [];
  try {
    for (const line of readLines(path)) {
      if (line.number > FIRST_LINES) break;
      found.push({ ...readStatement(line.bytes), place: { file: path, line: line.number, byte: line.byte } });
    }
  } catch (error) {
    if (!(error instanceof SealDamaged)) throw error;
  }
  return found;
}

/** The writer's own words, on a line the chain covers: an edited one is found there. Null of a gateway's first start. */
function headIn(detail: Readonly<Record<string, unknown>>, place: Place): Claim | null {
  if (typeof detail['prev_writer'] !== 'string') return null;
  return {
    ...place,
    writer: detail['prev_writer'],
    seq: Number(detail['prev_seq']),
    hash: String(detail['prev_head']),
    tornBytes: Number(detail['torn_bytes']),
    signed: Number(detail['prev_signed'] ?? 0),
    by: `the start in ${place.file} line ${place.line}`,
  };
}

interface Statement {
  readonly ev: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Empty for other records, and for what is not one: the verification itself reports those. */
function readStatement(line: Buffer): Statement {
  const ev = MARK.exec(line.toString('latin1', 0, Math.min(line.length, 160)))?.[1] ?? '';
  return ev === '' ? { ev, detail: {} } : { ev, detail: readDetail(line) };
}

/** The `detail` of a record; empty without one, and for what is no JSON. */
export function readDetail(line: Buffer): Readonly<Record<string, unknown>> {
  try {
    const record: { readonly detail?: Record<string, unknown> } = JSON.parse(line.toString());
    return record.detail ?? {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

function add(heads: Map<string, Claim[]>, head: Claim | null): void {
  if (head !== null) heads.set(head.writer, [...(heads.get(head.writer) ?? []), head]);
}
