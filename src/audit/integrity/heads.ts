import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Checkpoint, newestNote, readCheckpoint, readCheckpoints, readList } from './checkpoint.ts';
import { claimOf, signatureFault } from './checkpoint-check.ts';
import type { Claim } from './claims.ts';
import { readNote, type Verifier } from './note.ts';
import { listCheckpointFiles } from './trust.ts';

/** A writer's newest checkpoint: what to keep elsewhere. */
export interface Head extends Checkpoint {
  /** The signed note as it stands. */
  readonly note: string;
  /** The signer's name and key id. */
  readonly key: string;
}

/** What was given as a kept head is none: the message says where and what was expected. */
export class HeadRefused extends Error {
  override readonly name = 'HeadRefused';
  readonly code = 'audit_head_refused';
}

/** The newest checkpoint of every writer of the logs in these folders, by writer; not held against the records. */
export async function newestHeads(dirs: readonly string[]): Promise<readonly Head[]> {
  const heads: Head[] = [];
  for (const file of (await listCheckpointFiles(dirs)).values()) {
    const found = newestNote(await readCheckpoints(file));
    if (found === null) continue;
    const { note, checkpoint, signatures } = found;
    heads.push({ ...checkpoint, note, key: signatures.map(({ name, keyId }) => `${name}+${keyId}`).join(', ') });
  }
  return heads;
}

/**
 * Checkpoints that were kept in a file, or in all `.ckpt` files of a folder and those within. Throws `HeadRefused` for
 * anything else, for one that none of `verifiers` signed (when there are any), and the file system's error.
 */
export async function readKeptHeads(path: string, verifiers: readonly Verifier[]): Promise<readonly Claim[]> {
  const files = (await stat(path)).isDirectory() ? await checkpointFilesUnder(path) : [path];
  const claims: Claim[] = [];
  for (const file of files) claims.push(...parseKeptHeads(await readFile(file, 'utf8'), file, verifiers));
  if (claims.length === 0) throw new HeadRefused(`${path} holds no checkpoint; gatehouse audit head prints them`);
  return claims;
}

/** The same from a text; `file` is what messages call it. */
export function parseKeptHeads(text: string, file: string, verifiers: readonly Verifier[]): readonly Claim[] {
  // Mail and terminals add or take line ends; the notes themselves are signed.
  const { notes, rest, end } = readList(`${text.replaceAll('\r\n', '\n').trim()}\n\n`);
  if (text.trim() === '') return [];
  if (rest !== '')
    throw new HeadRefused(`${file}:${end.line}: expected whole checkpoints as gatehouse audit head prints them`);
  return notes.map(({ note: listed, line, byte }) => {
    const note = readNote(listed);
    const checkpoint = note === null ? null : readCheckpoint(note.text);
    if (note === null || checkpoint === null)
      throw new HeadRefused(`${file}:${line}: expected a checkpoint as gatehouse audit head prints them`);
    const fault = signatureFault(note, verifiers);
    if (fault !== null) throw new HeadRefused(`${file}:${line}: this head cannot be relied on: ${fault.message}`);
    return claimOf(checkpoint, { file, line, byte });
  });
}

async function checkpointFilesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && entry.name !== '.git') found.push(...(await checkpointFilesUnder(path)));
    if (entry.isFile() && entry.name.endsWith('.ckpt')) found.push(path);
  }
  return found;
}
