import { dirname } from 'node:path';
import { type RawLine, readLines } from '../files/line-reader.ts';
import { logSize, SealDamaged } from '../files/log-bytes.ts';
import { byWriter, type LogFile, listLogFiles, logFileName, writerOf } from '../files/log-files.ts';
import { archiveProblems } from '../keeping/archives.ts';
import { isOfCommands } from '../write/access-record.ts';
import { isJson, type LastRecord, lastRecord, momentOf, readLink } from './chain.ts';
import { type ChainCheck, createChainCheck, type LogProblem, type Place } from './chain-check.ts';
import { type ClaimCheck, createClaimCheck } from './claim-check.ts';
import type { Claim } from './claims.ts';
import { checkCoverage } from './coverage.ts';
import { movedFile } from './moved-file.ts';
import { claimsOf, type Evidence, gatherEvidence, type Trust } from './trust.ts';

/** What `audit verify` found; its JSON output is this object. */
export interface Verification {
  /** No problems. */
  readonly ok: boolean;
  readonly files: number;
  readonly records: number;
  readonly problems: readonly LogProblem[];
  /** What looks odd and is accounted for, in sentences. */
  readonly notes: readonly string[];
  /** The newest record of a gateway; of a command only when no gateway has one. */
  readonly head: { readonly writer: string; readonly seq: number; readonly hash: string } | null;
  /** Number of records that checkpoints cover. */
  readonly signed: number;
  /** Number of records that commands made: they hold no key, gateways vouch for them later. */
  readonly ofCommands: number;
  /** The keys whose signatures were checked, as verifier lines. */
  readonly keys: readonly string[];
}

/** Nothing but the log itself. */
const NO_TRUST: Trust = { heads: [], publicKeys: [] };

/**
 * Reads every line of the logs in these folders and checks that each writer's records are all there, in order and
 * unchanged, and that its checkpoints, later starts and the heads kept elsewhere say the same. What none of these
 * speaks of cannot be missed: the newest records, and, without a head or a key from elsewhere, a log written anew
 * from its first line. Throws the file system's error when a file cannot be read.
 */
export async function verify(dirs: readonly string[], trust: Trust = NO_TRUST): Promise<Verification> {
  const evidence = await gatherEvidence(dirs, trust);
  const files = await listLogFiles(dirs);
  const findings: Findings = { evidence, problems: [], notes: [...evidence.notes] };
  const chains = byWriter(files);
  const ends: ChainEnd[] = [];
  for (const [writer, chain] of chains) ends.push(await verifyChain(writer, chain, findings));
  missingChains(chains, findings);
  findings.problems.push(...(await archiveProblems(dirs)));
  const newest = ends.filter((end) => end.head.seq > 0).sort(gatewaysThenNewest)[0];
  const problems = distinct(findings.problems);
  return {
    ok: problems.length === 0,
    files: files.length,
    records: ends.reduce((sum, end) => sum + end.records, 0),
    problems,
    notes: findings.notes,
    head: newest?.head ?? null,
    signed: ends.reduce((sum, end) => sum + end.signed, 0),
    ofCommands: ends.filter((end) => isOfCommands(end.head.writer)).reduce((sum, end) => sum + end.records, 0),
    keys: keysUsed(evidence),
  };
}

interface Findings {
  readonly evidence: Evidence;
  readonly problems: LogProblem[];
  readonly notes: string[];
}

function gatewaysThenNewest(a: ChainEnd, b: ChainEnd): number {
  const apart = Number(isOfCommands(a.head.writer)) - Number(isOfCommands(b.head.writer));
  return apart === 0 ? Number(a.ts < b.ts) - Number(a.ts > b.ts) : apart;
}

interface ChainEnd {
  readonly records: number;
  readonly signed: number;
  readonly ts: string;
  readonly head: NonNullable<Verification['head']>;
}

async function verifyChain(writer: string, files: readonly LogFile[], findings: Findings): Promise<ChainEnd> {
  const { problems, notes, evidence } = findings;
  const claims = claimsOf(writer, evidence);
  const checks = { check: createChainCheck(writer, problems), claimCheck: createClaimCheck(claims, problems) };
  let records = 0;
  let number = 0;
  for (const file of files) {
    number = passRemoved({ writer, number, until: file.number }, checks, findings);
    const fileMissing = file.number !== number + 1;
    records += verifyFile(file, { ...checks, findings, claims, fileMissing, isLast: file === files.at(-1) });
    number = file.number;
  }
  passRemoved({ writer, number, until: Number.POSITIVE_INFINITY }, checks, findings);
  const head = checks.check.head();
  const end = head.place === null ? null : lastRecord(head.place.file);
  const last = end?.found ?? null;
  problems.push(...cutShort(head.seq, claims, endOf(files, head.place, end)));
  if (head.place !== null && last !== null && !isJson(last.line))
    problems.push({ ...head.place, kind: 'unreadable', message: 'this line is not JSON' });
  const dir = dirname(dirname(files[0]?.path ?? ''));
  const coverage = await checkCoverage({ writer, dir, head, last }, evidence);
  problems.push(...coverage.problems);
  notes.push(...coverage.notes);
  return { records, signed: coverage.signed, ts: last?.ts ?? '', head: { writer, seq: head.seq, hash: head.hash } };
}

/** Files between two numbers that were removed by retention have their place. Returns the number of the last of them. */
function passRemoved(
  { writer, number, until }: { readonly writer: string; readonly number: number; readonly until: number },
  { check, claimCheck }: Pick<FileContext, 'check' | 'claimCheck'>,
  { evidence, notes }: Findings,
): number {
  const { removed } = evidence.starts;
  let last = number;
  for (let next = removed.get(logFileName(writer, last + 1)); next !== undefined && last + 1 < until; ) {
    last += 1;
    check.resume(next.seq, next.head);
    claimCheck.compare(check.head());
    next = removed.get(logFileName(writer, last + 1));
  }
  if (last > number)
    notes.push(`${writer}: files ${number + 1} to ${last} were removed when their time was over, as is on record`);
  return last;
}

