import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Note, readNote } from './note.ts';

/**
 * What a checkpoint says of a writer's chain, as https://c2sp.org/tlog-checkpoint writes it. The origin is
 * `gatehouse/WRITER`; the leaves of the tree are the SHA-256 of the lines, which the chain computes anyway. The two
 * extension lines are ours: `head`, which a reader can compare without building the tree, and `time`.
 */
export interface Checkpoint {
  readonly writer: string;
  /** Number of records, which is the `seq` of the newest. */
  readonly size: number;
  /** RFC 6962 root over the SHA-256 of every line, base64. */
  readonly root: string;
  /** SHA-256 of the newest line as the next one's `prev` would hold it. */
  readonly head: string;
  /** When it was made, ISO 8601 in UTC. */
  readonly time: string;
}

const ORIGIN = 'gatehouse/';
const LINES = [
  String.raw`gatehouse/([^\s+/]+-[0-9a-f]{8})`,
  String.raw`([1-9]\d{0,14})`,
  '([A-Za-z0-9+/]{43}=)',
  String.raw`head ([\w-]{43})`,
  String.raw`time (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)`,
];
const TEXT = new RegExp(`^${LINES.join('\n')}\n$`);
/** As a list holds it, line by line, up to the empty one after its signature. */
const LISTED = [...LINES, '', String.raw`\u2014 [^\s+]+ [A-Za-z0-9+/]+={0,2}`].map((line) => new RegExp(`^${line}$`));

/** The text to sign. */
export function checkpointText({ writer, size, root, head, time }: Checkpoint): string {
  return `${ORIGIN}${writer}\n${size}\n${root}\nhead ${head}\ntime ${time}\n`;
}

/** Null for any other text. */
export function readCheckpoint(text: string): Checkpoint | null {
  const [, writer, size, root, head, time] = TEXT.exec(text) ?? [];
  if (writer === undefined || root === undefined || head === undefined || time === undefined) return null;
  return { writer, size: Number(size), root, head, time };
}

/** Whether a checkpoint that is being written, and its place in a list, could begin like this. */
export function isBeginning(text: string): boolean {
  const lines = text.split('\n');
  const unfinished = lines.pop();
  const isWhole = lines.length === LISTED.length;
  return lines.length <= LISTED.length && lines.every((line, at) => LISTED[at]?.test(line)) && !(isWhole && unfinished);
}

/** One of the notes of a list, with its place. */
export interface ListedNote {
  /** As it stands, to be read and checked; what is no note is here as well. */
  readonly note: string;
  /** Counts from 1. */
  readonly line: number;
  /** Where it begins, in bytes. */
  readonly byte: number;
}

export interface NoteList {
  readonly notes: readonly ListedNote[];
  /** What stands after the last whole note: one that was being written. Empty when the list ends as it should. */
  readonly rest: string;
  /** Where that begins. */
  readonly end: Omit<ListedNote, 'note'>;
}

/** Where a writer's checkpoints are kept; the underscore keeps table engines out of the folder. */
export function checkpointFile(dir: string, writer: string): string {
  return join(dir, '_ckpt', `${writer}.ckpt`);
}

/** The checkpoints in a file; none when it is missing. */
export async function readCheckpoints(path: string): Promise<NoteList> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return readList(text);
}

/** A list of notes: each is followed by an empty line, and none of these holds one in its text. */
export function listNote(note: string): string {
  return `${note}\n`;
}

/** Reads such a list. A note ends with its signatures, so that one damaged does not hide the next. */
export function readList(text: string): NoteList {
  const notes: ListedNote[] = [];
  let begun: ListedNote | null = null;
  let line = 1;
  let byte = 0;
  let read = 0;
  for (let end = text.indexOf('\n\n', read); end >= 0; end = text.indexOf('\n\n', read)) {
    const part = text.slice(read, end + 1);
    const signed = part.startsWith('\u2014 ');
    if (!signed && begun !== null) notes.push(begun);
    begun = signed && begun !== null ? continued(begun, part) : { note: part, line, byte };
    line += part.split('\n').length;
    byte += Buffer.byteLength(part) + 1;
    read = end + 2;
    if (signed) notes.push(begun);
    if (signed) begun = null;
  }
  const end = begun ?? { line, byte };
  const rest = (begun === null ? '' : `${begun.note}\n`) + text.slice(read);
  return { notes, rest, end: { line: end.line, byte: end.byte } };
}

function continued(begun: ListedNote, part: string): ListedNote {
  return { ...begun, note: `${begun.note}\n${part}` };
}

/** The newest note of a list that is a checkpoint, not yet believed; null when there is none. */
export function newestNote({ notes }: NoteList): (Note & ListedNote & { readonly checkpoint: Checkpoint }) | null {
  for (const listed of notes.toReversed()) {
    const note = readNote(listed.note);
    const checkpoint = note === null ? null : readCheckpoint(note.text);
    if (note !== null && checkpoint !== null) return { ...note, ...listed, checkpoint };
  }
  return null;
}
