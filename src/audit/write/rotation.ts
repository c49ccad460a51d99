import { type FileHandle, mkdir, open, stat, unlink } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { AuditSettings } from '../../config/audit-settings.ts';
import { logFilePath } from '../files/log-files.ts';

/** The part of a file the log uses: where a test lets the disk fail. */
export type OpenFile = (path: string, flags: string, mode?: number) => Promise<LogHandle>;
export type LogHandle = Pick<FileHandle, 'write' | 'datasync' | 'sync' | 'truncate' | 'stat' | 'chmod' | 'close'>;

export interface SegmentsParts {
  readonly settings: AuditSettings;
  readonly writer: string;
  readonly openFile?: OpenFile;
  /** Told of a file that could not be closed as it should; its records are safe. */
  readonly onCloseFailed: (error: unknown) => void;
}

/** How far the log is good. */
export interface Committed {
  /** Name of the last file that holds records, without folder; empty before the first. */
  readonly file: string;
  /** Its bytes that were written and, under `sync`, are on disk. */
  readonly bytes: number;
}

/** The open file, which somebody took out of the folder. */
export interface RemovedFile {
  readonly file: string;
  readonly reason: 'deleted' | 'replaced';
}

/** The files of one writer, one after the other; only the last is open. */
export interface Segments {
  /**
   * Begins a file if none of this day is open or it is full. Called before an append, so that a start fails early.
   * Resolves to the file that was finished for it, if one was.
   */
  prepare(now: Date): Promise<Committed | null>;
  /** Resolves when the bytes are as durable as configured. On an error the file is given up: none of them count. */
  append(bytes: Buffer): Promise<void>;
  committed(): Committed;
  /**
   * Whether the open file is still the one under its name: an unlinked file accepts writes for ever. If not, it is
   * given up, and what was found is told once.
   */
  inspect(): Promise<RemovedFile | null>;
  /** Makes the open file read-only and closes it. */
  close(): Promise<void>;
}

interface Segment {
  readonly path: string;
  readonly day: string;
  readonly handle: LogHandle;
  bytes: number;
}

export function createSegments({ settings, writer, openFile = open, onCloseFailed }: SegmentsParts): Segments {
  let number = 0;
  let current: Segment | null = null;
  let committed: Committed = { file: '', bytes: 0 };

  return { prepare, append, inspect, close, committed: () => committed };

  async function prepare(now: Date): Promise<Committed | null> {
    const day = now.toISOString().slice(0, 10);
    if (current !== null && current.day === day && current.bytes < settings.rotateBytes) return null;
    const isFollowed = current !== null && current.bytes > 0;
    await close();
    current = await begin(day);
    return isFollowed ? committed : null;
  }

  async function inspect(): Promise<RemovedFile | null> {
    if (current === null) return null;
    const { handle, path } = current;
    const [held, named] = await Promise.all([handle.stat(), stat(path)].map((found) => found.catch(() => null)));
    if (held?.ino === named?.ino && held?.dev === named?.dev) return null;
    await close();
    return { file: basename(path), reason: named === null ? 'deleted' : 'replaced' };
  }

  async function begin(day: string): Promise<Segment> {
    number += 1;
    const path = logFilePath(settings.dir, { day, writer, number });
    await mkdir(dirname(path), { recursive: true, mode: 0o750 });
    const segment = { path, day, handle: await openFile(path, 'ax', 0o640), bytes: 0 };
    await syncFolders([dirname(path), settings.dir], openFile).catch((error: unknown) => abandon(segment, error));
    return segment;
  }

  async function append(bytes: Buffer): Promise<void> {
    if (current === null) throw new Error('no file is open');
    const segment = current;
    try {
      await writeAll(segment.handle, bytes);
      if (settings.durability === 'sync') await segment.handle.datasync();
    } catch (error) {
      await abandon(segment, error);
    }
    segment.bytes += bytes.length;
    committed = { file: basename(segment.path), bytes: segment.bytes };
  }

  /**
   * After a failed write or sync nothing more is believed of this file: a second fdatasync may report success for
   * pages the kernel has dropped. What was not committed is cut off if the disk lets us; if not, the next file's
   * first record says how far this one is good.
   */
  async function abandon(segment: Segment, error: unknown): Promise<never> {
    current = null;
    const steps = [
      () => segment.handle.truncate(segment.bytes),
      () => segment.handle.chmod(0o440),
      () => segment.handle.close(),
      ...(segment.bytes === 0 ? [() => unlink(segment.path)] : []),
    ];
    for (const step of steps) await step().catch(onCloseFailed);
    throw error;
  }

  async function close(): Promise<void> {
    if (current === null) return;
    const { handle } = current;
    current = null;
    await handle.chmod(0o440).catch(onCloseFailed);
    await handle.close().catch(onCloseFailed);
  }
}

/** A new name is only durable when its folder is, and the day's folder when the log's is. */
async function syncFolders(folders: readonly string[], openFile: OpenFile): Promise<void> {
  for (const folder of folders) {
    const handle = await openFile(folder, 'r');
    await handle.sync().finally(() => handle.close());
  }
}

/** A filling disk takes part of a buffer without an error; the rest must be tried, and then fails. */
async function writeAll(handle: LogHandle, bytes: Buffer): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written);
    if (bytesWritten === 0) throw new Error('the disk accepts no more bytes');
    written += bytesWritten;
  }
}