interface FileContext {
  readonly claims: readonly Claim[];
  readonly check: ChainCheck;
  readonly claimCheck: ClaimCheck;
  readonly findings: Findings;
  /** The number of this file does not follow that of the one before. */
  readonly fileMissing: boolean;
  /** Of its writer. */
  readonly isLast: boolean;
}

/** Returns the number of records. */
function verifyFile(file: LogFile, context: FileContext): number {
  const { check, claimCheck, findings } = context;
  const goodBytes = findings.evidence.starts.goodBytes.get(file.name) ?? Number.POSITIVE_INFINITY;
  let records = 0;
  let first: string | null = null;
  for (const line of soundLines(file.path, findings.problems)) {
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
    first ??= momentOf(line.bytes);
    check.accept(line.bytes, { link, place, fileMissing: context.fileMissing && records === 1 });
    claimCheck.compare(check.head());
  }
  if (first !== null) findings.problems.push(...movedFile(file, first));
  return records;
}

/** Those of a sealed file up to where it is damaged, which is reported. */
function* soundLines(file: string, problems: LogProblem[]): Generator<RawLine, void, undefined> {
  let at: Place = { file, line: 1, byte: 0 };
  try {
    for (const line of readLines(file)) {
      at = { file, line: line.number + 1, byte: line.byte + line.length + 1 };
      yield line;
    }
  } catch (error) {
    if (!(error instanceof SealDamaged)) throw error;
    problems.push({ ...at, kind: 'unreadable', message: 'the sealed file cannot be decompressed from here on' });
  }
}

/** A line that is no record: the end of a file that was being written, which somebody vouches for, or a problem. */
function isAccountedFor(line: RawLine, place: Place, { check, findings, claims, isLast }: FileContext): boolean {
  const { seq } = check.head();
  const ended = claims.filter(({ tornBytes, ...claim }) => isLast && tornBytes !== null && claim.seq === seq);
  const rest = logSize(place.file) - line.byte;
  const unfinished = isLast && !line.ended && ended.length === 0;
  if (unfinished || ended.some((claim) => claim.tornBytes === rest)) {
    const why = unfinished ? 'being written, or never acknowledged' : 'never acknowledged, as the next start recorded';
    findings.notes.push(`${place.file}: ${rest} bytes after record ${seq} are ${why}`);
    return true;
  }
  const found = line.ended ? 'unreadable' : 'torn';
  const message = line.ended ? 'this line is not a record' : 'the file ends within a line';
  findings.problems.push({ ...place, kind: found, message });
  return false;
}

/** Where the record after the newest would stand. */
function endOf(files: readonly LogFile[], place: Place | null, end: LastRecord | null): Place {
  const file = files.at(-1)?.path ?? '';
  if (place?.file !== file || end === null) return { file, line: 1, byte: 0 };
  return { file: place.file, line: place.line + 1, byte: logSize(place.file) - end.bytes };
}

function cutShort(seq: number, claims: readonly Claim[], end: Place): LogProblem[] {
  const most = claims.filter((claim) => claim.seq > seq).sort((a, b) => b.seq - a.seq)[0];
  if (most === undefined) return [];
  const message = `records ${seq + 1} to ${most.seq} are missing here: ${most.by} saw them`;
  return [{ ...end, kind: 'cut-short', message }];
}

function missingChains(chains: ReadonlyMap<string, unknown>, { evidence, problems, notes }: Findings): void {
  const named = [
    ...evidence.starts.heads.keys(),
    ...evidence.checkpoints.keys(),
    ...evidence.heads.map((h) => h.writer),
  ];
  for (const writer of new Set(named)) {
    if (chains.has(writer)) continue;
    problems.push(...(evidence.checkpoints.get(writer)?.problems ?? []));
    const most = claimsOf(writer, evidence).toSorted((a, b) => b.seq - a.seq)[0];
    if (most === undefined) continue;
    if (most.seq <= removedUpTo(writer, evidence)) {
      notes.push(`${writer}: all files were removed when their time was over, as is on record`);
      continue;
    }
    const message = `all files of ${writer} are missing: ${most.by} saw ${most.seq} records`;
    problems.push({ ...placeOf(most), kind: 'missing-chain', message });
  }
}

/** `seq` of the last record that retention removed; 0 without any. */
function removedUpTo(writer: string, { starts: { removed } }: Evidence): number {
  const files = [...removed.values()].filter(({ name }) => writerOf(name) === writer);
  return Math.max(0, ...files.map(({ seq }) => seq));
}

function placeOf({ file, line, byte }: Place): Place {
  return { file, line, byte };
}

/** What two witnesses found at one place is one problem. */
function distinct(problems: readonly LogProblem[]): readonly LogProblem[] {
  const byPlace = new Map<string, LogProblem>();
  for (const problem of problems) {
    const key = `${problem.kind} ${problem.line} ${problem.file}`;
    if (!byPlace.has(key)) byPlace.set(key, problem);
  }
  return [...byPlace.values()];
}

function keysUsed({ trust, starts, checkpoints }: Evidence): readonly string[] {
  const named = [...starts.keys].filter(([writer]) => checkpoints.has(writer)).map(([, key]) => key);
  const used = trust.publicKeys.length > 0 ? trust.publicKeys : named;
  return [...new Set(used.map(({ verifier }) => verifier))];
}
