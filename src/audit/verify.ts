import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { lastRecord, type PreviousHead, readLink } from './chain.ts';
import { type ChainCheck, createChainCheck, type LogProblem, type Place } from './chain-check.ts';
import { type Claim, type Claims, readClaims } from './claims.ts';
import { type RawLine, readLines } from './line-reader.ts';
import { byWriter, type LogFile, listLogFiles } from './log-files.ts';

/** What `audit verify` found; its JSON output is this object. */
export interface Verification {
  /** No problems. */
  readonly ok: boolean;
  readonly files: number;
  readonly records: number;
  readonly problems: readonly LogProblem[];
  /** What looks odd and is accounted for, in sentences. */
  readonly notes: readonly string[];
  /** The newest record of all; kept elsewhere, it proves later that nothing before it was cut off. */
  readonly head: { readonly writer: string; readonly seq: number; readonly hash: string } | null;
}

/**
 * Reads every line of the logs in these folders and checks that each writer's records are all there, in order and
 * unchanged. What it cannot see: a cut at the very end of a writer that no later start of the gateway saw, and a log
 * written anew from its first line. Throws the file system's error when a file cannot be read.
 */
export async function verify(dirs: readonly string[]): Promise<Verification> {
  const files = await listLogFiles(dirs);
  const findings: Findings = { claims: readClaims(files), problems: [], notes: [] };
  const chains = byWriter(files);
  const ends: ChainEnd[] = [];
  for (const [writer, chain] of chains) ends.push(await verifyChain(writer, chain, findings));
  missingChains(chains, findings);
  const newest = ends.filter((end) => end.head.seq > 0).sort((a, b) => (a.ts < b.ts ? 1 : -1))[0];
  return {
    ok: findings.problems.length === 0,
    files: files.length,
    records: ends.reduce((sum, end) => sum + end.records, 0),
    problems: findings.problems,
    notes: findings.notes,
    head: newest?.head ?? null,
  };
}

interface Findings {
  readonly claims: Claims;
  readonly problems: LogProblem[];
  readonly notes: string[];
}

interface ChainEnd {
  readonly records: number;
  readonly ts: string;
  readonly head: NonNullable<Verification['head']>;
}

async function verifyChain(writer: string, files: readonly LogFile[], findings: Findings): Promise<ChainEnd> {
  const check = createChainCheck(writer, findings.problems);
  const claims = findings.claims.heads.get(writer) ?? [];
  let records = 0;
  let number = 0;
  for (const file of files) {
    const fileMissing = file.number !== number + 1;
    records += verifyFile(file, { check, findings, claims, fileMissing, isLast: file === files.at(-1) });
    number = file.number;
  }
  const { seq, hash, place } = check.head();
  for (const claim of claims) {
    if (claim.prev_seq <= seq) continue;
    const message = `${writer} ends with record ${seq}, but the start recorded here saw record ${claim.prev_seq}`;
    add(findings, claim, { kind: 'cut-short', message });
  }
  const end = place === null ? null : (await lastRecord(place.file)).found;
  if (place !== null && end !== null && !isJson(end.line))
    add(findings, place, { kind: 'unreadable', message: 'this line is not JSON' });
  return { records, ts: end?.ts ?? '', head: { writer, seq, hash } };
}

interface FileContext {
  readonly claims: readonly Claim<PreviousHead>[];
  readonly check: ChainCheck;
  readonly findings: Findings;
  /** The number of this file does not follow that of the one before. */
  readonly fileMissing: boolean;
  /** Of its writer. */
  readonly isLast: boolean;
}

/** Returns the number of records. */
function verifyFile(file: LogFile, context: FileContext): number {
  const { check, findings, claims } = context;
  const goodBytes = findings.claims.goodBytes.get(basename(file.path)) ?? Number.POSITIVE_INFINITY;
  let records = 0;
  for (const line of readLines(file.path)) {
    const place = { file: file.path, line: line.number, byte: line.byte };
    if (line.byte >= goodBytes) {
      findings.notes.push(`${file.path}: what stands after byte ${goodBytes} was refused to its callers`);
      break;
    }
    const link = line.ended ? readLink(line.bytes) : null;
    if (link === null) {
      if (isAccountedFor(line, place, context)) break;
      continue;
    }
    records += 1;
    check.accept(line.bytes, { link, place, fileMissing: context.fileMissing && records === 1 });
    if (claims.length > 0) compareClaims(place, context);
  }
  return records;
}

function compareClaims(place: Place, { check, findings, claims }: FileContext): void {
  const { seq, hash } = check.head();
  for (const claim of claims) {
    if (claim.prev_seq !== seq || claim.prev_head === hash) continue;
    add(findings, place, {
      kind: 'edited',
      message: `${claim.file} line ${claim.line} keeps another hash of this line`,
    });
  }
}

/** A line that is no record: the end of a file that was being written, which somebody vouches for, or a problem. */
function isAccountedFor(line: RawLine, place: Place, { check, findings, claims, isLast }: FileContext): boolean {
  const { seq } = check.head();
  const ended = claims.filter((claim) => isLast && claim.prev_seq === seq);
  const rest = statSync(place.file).size - line.byte;
  const unfinished = isLast && !line.ended && ended.length === 0;
  if (unfinished || ended.some((claim) => claim.torn_bytes === rest)) {
    const why = unfinished ? 'being written, or never acknowledged' : 'never acknowledged, as the next start recorded';
    findings.notes.push(`${place.file}: ${rest} bytes after record ${seq} are ${why}`);
    return true;
  }
  if (line.ended) add(findings, place, { kind: 'unreadable', message: 'this line is not a record' });
  else add(findings, place, { kind: 'torn', message: 'the file ends within a line' });
  return false;
}

function missingChains(chains: ReadonlyMap<string, unknown>, findings: Findings): void {
  for (const [writer, claims] of findings.claims.heads) {
    if (chains.has(writer)) continue;
    for (const claim of claims) {
      const message = `all files of ${writer} are missing: it had ${claim.prev_seq} records when this start saw it`;
      add(findings, claim, { kind: 'missing-chain', message });
    }
  }
}

function add({ problems }: Findings, { file, line, byte }: Place, problem: Pick<LogProblem, 'kind' | 'message'>): void {
  problems.push({ file, line, byte, ...problem });
}

function isJson(line: Buffer): boolean {
  try {
    JSON.parse(line.toString());
    return true;
  } catch {
    return false;
  }
}
