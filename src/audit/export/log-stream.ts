import { type FoundFile, isOf, isWithin, lookAt } from '../files/chosen-files.ts';
import { type LogFile, listLogFiles, NoLog } from '../files/log-files.ts';
import type { Cursor, Position } from './cursor.ts';
import { type Exported, type ExportOrder, exportFile } from './export.ts';

export interface LogStreamParts {
  readonly dirs: readonly string[];
  /** As in `Choice`. */
  readonly writers: readonly string[];
  readonly order: ExportOrder;
  /** Where to go on; empty to begin at the beginning. */
  readonly cursor: Cursor;
}

export interface Streamed {
  readonly file: FoundFile;
  readonly told: Exported;
}

/** The log as it grows: each look goes on where the one before ended. */
export interface LogStream {
  /**
   * What came since the last look, by writer and in order; nothing twice. A piece counts as handed out when the next is
   * asked for. Throws `NoLog` when the first look finds no file, or the file system's error.
   */
  look(): AsyncGenerator<Streamed, void, undefined>;
  cursor(): Cursor;
}

interface Progress extends Position {
  /** Of the file when it was last read to its end, on the disk in bytes; null while it was not. */
  readonly size: number | null;
  /** Nobody writes to it any more, and it was read to its end. */
  readonly done: boolean;
}

export function createLogStream({ dirs, writers, order, cursor }: LogStreamParts): LogStream {
  const reached = new Map<string, Progress>();
  for (const [writer, position] of cursor) reached.set(writer, { ...position, size: null, done: false });
  let begun = false;

  return { look, cursor: () => new Map([...reached].map(([writer, progress]) => [writer, positionOf(progress)])) };

  async function* look(): AsyncGenerator<Streamed, void, undefined> {
    const all = await listLogFiles(dirs);
    if (all.length === 0 && !begun) throw new NoLog(`there is no audit log in ${dirs.join(', ')}`);
    begun = true;
    forget(all);
    const ahead = all.filter((file) => isWithin(file, { ...order, writers }) && isOf(file, writers) && isAhead(file));
    for (const file of bestCopies(await lookAt(ahead, all))) yield* readOn(file);
  }

  function isAhead({ writer, number }: LogFile): boolean {
    const before = reached.get(writer);
    return before === undefined || number > before.number || (number === before.number && !before.done);
  }

  function* readOn(file: FoundFile): Generator<Streamed, void, undefined> {
    const { writer, day, number, live, size } = file;
    const before = reached.get(writer);
    const isSame = before?.number === number;
    if (isSame && before.size === size && live) return;
    const from = { byte: isSame ? before.byte : 0, seq: before?.seq ?? 0 };
    for (const told of exportFile(file, from, order)) {
      yield { file, told };
      if (told.kind === 'lines') reached.set(writer, { day, number, ...told.to, size: null, done: false });
    }
    const after = reached.get(writer);
    if (after !== undefined) reached.set(writer, { ...after, size, done: !live });
  }

  /** Days are removed from the oldest on, as a whole: what is older than the log will not be seen again. */
  function forget(all: readonly LogFile[]): void {
    const there = new Set(all.map(({ writer }) => writer));
    const oldest = all.reduce((day, file) => (file.day < day ? file.day : day), all[0]?.day ?? '');
    for (const [writer, { day }] of reached) if (!there.has(writer) && day < oldest) reached.delete(writer);
  }
}

/** Of a file that stands in several folders the one that holds most: a copy may lag behind. */
function bestCopies(files: readonly FoundFile[]): Iterable<FoundFile> {
  const best = new Map<string, FoundFile>();
  for (const file of files) {
    const other = best.get(file.name);
    if (other === undefined || holdsMore(file, other)) best.set(file.name, file);
  }
  return best.values();
}

/** A sealed file is whole. */
function holdsMore(file: FoundFile, other: FoundFile): boolean {
  return file.sealed === other.sealed ? file.size > other.size : file.sealed;
}

function positionOf({ day, number, byte, seq }: Progress): Position {
  return { day, number, byte, seq };
}
