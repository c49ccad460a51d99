import assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { genesis, lineHash } from '../../../src/audit/integrity/chain.ts';
import { type Verification, verify } from '../../../src/audit/integrity/verify.ts';
import { sealLine } from '../../../src/audit/record/record.ts';
import { linesOf } from '../log.ts';
import {
  byteOf,
  checkpointsOf,
  copyOf,
  places,
  random,
  type TwoChains,
  writeLines,
  writeTwoChains,
} from './tampering.ts';

const CASES = 20;
const seed = Number(process.env['TAMPER_SEED'] ?? Date.now() % 1_000_000);

/** A place in a chain's files. */
interface Spot {
  readonly files: readonly string[];
  readonly file: string;
  /** From 0. */
  readonly index: number;
}

type Pick = (below: number) => number;

/** Spoils copies of one log at random spots; `spoil` returns the lines (from 0, of `file`) any of which may be named. */
function eachTime(what: string, spoil: (spot: Spot, pick: Pick) => readonly number[]): void {
  test(`${what}: found, and its line and byte named, wherever it is (seed ${seed})`, async (t) => {
    const template = await writeTwoChains(t);
    const pick = random(seed);
    for (let times = 0; times < CASES; times += 1) {
      const spot = choose(copyOf(t, template), pick);
      const lines = spoil(spot, pick);
      const found = await verify([spot.files[0]?.replace(/\/dt=.*$/, '') ?? '']);
      assert(!found.ok, `${what} at ${basename(spot.file)}:${spot.index + 1} was not found`);
      assertNamed(found, spot, lines);
    }
  });
}

function choose({ chains }: TwoChains, pick: Pick): Spot {
  const files = chains[pick(2) === 0 ? 0 : 1];
  const file = files[pick(files.length)] ?? '';
  return { files, file, index: pick(linesOf(file).length) };
}

function assertNamed(found: Verification, { file, files }: Spot, lines: readonly number[]): void {
  const count = linesOf(file).length;
  const next = files[files.indexOf(file) + 1];
  const wanted = lines.map((index) =>
    index >= count && next !== undefined && existsSync(next)
      ? `${basename(next)}:1@0`
      : `${basename(file)}:${index + 1}@${byteOf(file, index)}`,
  );
  const named = places(found).map((place) => place.slice(place.indexOf(' ') + 1));
  assert(
    wanted.some((place) => named.includes(place)),
    `wanted one of ${wanted.join(', ')}, found ${places(found).join(', ')}`,
  );
}

function change(file: string, edit: (lines: string[]) => readonly string[]): void {
  writeLines(file, edit(linesOf(file)));
}

eachTime('one byte changed', ({ file, index }, pick) => {
  const bytes = readFileSync(file);
  const at = byteOf(file, index) + pick((linesOf(file)[index] ?? '').length + 1);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << pick(7));
  writeFileSync(file, bytes);
  return [index];
});

eachTime('one byte deleted', ({ file, index }, pick) => {
  const bytes = readFileSync(file);
  const at = byteOf(file, index) + pick((linesOf(file)[index] ?? '').length + 1);
  writeFileSync(file, Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]));
  return [index];
});

eachTime('a line deleted', ({ file, index }) => {
  change(file, (lines) => lines.toSpliced(index, 1));
  return [index];
});

eachTime('several lines deleted', ({ file, index }, pick) => {
  change(file, (lines) => lines.toSpliced(index, 1 + pick(5)));
  return [index];
});

// Before itself or its neighbour a line has two explanations, one line apart.
eachTime('a line put in twice', ({ files, file, index }, pick) => {
  const from = files[pick(files.length)] ?? '';
  const line = linesOf(from)[pick(linesOf(from).length)] ?? '';
  change(file, (lines) => lines.toSpliced(index, 0, line));
  return [index, index + 1];
});

eachTime('a forged line, well linked, put in', ({ files, file, index }) => {
  const before = files.slice(0, files.indexOf(file)).flatMap(linesOf).concat(linesOf(file).slice(0, index));
  const last = before.at(-1);
  const writer = basename(file).slice(0, 13);
  const prev = last === undefined ? genesis(writer) : lineHash(Buffer.from(last));
  const forged = sealLine(
    `,"ts":"2026-11-22T10:00:00.000000Z","ev":"tool.call","tool":"forged"`,
    before.length + 1,
    prev,
  );
  change(file, (lines) => lines.toSpliced(index, 0, forged));
  return [index];
});

