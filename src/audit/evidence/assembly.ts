import { readFile } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readEnds } from '../files/file-ends.ts';
import type { LogFile } from '../files/log-files.ts';
import { listNote, type NoteList, readCheckpoints } from '../integrity/checkpoint.ts';
import { newestHeads } from '../integrity/heads.ts';
import { listCheckpointFiles, type Trust } from '../integrity/trust.ts';
import { type LogLook, lookAtLog, type Ran, type Verified } from '../report/completeness.ts';
import { type PackedChain, walkChain } from './chain.ts';
import type { Pack, PackedFile } from './pack.ts';
import { type PolicyAt, packPolicy } from './policy.ts';
import { type Asking, type PeriodOfWriter, policyChanges, refusedDestructive } from './records.ts';
import { readSlice, type SlicedChain, sliceLog } from './slice.ts';

/** A report in the pack. */
export interface PackedReport {
  readonly name: string;
  readonly title: string;
  readonly rows: number;
  /** Its members: rows, page, and what they rest on. */
  readonly files: readonly string[];
}

/** What `manifest.json` holds; `audit/evidence.md` describes it. */
export interface EvidenceManifest {
  readonly format: 'gatehouse-evidence@1';
  /** ISO 8601 in UTC: from the first moment on, before the second. */
  readonly period: { readonly from: string; readonly to: string };
  /** Those asked for; empty for all. */
  readonly controls: readonly string[];
  readonly ran: Ran;
  /** In the period; the files hold those around it as well. */
  readonly records: number;
  /** Of the whole log, when the pack was made. */
  readonly verified: Verified;
  readonly chains: readonly PackedChain[];
  readonly reports: readonly PackedReport[];
  /** What a reader may look for and not find, in sentences. */
  readonly left_out: readonly string[];
  /** Every other member, but for `manifest.sha256`. */
  readonly files: readonly PackedFile[];
}

/** What was packed. */
export interface PackedEvidence {
  readonly manifest: EvidenceManifest;
  /** Of the manifest as it is in the pack, hex. */
  readonly sha256: string;
}

/** Adds the reports; resolves to them and to what is left out. */
export type PackReports = (
  pack: Pack,
  look: LogLook,
) => Promise<{ readonly reports: readonly PackedReport[]; readonly leftOut: readonly string[] }>;

export interface EvidenceParts extends Asking {
  readonly trust: Trust;
  readonly controls: readonly string[];
  readonly ran: Ran;
  readonly packReports: PackReports;
  /** Null when no repository was named. */
  readonly policyAt: PolicyAt | null;
  /** Told how much is done, from 0 to 1. */
  progress(done: number): void;
}

const FOLDER = new URL('../../../audit/evidence/', import.meta.url);
/** Of the work, by experience. */
const CHAINS_SHARE = 0.5;

/** Fills a pack; the manifest is its last member but one. Throws as `query`, and the file system's error. */
export async function packEvidence(
  pack: Pack,
  writers: readonly PeriodOfWriter[],
  parts: EvidenceParts,
): Promise<PackedEvidence> {
  const { dirs, trust, period, controls, ran } = parts;
  // Before the log is listed: what is written meanwhile is then in the records and not yet here.
  const checkpoints = await readAllCheckpoints(dirs);
  const sliced = await sliceLog(dirs, period);
  const look = await lookAtLog(dirs, trust);
  await packGuide(pack, look, parts);
  const { chains, unproven } = await packChains(pack, { sliced, checkpoints, writers }, parts);
  const { reports, leftOut } = await parts.packReports(pack, look);
  const policy = await packPolicy(pack, await policyChanges(parts), parts.policyAt);
  const manifest: EvidenceManifest = {
    format: 'gatehouse-evidence@1',
    period: { from: period.from.toISOString(), to: period.to.toISOString() },
    ...{ controls, ran, records: writers.reduce((sum, { records }) => sum + records, 0), verified: look.verified },
    ...{ chains, reports, left_out: [...unproven, ...leftOut, ...policy], files: pack.files() },
  };
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  const { sha256 } = await pack.add('manifest.json', text);
  await pack.add('manifest.sha256', `${sha256}  manifest.json\n`);
  return { manifest, sha256 };
}

