import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { LogHandle, OpenFile } from '../../../src/audit/write/rotation.ts';

export type Step = 'open' | 'write' | 'datasync' | 'sync' | 'truncate' | 'chmod' | 'close';

export interface Disk {
  readonly openFile: OpenFile;
  /** Everything asked of it, in order: `write acme-1a2b3c4d-000001.jsonl`. */
  readonly steps: string[];
  /** Called before a step is done; what it throws is the disk's error. A number is how many bytes a write takes. */
  before: (step: Step, name: string) => Promise<number | undefined> | number | undefined;
}

/** Real files behind the boundary where a disk can be slow, full or broken. */
export function createDisk(): Disk {
  const disk: Disk = { openFile, steps: [], before: () => undefined };
  return disk;

  async function openFile(path: string, flags: string, mode?: number): Promise<LogHandle> {
    const name = basename(path);
    await enter('open', name);
    const handle = await open(path, flags, mode);
    const wrap =
      <A extends unknown[], R>(step: Step, act: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        await enter(step, name);
        return act.apply(handle, args);
      };
    const write = async (bytes: Buffer, offset: number, length: number) =>
      handle.write(bytes, offset, Math.min(length, (await enter('write', name)) ?? length));
    return {
      // One of the overloads of write is what the log calls.
      write: write as unknown as LogHandle['write'],
      datasync: wrap('datasync', handle.datasync),
      sync: wrap('sync', handle.sync),
      truncate: wrap('truncate', handle.truncate),
      stat: handle.stat.bind(handle) as LogHandle['stat'],
      chmod: wrap('chmod', handle.chmod),
      close: wrap('close', handle.close),
    };
  }

  async function enter(step: Step, name: string): Promise<number | undefined> {
    disk.steps.push(`${step} ${name}`);
    return disk.before(step, name);
  }
}

export function diskError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}

/** Fails these steps on log files, with this error, until `mend` is called. */
export function breakDisk(disk: Disk, code: string, steps: readonly Step[]): { mend(): void } {
  disk.before = (step, name) => {
    if (steps.includes(step) && name.endsWith('.jsonl')) throw diskError(code);
    return undefined;
  };
  return {
    mend() {
      disk.before = () => undefined;
    },
  };
}
