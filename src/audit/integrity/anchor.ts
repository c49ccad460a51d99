import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { AnchorPlace } from '../../config/audit-settings.ts';
import { createFile } from '../write/create-file.ts';
import type { Checkpoint } from './checkpoint.ts';
import { commitAnchors } from './git-commit.ts';

/** A signed checkpoint to be kept elsewhere. */
export interface Anchored {
  readonly checkpoint: Checkpoint;
  readonly note: string;
}

/** Where to keep it, and the process's environment for git. */
export interface AnchorParts {
  readonly place: AnchorPlace;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The anchor is not there or does not take it: the message says which and why. */
export class AnchorFailed extends Error {
  override readonly name = 'AnchorFailed';
  readonly code = 'audit_anchor_failed';
}

/**
 * Keeps checkpoints in a folder, one file each, `dt=2026-11-22/acme-1a2b3c4d-20261122T143000123Z.ckpt`; in a
 * repository they are committed as well. What is kept is never written again. Throws `AnchorFailed`.
 */
export async function anchor(heads: readonly Anchored[], { place, environment }: AnchorParts): Promise<void> {
  const root = 'git' in place ? place.git : place.dir;
  try {
    // Made here, a folder would hide that the mount is missing.
    if (!(await stat(root)).isDirectory()) throw new Error('it is no folder');
    for (const { checkpoint, note } of heads) {
      const path = join(root, anchorName(checkpoint));
      await mkdir(dirname(path), { recursive: true });
      await createFile({ path, text: note, mode: 0o644 });
    }
    if ('git' in place) await commitAnchors(root, heads.map(messageOf).join(', '), environment);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new AnchorFailed(`the anchor ${root} cannot be used: ${why}`, { cause });
  }
}

function anchorName({ writer, time }: Checkpoint): string {
  return join(`dt=${time.slice(0, 10)}`, `${writer}-${time.replaceAll(/[-:.]/g, '')}.ckpt`);
}

function messageOf({ checkpoint: { writer, size } }: Anchored): string {
  return `${writer} ${size}`;
}
