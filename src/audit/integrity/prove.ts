import { readLines } from '../files/line-reader.ts';
import { SealDamaged } from '../files/log-bytes.ts';
import { type LogFile, listLogFiles } from '../files/log-files.ts';
import { lineDigest, readLink } from './chain.ts';
import { newestNote, readCheckpoints } from './checkpoint.ts';
import { readClaims } from './claims.ts';
import type { RecordName } from './find-record.ts';
import { createTree, siblings } from './merkle.ts';
import { type Proof, proofText } from './proof.ts';
import { listCheckpointFiles } from './trust.ts';

/** There is nothing to prove with: the message says what is missing and what to try. */
export class NoProof extends Error {
  override readonly name = 'NoProof';
  readonly code = 'audit_no_proof';
}

/**
 * The proof that a record is in a log of these folders, against its writer's newest checkpoint. Reads the chain once
 * and keeps O(log n) hashes. Throws `NoProof`, and the file system's error.
 */
export async function prove(dirs: readonly string[], { writer, seq }: RecordName): Promise<string> {
  const file = (await listCheckpointFiles(dirs)).get(writer);
  const found = file === undefined ? null : newestNote(await readCheckpoints(file));
  const files = (await listLogFiles(dirs)).filter((one) => one.writer === writer);
  if (files.length === 0) throw new NoProof(`there is no log of ${writer} in ${dirs.join(', ')}`);
  if (found === null) throw new NoProof(`there is no checkpoint of ${writer}: nothing of it is signed`);
  const { note, checkpoint } = found;
  if (files[0]?.number !== 1)
    throw new NoProof(`the first files of ${writer} are not here: what they held is part of every proof`);
  if (seq > checkpoint.size)
    throw new NoProof(
      `${writer} has signed ${checkpoint.size} records yet, not ${seq}: a gateway that runs signs more within ten seconds, one that was killed never does`,
    );
  const { proof, root } = climb(files, { note, index: seq - 1, size: checkpoint.size });
  if (proof === null || root !== checkpoint.root)
    throw new NoProof(`the records of ${writer} are not the ones it signed: run gatehouse audit verify`);
  return proofText(proof);
}

interface Wanted {
  readonly note: string;
  readonly index: number;
  readonly size: number;
}

interface Climbed {
  /** Null when the records end before. */
  readonly proof: Proof | null;
  /** Of the whole tree, base64. */
  readonly root: string;
}

function climb(files: readonly LogFile[], { note, index, size }: Wanted): Climbed {
  const ranges = siblings(index, size).map((range) => ({ ...range, tree: createTree() }));
  const whole = createTree();
  let line: Buffer | null = null;
  for (const bytes of recordLines(files)) {
    const at = whole.size();
    if (at === size) break;
    const digest = lineDigest(bytes);
    whole.append(digest);
    ranges.find(({ start, end }) => start <= at && at < end)?.tree.append(digest);
    if (at === index) line = Buffer.from(bytes);
  }
  const root = whole.root().toString('base64');
  if (line === null) return { proof: null, root };
  return { proof: { line, index, path: ranges.map(({ tree }) => tree.root()), note }, root };
}

/** The records of one chain, in order, without what a failing disk left behind; only good until the next. */
function* recordLines(files: readonly LogFile[]): Generator<Buffer, void, undefined> {
  const { goodBytes } = readClaims(files);
  for (const { path, name } of files) {
    const good = goodBytes.get(name) ?? Number.POSITIVE_INFINITY;
    for (const { byte, bytes, ended } of readSound(path)) {
      if (byte >= good) break;
      if (ended && readLink(bytes) !== null) yield bytes;
    }
  }
}

function* readSound(path: string): ReturnType<typeof readLines> {
  try {
    yield* readLines(path);
  } catch (cause) {
    if (!(cause instanceof SealDamaged)) throw cause;
    throw new NoProof(`${cause.message}: run gatehouse audit verify`, { cause });
  }
}
