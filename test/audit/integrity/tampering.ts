import { chmodSync, cpSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { genesis, lineDigest } from '../../../src/audit/integrity/chain.ts';
import { checkpointText, listNote } from '../../../src/audit/integrity/checkpoint.ts';
import { createTree } from '../../../src/audit/integrity/merkle.ts';
import { type NoteKey, signNote } from '../../../src/audit/integrity/note.ts';
import type { Verification } from '../../../src/audit/integrity/verify.ts';
import { call, filesIn, folder, linesOf, openLog } from '../log.ts';

/** A log of two chains, the second begun after the first had ended; each has several files and checkpoints. */
export interface TwoChains {
  readonly dir: string;
  /** By chain: its files in order. */
  readonly chains: readonly [readonly string[], readonly string[]];
}

const RECORDS = 42;

export async function writeTwoChains(t: TestContext, now = (): Date => new Date()): Promise<string> {
  const dir = folder(t);
  for (let chain = 0; chain < 2; chain += 1) {
    const log = await openLog(t, dir, { now, settings: { rotateBytes: 2500, durability: 'flush' } });
    await log.record({ ev: 'gateway.start', detail: { version: '0.1.0' } });
    for (let n = 2; n < RECORDS; n += 1) await log.record(call(`tool_${n}`));
    await log.record({ ev: 'gateway.stop', detail: { why: 'SIGTERM' } });
    await log.close();
  }
  return dir;
}

/** A copy that may be spoilt. */
export function copyOf(t: TestContext, template: string): TwoChains {
  const dir = folder(t);
  cpSync(template, dir, { recursive: true });
  const files = filesIn(dir);
  for (const file of files) chmodSync(file, 0o640);
  const second = writersByStart(files)[1];
  const isSecond = (file: string): boolean => basename(file).startsWith(second ?? '');
  return { dir, chains: [files.filter((file) => !isSecond(file)), files.filter(isSecond)] };
}

/** The one whose start names the other is the second. */
function writersByStart(files: readonly string[]): readonly string[] {
  const firstFiles = files.filter((file) => file.endsWith('-000001.jsonl'));
  const isSecond = (file: string): number => Number(readFileSync(file, 'utf8').includes('"prev_writer"'));
  return firstFiles.toSorted((a, b) => isSecond(a) - isSecond(b)).map(writerOf);
}

export function writerOf(file: string): string {
  return basename(file).slice(0, -'-000001.jsonl'.length);
}

export function checkpointsOf(file: string): string {
  return join(dirname(dirname(file)), '_ckpt', `${writerOf(file)}.ckpt`);
}

export function writeLines(file: string, lines: readonly string[]): void {
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
}

/** Number of records in these files: what was recorded, and what the log says of its own files. */
export function countOf(files: readonly string[]): number {
  return files.flatMap(linesOf).length;
}

/** Where line `index` (from 0) of a file begins, in bytes. */
export function byteOf(file: string, index: number): number {
  return linesOf(file)
    .slice(0, index)
    .reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
}

/** Links all lines anew, as somebody who may write the folder can. */
export function rechain(files: readonly string[]): void {
  let prev = genesis(writerOf(files[0] ?? ''));
  for (const file of files) {
    const lines = linesOf(file).map((line) => {
      const linked = `${line.slice(0, -45)}${prev}"}`;
      prev = lineDigest(Buffer.from(linked)).toString('base64url');
      return linked;
    });
    writeLines(file, lines);
  }
}

/** One checkpoint over all of a chain, signed with a key of the attacker's. */
export function resign(files: readonly string[], key: NoteKey): void {
  const tree = createTree();
  const digests = files.flatMap(linesOf).map((line) => lineDigest(Buffer.from(line)));
  for (const digest of digests) tree.append(digest);
  const file = files[0] ?? '';
  const checkpoint = {
    ...{ writer: writerOf(file), size: digests.length, root: tree.root().toString('base64') },
    ...{ head: digests.at(-1)?.toString('base64url') ?? '', time: '2026-11-22T10:00:00.000Z' },
  };
  writeFileSync(checkpointsOf(file), listNote(signNote(checkpointText(checkpoint), key)));
}

/** `kind file:line@byte` of every problem; the file by its name. */
export function places({ problems }: Pick<Verification, 'problems'>): readonly string[] {
  return problems.map(({ kind, file, line, byte }) => `${kind} ${basename(file)}:${line}@${byte}`);
}

/** A generator of numbers that a failing run can be repeated with. */
export function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
