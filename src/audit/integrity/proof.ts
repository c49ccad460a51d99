import { lineDigest, readLink } from './chain.ts';
import { type Checkpoint, readCheckpoint } from './checkpoint.ts';
import { signatureFault } from './checkpoint-check.ts';
import { rootOf } from './merkle.ts';
import { readNote, type Verifier } from './note.ts';

/**
 * That a record is in a log, in the format of https://c2sp.org/tlog-proof. The `extra` data is the record's line; the
 * leaf is its SHA-256.
 */
export interface Proof {
  /** The record as it stands in the log, without its line feed. */
  readonly line: Buffer;
  /** Number of records before it. */
  readonly index: number;
  /** Sibling hashes from the leaf up. */
  readonly path: readonly Buffer[];
  /** The signed checkpoint. */
  readonly note: string;
}

/** What checking a proof comes to. */
export type Verdict =
  | { readonly kind: 'proven'; readonly line: Buffer; readonly checkpoint: Checkpoint }
  /** Why it proves nothing, in words. */
  | { readonly kind: 'refuted'; readonly why: string };

const FORMAT = 'c2sp.org/tlog-proof@v1';
const HEADER =
  /^c2sp\.org\/tlog-proof@v1\nextra ([A-Za-z0-9+/]+={0,2})\nindex (0|[1-9]\d{0,14})\n((?:[A-Za-z0-9+/]{43}=\n)*)\n/;

export function proofText({ line, index, path, note }: Proof): string {
  const hashes = path.map((hash) => `${hash.toString('base64')}\n`).join('');
  return `${FORMAT}\nextra ${line.toString('base64')}\nindex ${index}\n${hashes}\n${note}`;
}

/** Null when it is no proof of ours. */
function readProof(text: string): Proof | null {
  const [header, extra = '', index, hashes = ''] = HEADER.exec(text) ?? [];
  if (header === undefined) return null;
  const proof = {
    line: Buffer.from(extra, 'base64'),
    index: Number(index),
    path: (hashes.match(/.+/g) ?? []).map((hash) => Buffer.from(hash, 'base64')),
    note: text.slice(header.length),
  };
  // Base64 has more than one text for some bytes; a proof has one.
  return proofText(proof) === text ? proof : null;
}

/** Needs nothing but the keys that may have signed. */
export function checkProof(text: string, verifiers: readonly Verifier[]): Verdict {
  const proof = readProof(text);
  if (proof === null) return refuted('this is no proof as gatehouse audit prove writes it');
  const note = readNote(proof.note);
  const checkpoint = note === null ? null : readCheckpoint(note.text);
  if (note === null || checkpoint === null) return refuted('it holds no checkpoint of an audit log');
  const fault = signatureFault(note, verifiers);
  if (fault !== null) return refuted(`the checkpoint: ${fault.message}`);
  const { line, index, path } = proof;
  const root = rootOf({ leaf: lineDigest(line), index, size: checkpoint.size, path });
  if (root?.toString('base64') !== checkpoint.root)
    return refuted('the record, its number and the hashes do not lead to the signed root: one of them was changed');
  if (readLink(line)?.seq !== index + 1) return refuted('the record has another number than its place in the log');
  return { kind: 'proven', line, checkpoint };
}

function refuted(why: string): Verdict {
  return { kind: 'refuted', why };
}
