import { readLines } from '../files/line-reader.ts';
import { SealDamaged } from '../files/log-bytes.ts';
import type { LogFile } from '../files/log-files.ts';
import { genesis, lineDigest, readLink } from '../integrity/chain.ts';
import { type NoteList, newestNote } from '../integrity/checkpoint.ts';
import { type Claims, readClaims } from '../integrity/claims.ts';
import { siblings } from '../integrity/merkle.ts';
import { proofText } from '../integrity/proof.ts';
import type { SlicedChain } from './slice.ts';
import { createRecordingTree, type RecordingTree } from './tree.ts';

/** Where a slice begins within its chain: what whoever checks it goes on from. */
export interface Before {
  /** Of the record before the first; 0 at the beginning of the chain. */
  readonly seq: number;
  /** Of that record, as the first of the slice holds it in `prev`. */
  readonly hash: string;
  /** Complete subtrees over the records before, the largest first, roots in base64; null when those are not there. */
  readonly subtrees: readonly { readonly size: number; readonly root: string }[] | null;
}

/** What the manifest says of a writer's part. */
export interface PackedChain {
  readonly writer: string;
  readonly before: Before;
  readonly files: readonly PackedChainFile[];
  /** `seq` of the first and the last record; null without any. */
  readonly first: number | null;
  readonly last: number | null;
  readonly records: number;
}

export interface PackedChainFile {
  /** Within the pack. */
  readonly path: string;
  readonly records: number;
  /** What stands after so many bytes was never acknowledged, as the log says; null when all counts. */
  readonly good: number | null;
}

/** Which records of a chain to prove, against which checkpoints. */
export interface Wanted {
  readonly sliced: SlicedChain;
  readonly checkpoints: NoteList;
  /** In any order. */
  readonly seqs: readonly number[];
  pathOf(file: LogFile): string;
}

export interface WalkedChain {
  readonly packed: PackedChain;
  readonly proofs: readonly { readonly seq: number; readonly text: string }[];
  /** Why there are no proofs, or fewer than wanted; null when they are all there. */
  readonly unproven: string | null;
}

/**
 * Reads a chain once, from its first record to the newest that is signed or in the slice. `pause` is awaited after each
 * file. Throws what `pause` throws, and the file system's error.
 */
export async function walkChain(wanted: Wanted, pause: () => Promise<void>): Promise<WalkedChain> {
  const { sliced, checkpoints, seqs } = wanted;
  const prover = createProver(checkpoints, seqs);
  const claims = readClaims(sliced.chain);
  const state: Walk = {
    wanted,
    claims,
    prover,
    before: null,
    head: null,
    files: [],
    first: null,
    last: null,
    damage: '',
  };
  for (const file of sliced.chain) {
    const isTaken = sliced.files.some((one) => one.file === file);
    if (!isTaken && state.before !== null && prover.isDone()) break;
    for (const record of recordsOf(file, state)) prover.accept(record);
    await pause();
  }
  const proofs = prover.proofs();
  return { packed: packedOf(state), proofs: proofs ?? [], unproven: proofs === null ? whyUnproven(state) : null };
}

/** A record as it is read; the line is only good until the next. */
interface Passing {
  readonly line: Buffer;
  readonly digest: Buffer;
}

/** Makes proofs of some records against the newest checkpoint while the chain passes by. */
interface Prover {
  readonly tree: RecordingTree;
  accept(record: Passing): void;
  /** Every signed record has passed. */
  isDone(): boolean;
  /** Null while there is nothing signed, or when what passed is not what was signed. */
  proofs(): WalkedChain['proofs'] | null;
}

