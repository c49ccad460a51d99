import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Logger } from 'pino';
import { type Checkpoint, checkpointFile, checkpointText, listNote } from '../integrity/checkpoint.ts';
import { createTree } from '../integrity/merkle.ts';
import { type NoteKey, signNote } from '../integrity/note.ts';

export interface CheckpointsParts {
  /** Folder of the log. */
  readonly dir: string;
  readonly writer: string;
  readonly key: NoteKey;
  readonly now: () => Date;
  readonly log: Pick<Logger, 'warn' | 'info'>;
  /** Told of each checkpoint that is on disk. */
  readonly onSigned?: (head: { readonly checkpoint: Checkpoint; readonly note: string }) => void;
}

/** Records that were just kept, in order. */
export interface Kept {
  /** SHA-256 of each line. */
  readonly hashes: readonly Buffer[];
  /** Name of the file that the last is in. */
  readonly file: string;
}

/** Signs how far one writer's chain has come. Nobody who waits for an answer waits for this. */
export interface Checkpoints {
  kept(records: Kept): void;
  /** Number of records that the newest checkpoint on disk covers; 0 before the first. */
  signed(): number;
  /** Signs what is not signed yet, or resolves when that failed. */
  flush(): Promise<void>;
  /** Signs what is not signed yet and stops. */
  close(): Promise<void>;
}

const EVERY_MS = 10_000;
const EVERY_RECORDS = 1000;
/** Without a new record one is made this often: it proves that there was none. */
const IDLE_MS = 3_600_000;

/**
 * Makes a checkpoint with the first record, then every 10 seconds with a new one, every 1000 records, when a file is
 * begun, and once an hour without any. One that cannot be written is tried again with the next.
 */
export function createCheckpoints(parts: CheckpointsParts): Checkpoints {
  const { now, key, writer } = parts;
  const tree = createTree();
  let head = '';
  let file = '';
  /** Of the list on disk. */
  let bytes = 0;
  let signed = { size: 0, at: now().getTime() };
  let failing = false;
  let writing: Promise<void> | null = null;
  const timer = setInterval(tick, EVERY_MS).unref();

  return { kept, signed: () => signed.size, flush, close };

  function kept(records: Kept): void {
    for (const hash of records.hashes) tree.append(hash);
    head = records.hashes.at(-1)?.toString('base64url') ?? head;
    const begun = records.file !== file;
    file = records.file;
    if (!failing && (begun || tree.size() - signed.size >= EVERY_RECORDS)) writing ??= write();
  }

  function tick(): void {
    const idle = now().getTime() - signed.at >= IDLE_MS;
    if (tree.size() > signed.size || (idle && tree.size() > 0)) writing ??= write();
  }

  /** Never rejects. */
  async function write(): Promise<void> {
    const at = now();
    const checkpoint = {
      ...{ writer, head, size: tree.size(), time: at.toISOString() },
      root: tree.root().toString('base64'),
    };
    const note = signNote(checkpointText(checkpoint), key);
    try {
      bytes = await append(parts, bytes, Buffer.from(listNote(note)));
      if (failing) parts.log.info('checkpoints of the audit log can be written again');
      failing = false;
      signed = { size: checkpoint.size, at: at.getTime() };
      parts.onSigned?.({ checkpoint, note });
    } catch (error) {
      if (!failing) parts.log.warn({ err: error }, 'a checkpoint of the audit log cannot be written');
      failing = true;
    }
    writing = null;
  }

  async function flush(): Promise<void> {
    await writing;
    if (tree.size() === signed.size) return;
    writing = write();
    await writing;
  }

  async function close(): Promise<void> {
    clearInterval(timer);
    await flush();
  }
}

/** Appends all of it or nothing: half a note is cut off again. Resolves to the length of the file. */
async function append({ dir, writer }: CheckpointsParts, bytes: number, list: Buffer): Promise<number> {
  const path = checkpointFile(dir, writer);
  await mkdir(dirname(path), { recursive: true, mode: 0o750 });
  const handle = await open(path, 'a', 0o640);
  try {
    const { bytesWritten } = await handle.write(list, 0, list.length);
    if (bytesWritten < list.length) throw new Error('the disk accepts no more bytes');
    await handle.datasync();
    return bytes + list.length;
  } catch (error) {
    await handle.truncate(bytes);
    throw error;
  } finally {
    await handle.close();
  }
}
