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
  /** Who says so, for a sentence: `the gateway in FILE line 1`. */
  readonly by: string;
  /** Bytes that stood after that record, as a start saw them; null from others. */
  readonly tornBytes: number | null;
  /** Records that were signed by then. */
  readonly signed: number;
}

/** The log's own statements about its parts, read from the first records of every file. */
export interface Claims {
  /** By writer: what starts say of the chain before theirs, and starts and rotations of chains of commands. */
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
const MARK = /^.{0,80}"ev":"(gateway\.start|audit\.rotate|audit\.recover|audit\.retention)"/;

export function readClaims(files: readonly LogFile[]): Claims {
  const found: Found = { heads: new Map(), keys: new Map(), goodBytes: new Map(), removed: new Map() };
  for (const { path, writer } of files) {
    for (const statement of firstStatements(path)) take(statement, writer, found);
  }
  return found;
}

interface Found extends Claims {
  readonly heads: Map<string, readonly Claim[]>;
  readonly keys: Map<string, Verifier>;
  readonly goodBytes: Map<string, number>;
  readonly removed: Map<string, RemovedFile>;
}

function take({ ev, detail, place }: Placed, writer: string, { heads, keys, goodBytes, removed }: Found): void {
  if (ev === 'audit.recover') goodBytes.set(String(detail['file']), Number(detail['bytes']));
  for (const file of removedIn(ev, detail)) removed.set(file.name, file);
  for (const head of headsIn(detail, place)) heads.set(head.writer, [...(heads.get(head.writer) ?? []), head]);
  const key = ev === 'gateway.start' ? readVerifier(String(detail['key'])) : null;
  if (key !== null) keys.set(writer, key);
}

/** Those of a sealed file that cannot be decompressed are none. */
function firstStatements(path: string): readonly Placed[] {
  const found: Placed[] = [];
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

/**
 * The writer's own words, on a line the chain covers: an edited one is found there. A start tells of the chain before
 * its own, if there was one; starts and rotations tell of chains of commands.
 */
function headsIn(detail: Readonly<Record<string, unknown>>, place: Place): readonly Claim[] {
  const commands: readonly unknown[] = Array.isArray(detail['commands']) ? detail['commands'] : [];
  const ofCommands = commands.map((one) => {
    const { writer, seq, head }: Readonly<Record<string, unknown>> = Object(one);
    return { writer: String(writer), seq: Number(seq), hash: String(head), tornBytes: null, signed: 0 };
  });
  const before = {
    writer: String(detail['prev_writer']),
    seq: Number(detail['prev_seq']),
    hash: String(detail['prev_head']),
    tornBytes: Number(detail['torn_bytes']),
    signed: Number(detail['prev_signed'] ?? 0),
  };
  const by = `the gateway in ${place.file} line ${place.line}`;
  const all = typeof detail['prev_writer'] === 'string' ? [before, ...ofCommands] : ofCommands;
  return all.map((head) => ({ ...head, ...place, by }));
}

interface Statement {
  readonly ev: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

type Placed = Statement & { readonly place: Place };

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
