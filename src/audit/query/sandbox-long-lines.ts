import { closeSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { LINE_BYTES_READ_MAX, readLines } from '../files/line-reader.ts';
import type { ReadFile, Resources } from './sandbox-messages.ts';
import { writeWhole } from './write-whole.ts';

/** DuckDB's words for a line that it has no room for, 16 MiB at least; more room costs every thread as much. */
const TOO_LONG = /^Invalid Input Error: "maximum_object_size" of \d+ bytes exceeded while reading file "(.*)" \(>/s;
/** No record either, so that it is counted where it stands. */
const STAND_IN = Buffer.from('-');
const LINE_FEED = 0x0a;
const BATCH_BYTES = 2 * LINE_BYTES_READ_MAX;

/** What reads files of the log. */
interface ReadingTask {
  readonly files: readonly ReadFile[];
  readonly resources: Resources;
}

/**
 * Runs a task. Where DuckDB stops at a line of a file because it is too long, the task is run again with a copy of that
 * file, which holds something short in the place of such lines. Throws what `run` throws.
 */
export async function withShortLines<T extends ReadingTask, R>(task: T, run: (task: T) => Promise<R>): Promise<R> {
  const copies: string[] = [];
  let { files } = task;
  try {
    for (;;) {
      try {
        return await run({ ...task, files });
      } catch (error) {
        const stopped = files.find((file) => file.path === stoppedAt(error));
        if (stopped === undefined) throw error;
        const copy = join(task.resources.spillDir, `short-lines-${copies.length}.jsonl`);
        copies.push(copy);
        copyShort(stopped.path, copy);
        files = files.map((file) => (file === stopped ? { ...file, path: copy, original: file.path } : file));
      }
    }
  } finally {
    for (const copy of copies) rmSync(copy, { force: true });
  }
}

function stoppedAt(error: unknown): string | undefined {
  return error instanceof Error ? TOO_LONG.exec(error.message)?.[1] : undefined;
}

/** Written a batch at a time: a write for every line would take most of the time. */
function copyShort(from: string, to: string): void {
  const file = openSync(to, 'wx', 0o600);
  try {
    const batch = Buffer.allocUnsafe(BATCH_BYTES);
    let filled = 0;
    for (const { bytes, length } of readLines(from)) {
      const line = length > LINE_BYTES_READ_MAX ? STAND_IN : bytes;
      if (filled + line.length + 1 > BATCH_BYTES) {
        writeWhole(file, batch.subarray(0, filled));
        filled = 0;
      }
      filled += line.copy(batch, filled);
      batch[filled] = LINE_FEED;
      filled += 1;
    }
    writeWhole(file, batch.subarray(0, filled));
  } finally {
    closeSync(file);
  }
}
