import type { LogProblem, Place, ProblemKind } from './chain-check.ts';
import { type Checkpoint, isBeginning, type ListedNote, readCheckpoint, readCheckpoints } from './checkpoint.ts';
import type { Claim } from './claims.ts';
import { checkNote, type Note, readNote, type Verifier } from './note.ts';

/** The list of one writer's checkpoints, and what is expected of it. */
export interface ExpectedCheckpoints {
  readonly file: string;
  readonly writer: string;
  /** The keys that may sign; with none, signatures cannot be checked. */
  readonly verifiers: readonly Verifier[];
}

export interface FoundCheckpoints {
  /** What the good ones say, in the order they stand. */
  readonly claims: readonly Claim[];
  /** Where the list ends. */
  readonly end: Place;
  /** Number of bytes after the last whole one. */
  readonly restBytes: number;
  readonly problems: readonly LogProblem[];
}

type Fault = Pick<LogProblem, 'kind' | 'message'>;

/** Reads one writer's checkpoints; whether they fit the records is for the chain's verification. */
export async function checkCheckpoints(expected: ExpectedCheckpoints): Promise<FoundCheckpoints> {
  const { file } = expected;
  const { notes, rest, end } = await readCheckpoints(file);
  const claims: Claim[] = [];
  const problems: LogProblem[] = [];
  let before: Checkpoint | null = null;
  let lastKind: ProblemKind | null = null;
  for (const listed of notes) {
    const place = { file, line: listed.line, byte: listed.byte };
    const found = check(listed, expected, before);
    if ('size' in found) {
      claims.push(claimOf(found, place));
      before = found;
      // A list signed throughout with another key is one finding.
    } else if (found.kind !== 'replaced-key' || lastKind !== 'replaced-key') problems.push({ ...place, ...found });
    lastKind = 'size' in found ? null : found.kind;
  }
  const isWriting = isBeginning(rest);
  const message = 'this is no checkpoint, nor one that is being written';
  if (!isWriting) problems.push({ file, ...end, kind: 'unreadable', message });
  return { claims, problems, end: { file, ...end }, restBytes: isWriting ? Buffer.byteLength(rest) : 0 };
}

function check(
  { note: text }: ListedNote,
  expected: ExpectedCheckpoints,
  before: Checkpoint | null,
): Checkpoint | Fault {
  const note = readNote(text);
  const checkpoint = note === null ? null : readCheckpoint(note.text);
  if (note === null || checkpoint === null) return { kind: 'unreadable', message: 'this is no checkpoint' };
  const { writer, size, time } = checkpoint;
  if (writer !== expected.writer) return { kind: 'forged-checkpoint', message: `this checkpoint is of ${writer}` };
  const fault = signatureFault(note, expected.verifiers);
  if (fault !== null) return fault;
  if (before === null || size > before.size || (size === before.size && time !== before.time)) return checkpoint;
  return { kind: 'inserted', message: `a checkpoint of ${size} records stands after one of ${before.size}` };
}

/** Null when one of the keys signed the note as it stands, and when there is no key to ask. */
export function signatureFault(note: Note, verifiers: readonly Verifier[]): Fault | null {
  const states = verifiers.map((verifier) => checkNote(note, verifier));
  if (states.length === 0 || states.includes('valid')) return null;
  if (states.includes('wrong')) return { kind: 'forged-checkpoint', message: 'its key did not sign this text' };
  const found = note.signatures.map(({ name, keyId }) => `${name}+${keyId}`).join(', ');
  const wanted = verifiers.map(({ name, keyId }) => `${name}+${keyId}`).join(' or ');
  return { kind: 'replaced-key', message: `this is signed with ${found}, not with ${wanted}` };
}

/** What a checkpoint says of its chain. */
export function claimOf({ writer, size, head }: Checkpoint, place: Place): Claim {
  const by = `the checkpoint in ${place.file} line ${place.line}`;
  return { ...place, writer, seq: size, hash: head, by, tornBytes: null, signed: size };
}
