import { randomBytes } from 'node:crypto';
import { open, stat, statfs, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Limits } from '../../config/configuration.ts';
import type { SpaceLevel } from '../record/event.ts';

/** What a file system says of itself, in blocks of `bsize` bytes. */
export type StatFs = (path: string) => Promise<{
  readonly bsize: number;
  readonly blocks: number;
  readonly bavail: number;
}>;

export interface SpaceParts {
  /** Folder of the log. */
  readonly dir: string;
  readonly gatewayName: string;
  readonly limits: Pick<Limits, 'auditReserveBytes' | 'auditSpaceLowBytes' | 'auditSpaceScarceBytes'>;
  readonly log: Pick<Logger, 'warn' | 'info'>;
  /** Default `node:fs/promises`. */
  readonly statFs?: StatFs;
}

/** Watches the room on the log's disk, and holds a part of it back for the day there is none. */
export interface Space {
  level(): SpaceLevel;
  /** Free bytes at the last look; null when the system does not say. */
  freeBytes(): number | null;
  /** Looks at the disk; once there is room for it, makes the reserve again. */
  look(): Promise<void>;
  /** Gives the reserve back, so that what was begun can still be recorded. False when that has been done before. */
  release(): Promise<boolean>;
}

/** Below this part of the whole disk the gateway warns too. */
const LOW_SHARE = 0.1;
const CHUNK_BYTES = 1024 * 1024;

/**
 * Without its reserve the log counts as full: `full` lasts until there is room for twice the reserve, so that the
 * level does not flutter while calls that were begun use what was given back.
 */
export function createSpace(parts: SpaceParts): Space {
  const { dir, gatewayName, limits, log, statFs = statfs } = parts;
  // Two gateways of one name in one folder share it: both find it gone, and either makes it again.
  const path = join(dir, `_reserve-${gatewayName}`);
  let level: SpaceLevel = 'ample';
  let freeBytes: number | null = null;
  let held = false;

  return { level: () => level, freeBytes: () => freeBytes, look, release };

  async function look(): Promise<void> {
    const found = await statFs(dir).catch(() => null);
    freeBytes = found && found.bavail * found.bsize;
    const fits = freeBytes === null || freeBytes >= 2 * limits.auditReserveBytes;
    if (!held && fits) held = await hold(path, limits.auditReserveBytes);
    enter(held ? levelOf(found) : 'full');
  }

  function levelOf(found: Awaited<ReturnType<StatFs>> | null): SpaceLevel {
    if (found === null || freeBytes === null) return 'ample';
    if (freeBytes < limits.auditSpaceScarceBytes) return 'scarce';
    const isLow = freeBytes < limits.auditSpaceLowBytes || found.bavail < found.blocks * LOW_SHARE;
    return isLow ? 'low' : 'ample';
  }

  async function release(): Promise<boolean> {
    const was = held;
    held = false;
    enter('full');
    if (was) await unlink(path).catch((err: unknown) => log.warn({ err }, 'the reserve of the audit log is gone'));
    return was;
  }

  function enter(next: SpaceLevel): void {
    if (next === level) return;
    level = next;
    const told = { freeBytes, level };
    if (next === 'ample') log.info(told, 'the audit log has room again');
    else log.warn(told, WARNINGS[next]);
  }
}

const WARNINGS: Readonly<Record<Exclude<SpaceLevel, 'ample'>, string>> = {
  low: 'the disk of the audit log is filling up',
  scarce: 'the disk of the audit log is nearly full: tools that change something are refused',
  full: 'the disk of the audit log is full: calls are refused',
};

/** Random, for some file systems store a file of zeros in no space at all. */
async function hold(path: string, bytes: number): Promise<boolean> {
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size === bytes) return true;
  try {
    const file = await open(path, 'w', 0o600);
    try {
      const chunk = randomBytes(Math.min(bytes, CHUNK_BYTES));
      for (let left = bytes; left > 0; left -= chunk.length) await file.writeFile(chunk.subarray(0, left));
    } finally {
      await file.close();
    }
    return true;
  } catch {
    // Whatever the reason, there is no reserve; half of one is of no use.
    await unlink(path).catch(() => undefined);
    return false;
  }
}