async function readAllCheckpoints(dirs: readonly string[]): Promise<ReadonlyMap<string, NoteList>> {
  const found = new Map<string, NoteList>();
  for (const [writer, file] of await listCheckpointFiles(dirs)) found.set(writer, await readCheckpoints(file));
  return found;
}

/** How to read and check the pack, and with which key. */
async function packGuide(pack: Pack, { verified }: LogLook, { period, ran, dirs }: EvidenceParts): Promise<void> {
  const words: Readonly<Record<string, string>> = {
    ...{ from: period.from.toISOString(), to: period.to.toISOString(), at: ran.at, by: ran.by, host: ran.host },
    ...{ program: ran.program, verdict: verified.ok ? 'intact' : `NOT INTACT (${verified.problemCount} problems)` },
  };
  const template = await readTemplate('README.txt');
  await pack.add(
    'README.txt',
    template.replace(/\{(\w+)\}/g, (whole, name: string) => words[name] ?? whole),
  );
  for (const name of ['check.mjs', 'signed.mjs', 'check.sql']) await pack.add(name, await readTemplate(name));
  if (verified.keys.length > 0) await pack.add('gatehouse.pub', verified.keys.map((key) => `${key}\n`).join(''));
  const heads = await newestHeads(dirs);
  if (heads.length > 0) await pack.add('heads.txt', heads.map(({ note }) => listNote(note)).join(''));
}

function readTemplate(name: string): Promise<string> {
  return readFile(fileURLToPath(new URL(name, FOLDER)), 'utf8');
}

interface Slice {
  readonly sliced: readonly SlicedChain[];
  readonly checkpoints: ReadonlyMap<string, NoteList>;
  readonly writers: readonly PeriodOfWriter[];
}

const NO_CHECKPOINTS: NoteList = { notes: [], rest: '', end: { line: 1, byte: 0 } };

async function packChains(
  pack: Pack,
  { sliced, checkpoints, writers }: Slice,
  parts: EvidenceParts,
): Promise<{ readonly chains: readonly PackedChain[]; readonly unproven: readonly string[] }> {
  const refused = await refusedDestructive(parts);
  const unproven = refused.more
    ? [
        `proofs of refused destructive calls after the first ${refused.records.length}: gatehouse audit prove makes them`,
      ]
    : [];
  const chains: PackedChain[] = [];
  for (const [index, chain] of sliced.entries()) {
    const list = checkpoints.get(chain.writer) ?? NO_CHECKPOINTS;
    const own = writers.filter(({ writer }) => writer === chain.writer);
    const seqs = [
      ...neighbours(chain),
      ...own.flatMap(({ first, last }) => [first, last]),
      ...refused.records.filter(({ writer }) => writer === chain.writer).map(({ seq }) => seq),
    ];
    const walked = await walkChain({ sliced: chain, checkpoints: list, seqs, pathOf: slicePath }, async () => {
      await nextTurn();
      parts.signal.throwIfAborted();
    });
    if (list.notes.length > 0)
      await pack.add(`checkpoints/${chain.writer}.ckpt`, list.notes.map(({ note }) => listNote(note)).join(''));
    for (const file of chain.files) await pack.add(slicePath(file.file), readSlice(file));
    for (const { seq, text } of walked.proofs) await pack.add(`proofs/${chain.writer}-${seq}.tlog-proof`, text);
    if (walked.unproven !== null && seqs.length > 0) unproven.push(`proofs: ${walked.unproven}`);
    chains.push(walked.packed);
    parts.progress(((index + 1) / sliced.length) * CHAINS_SHARE);
  }
  return { chains, unproven };
}

/** The records before and after the slice: they show that nothing of the period is missing at its ends. */
function neighbours({ files }: SlicedChain): readonly number[] {
  const ends = readEnds(files.map(({ file }) => file));
  const [first, last] = [ends[0]?.firstSeq ?? 1, ends.at(-1)?.lastSeq];
  return [...(first > 1 ? [first - 1] : []), ...(last === undefined ? [] : [last + 1])];
}

function slicePath({ day, name, sealed }: LogFile): string {
  return `log/dt=${day}/${name}${sealed ? '.gz' : ''}`;
}