eachTime('two neighbours swapped', ({ file }, pick) => {
  const index = pick(linesOf(file).length - 1);
  change(file, (lines) => lines.toSpliced(index, 2, lines[index + 1] ?? '', lines[index] ?? ''));
  return linesOf(file).length < 2 ? [] : [index, index + 1];
});

eachTime('a line written anew with other words', ({ file, index }) => {
  const text = linesOf(file)[index] ?? '';
  change(file, (lines) => lines.with(index, text.replace(/"ts":"\d{4}/, '"ts":"2019')));
  return [index];
});

eachTime('the rest of a chain cut off at a line', ({ files, file, index }) => {
  change(file, (lines) => lines.slice(0, index));
  for (const later of files.slice(files.indexOf(file) + 1)) rmSync(later);
  return [index];
});

eachTime('the rest of a chain cut off within a line', ({ files, file, index }, pick) => {
  truncateSync(file, byteOf(file, index) + 1 + pick((linesOf(file)[index] ?? '').length - 1));
  for (const later of files.slice(files.indexOf(file) + 1)) rmSync(later);
  return [index];
});

test(`a file dropped anywhere is found, and the file after or before it named (seed ${seed})`, async (t) => {
  const template = await writeTwoChains(t);
  for (const chain of [0, 1] as const) {
    const { length } = copyOf(t, template).chains[chain];
    for (let at = 0; at < length; at += 1) {
      const { dir, chains } = copyOf(t, template);
      const files = chains[chain];
      rmSync(files[at] ?? '');
      const next = files[at + 1];
      const last = files[at - 1] ?? '';
      const end = `${basename(last)}:${linesOf(next === undefined ? last : next).length + 1}@`;
      const wanted = next === undefined ? `cut-short ${end}` : `missing-file ${basename(next)}:1@0`;
      assert(
        (await problemsIn(dir)).some((place) => place.startsWith(wanted)),
        wanted,
      );
    }
  }
});

test('two files that have changed names are found', async (t) => {
  const template = await writeTwoChains(t);
  const { chains } = copyOf(t, template);
  for (const [a, b] of [
    [0, 1],
    [0, 2],
    [1, 2],
  ] as const) {
    const { dir, chains } = copyOf(t, template);
    const [one = '', other = ''] = [chains[1][a], chains[1][b]];
    renameSync(one, `${one}.x`);
    renameSync(other, one);
    renameSync(`${one}.x`, other);
    assert((await problemsIn(dir)).some((place) => place.includes(`${basename(one)}:1@0`)));
  }
  assert(chains[1].length > 2);
});

test('the files of two chains that have changed names are found', async (t) => {
  const { dir, chains } = copyOf(t, await writeTwoChains(t));
  const [one = '', other = ''] = [chains[0][0], chains[1][0]];
  renameSync(one, `${one}.x`);
  renameSync(other, one);
  renameSync(`${one}.x`, other);
  const found = await problemsIn(dir);
  for (const file of [one, other])
    assert(
      found.some((place) => place.includes(`${basename(file)}:1@0`)),
      found.join(),
    );
});

test('a chain dropped is found by the next start, or by its own checkpoints', async (t) => {
  const template = await writeTwoChains(t);
  for (const chain of [0, 1] as const) {
    const { dir, chains } = copyOf(t, template);
    for (const file of chains[chain]) rmSync(file);
    assert.deepEqual(
      (await verify([dir])).problems.map(({ kind }) => kind),
      ['missing-chain'],
    );
    const list = checkpointsOf(chains[chain][0] ?? '');
    rmSync(list);
    // Of the newest chain nothing is left then that speaks of it: a head kept elsewhere is needed.
    assert.equal((await verify([dir])).ok, chain === 1);
  }
});

async function problemsIn(dir: string): Promise<readonly string[]> {
  return places(await verify([dir]));
}