/** Of a record that is not signed yet the last signed one takes the place. */
function createProver(checkpoints: NoteList, seqs: readonly number[]): Prover {
  const signed = newestNote(checkpoints);
  const size = signed?.checkpoint.size ?? 0;
  const indexes = new Set(seqs.map((seq) => Math.min(seq, size) - 1).filter((index) => index >= 0));
  const tree = createRecordingTree([...indexes].flatMap((index) => siblings(index, size)));
  const lines = new Map<number, Buffer>();
  let proofs: WalkedChain['proofs'] | null = null;
  return { tree, accept, isDone: () => tree.size() >= size, proofs: () => proofs };

  function accept({ line, digest }: Passing): void {
    const index = tree.size();
    tree.append(digest);
    if (indexes.has(index)) lines.set(index, Buffer.from(line));
    if (index + 1 !== size || tree.root().toString('base64') !== signed?.checkpoint.root) return;
    const { note } = signed;
    proofs = [...lines].map(([at, proven]) => {
      const path = siblings(at, size).map(tree.rootOf);
      return { seq: at + 1, text: proofText({ line: proven, index: at, path, note }) };
    });
  }
}

interface Walk {
  readonly wanted: Wanted;
  readonly claims: Claims;
  readonly prover: Prover;
  before: Before | null;
  /** The newest record. */
  head: { readonly seq: number; readonly digest: Buffer } | null;
  readonly files: PackedChainFile[];
  first: number | null;
  last: number | null;
  /** Why a file could not be read to its end; empty when all could. */
  damage: string;
}

/** The records of one file, in order; what the manifest is to say of it goes into `state`. */
function* recordsOf(file: LogFile, state: Walk): Generator<Passing, void, undefined> {
  const taken = state.wanted.sliced.files.find((one) => one.file === file);
  const good = state.claims.goodBytes.get(file.name) ?? null;
  const end = Math.min(good ?? Number.POSITIVE_INFINITY, taken === undefined || file.sealed ? Infinity : taken.bytes);
  let records = 0;
  for (const { byte, bytes, ended } of soundLines(file, state)) {
    const link = ended && byte < (good ?? Number.POSITIVE_INFINITY) ? readLink(bytes) : null;
    if (link === null) continue;
    if (taken !== undefined && byte < end) {
      state.before ??= beforeOf(file, state, { seq: link.seq - 1, hash: link.prev });
      state.first ??= link.seq;
      state.last = link.seq;
      records += 1;
    }
    const digest = lineDigest(bytes);
    state.head = { seq: link.seq, digest };
    yield { line: bytes, digest };
  }
  if (taken !== undefined) state.files.push({ path: state.wanted.pathOf(file), records, good });
}

function* soundLines({ path }: LogFile, state: Walk): ReturnType<typeof readLines> {
  try {
    yield* readLines(path);
  } catch (error) {
    if (!(error instanceof SealDamaged)) throw error;
    state.damage = error.message;
  }
}

function beforeOf({ writer }: LogFile, { wanted, head, prover }: Walk, told: Omit<Before, 'subtrees'>): Before {
  const end = head === null ? null : { seq: head.seq, hash: head.digest.toString('base64url') };
  // Without the first files nobody can tell the tree; what the first record says of the one before is all there is.
  if (wanted.sliced.chain[0]?.number !== 1) return { ...(end ?? told), subtrees: null };
  const subtrees = prover.tree
    .subtrees()
    .map(({ start, end: after, root }) => ({ size: after - start, root: root.toString('base64') }));
  return { ...(end ?? { seq: 0, hash: genesis(writer) }), subtrees };
}

function packedOf({ wanted, before, files, first, last }: Walk): PackedChain {
  const { writer } = wanted.sliced;
  return {
    ...{ writer, before: before ?? { seq: 0, hash: genesis(writer), subtrees: [] }, files, first, last },
    records: files.reduce((sum, file) => sum + file.records, 0),
  };
}

function whyUnproven({ wanted, damage }: Walk): string {
  const { writer, chain } = wanted.sliced;
  if (damage !== '') return damage;
  if (newestNote(wanted.checkpoints) === null) return `nothing of ${writer} is signed`;
  if (chain[0]?.number !== 1)
    return `the first files of ${writer} are not there: what they held is part of every proof`;
  return `the records of ${writer} are not the ones it signed`;
}
