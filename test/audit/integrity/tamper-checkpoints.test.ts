import assert from 'node:assert/strict';
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type TestContext, test } from 'node:test';
import { listNote, readList } from '../../../src/audit/integrity/checkpoint.ts';
import { newestHeads, parseKeptHeads } from '../../../src/audit/integrity/heads.ts';
import type { Trust } from '../../../src/audit/integrity/trust.ts';
import { verify } from '../../../src/audit/integrity/verify.ts';
import { loadKeys } from '../../../src/audit/keys.ts';
import { folder, keys, linesOf } from '../log.ts';
import {
  byteOf,
  checkpointsOf,
  copyOf,
  countOf,
  places,
  random,
  rechain,
  resign,
  type TwoChains,
  writeLines,
  writeTwoChains,
} from './tampering.ts';

const CASES = 20;
const seed = Number(process.env['TAMPER_SEED'] ?? Date.now() % 1_000_000);

const alone: Trust = { heads: [], publicKeys: [] };
const withKey: Trust = { heads: [], publicKeys: [keys.signing] };

/** What somebody kept of this log when it was still whole. */
async function withHeads(dir: string): Promise<Trust> {
  const text = (await newestHeads([dir])).map(({ note }) => listNote(note)).join('');
  return { heads: parseKeptHeads(text, 'heads.txt', []), publicKeys: [] };
}

async function spoilt(
  t: TestContext,
  now?: () => Date,
): Promise<TwoChains & { readonly list: string; readonly kept: Trust }> {
  const copy = copyOf(t, await writeTwoChains(t, now));
  return { ...copy, list: checkpointsOf(copy.chains[1][0] ?? ''), kept: await withHeads(copy.dir) };
}

test('an untouched log agrees with its key and with heads kept of it', async (t) => {
  const { dir, chains, kept } = await spoilt(t);
  for (const trust of [alone, withKey, kept, { ...kept, ...withKey, heads: kept.heads }]) {
    const { problems, signed, notes, keys: used } = await verify([dir], trust);
    assert.deepEqual([problems, notes, signed, used], [[], [], countOf(chains.flat()), [keys.signing.verifier]]);
  }
});

test(`a checkpoint list changed by a byte is found, and the checkpoint named (seed ${seed})`, async (t) => {
  const template = await writeTwoChains(t);
  const pick = random(seed);
  for (let times = 0; times < CASES; times += 1) {
    const { dir, chains } = copyOf(t, template);
    const list = checkpointsOf(chains[pick(2) === 0 ? 0 : 1][0] ?? '');
    const bytes = readFileSync(list);
    const at = pick(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << pick(7));
    const place = readList(readFileSync(list, 'utf8')).notes.findLast(({ byte }) => byte <= at);
    writeFileSync(list, bytes);
    const named = places(await verify([dir]));
    const wanted = `${basename(list)}:${place?.line}@${place?.byte}`;
    assert(
      named.some((found) => found.endsWith(wanted)),
      `byte ${at}: wanted ${wanted}, found ${named.join(', ')}`,
    );
  }
});

test(`a checkpoint list cut short is found by the next start, and its end named (seed ${seed})`, async (t) => {
  const template = await writeTwoChains(t);
  const pick = random(seed);
  for (let times = 0; times < CASES; times += 1) {
    const { dir, chains } = copyOf(t, template);
    const list = checkpointsOf(chains[0][0] ?? '');
    truncateSync(list, pick(readFileSync(list).length));
    const { end } = readList(readFileSync(list, 'utf8'));
    assert.deepEqual(places(await verify([dir])), [`missing-checkpoint ${basename(list)}:${end.line}@${end.byte}`]);
  }
});

test('checkpoints that are gone from the newest chain are found by its own stop, and all by a kept head', async (t) => {
  const { dir, list, kept } = await spoilt(t);
  const { notes } = readList(readFileSync(list, 'utf8'));
  writeFileSync(
    list,
    notes
      .slice(0, -2)
      .map(({ note }) => listNote(note))
      .join(''),
  );
  const end = readFileSync(list);
  const wanted = [`missing-checkpoint ${basename(list)}:${end.toString().split('\n').length}@${end.length}`];
  assert.deepEqual(places(await verify([dir])), wanted);
  writeFileSync(
    list,
    notes
      .slice(0, -1)
      .map(({ note }) => listNote(note))
      .join(''),
  );
  assert.equal((await verify([dir])).ok, true);
  assert.match(places(await verify([dir], kept)).join(), /^missing-checkpoint /);
  rmSync(list);
  assert.deepEqual(places(await verify([dir])), [`missing-checkpoint ${basename(list)}:1@0`]);
});

test('an older checkpoint in the place of the newest is found', async (t) => {
  const { dir, chains } = await spoilt(t);
  const list = checkpointsOf(chains[0][0] ?? '');
  const { notes } = readList(readFileSync(list, 'utf8'));
  for (const older of notes.slice(0, -1)) {
    writeFileSync(list, [...notes.slice(0, -1), older].map(({ note }) => listNote(note)).join(''));
    const last = notes.at(-1);
    assert.deepEqual(places(await verify([dir])), [`inserted ${basename(list)}:${last?.line}@${last?.byte}`]);
  }
});

test('a checkpoint that claims more, with its signature left as it was, is found', async (t) => {
  const { dir, chains, list } = await spoilt(t);
  const { notes } = readList(readFileSync(list, 'utf8'));
  const last = notes.at(-1);
  const claiming = last?.note.replace(`\n${countOf(chains[1])}\n`, '\n99\n') ?? '';
  writeFileSync(list, [...notes.slice(0, -1).map(({ note }) => note), claiming].map(listNote).join(''));
  assert.deepEqual(places(await verify([dir])), [`forged-checkpoint ${basename(list)}:${last?.line}@${last?.byte}`]);
});

test('the checkpoints of one writer under the name of another are found', async (t) => {
  const { dir, chains, list } = await spoilt(t);
  writeFileSync(checkpointsOf(chains[0][0] ?? ''), readFileSync(list));
  assert.match(places(await verify([dir])).join(), /^forged-checkpoint /);
});

test(`a chain linked anew from any line on is found, and the change said to be between two checkpoints (seed ${seed})`, async (t) => {
  const template = await writeTwoChains(t);
  const pick = random(seed);
  for (let times = 0; times < CASES; times += 1) {
    const { dir, chains } = copyOf(t, template);
    const files = chains[pick(2) === 0 ? 0 : 1];
    const at = pick(countOf(files));
    editRecord(files, at);
    rechain(files);
    const [problem] = (await verify([dir])).problems;
    assert.equal(problem?.kind, 'edited');
    const { seq } = JSON.parse(linesOf(problem?.file ?? '')[(problem?.line ?? 0) - 1] ?? '');
    const [, from, to] = /in records (\d+) to (\d+)/.exec(problem?.message ?? '') ?? ['', seq, seq];
    assert(Number(from) <= at + 1 && at + 1 <= Number(to), `record ${at + 1}: ${problem?.message}`);
    assert.equal(seq, Number(to));
    // Files, and with them checkpoints, are of a dozen records.
    assert(Number(to) - Number(from) < 20, problem?.message);
    assert.equal(problem?.byte, byteOf(problem?.file ?? '', (problem?.line ?? 0) - 1));
  }
});

test('a tail cut off with the whole list of checkpoints is found by the key that the start names', async (t) => {
  const { dir, chains, list } = await spoilt(t, () => new Date(Date.now() - 120_000));
  for (const file of chains[1].slice(1)) rmSync(file);
  rmSync(list);
  const { problems } = await verify([dir]);
  const [first = ''] = chains[1];
  const byte = byteOf(first, linesOf(first).length - 1);
  assert.deepEqual(places({ problems }), [`unsigned ${basename(first)}:${linesOf(first).length}@${byte}`]);
  assert.match(problems[0]?.message ?? '', /though its start names a key: its checkpoints are gone, and who took them/);
});

test('a gateway that has only just started is not asked for a checkpoint yet', async (t) => {
  const { dir, chains, list } = await spoilt(t, () => new Date(Date.now() - 30_000));
  for (const file of chains[1].slice(1)) rmSync(file);
  rmSync(list);
  assert.deepEqual(places(await verify([dir])), []);
});

/** A log written anew with everything that names the old one taken out: only what is kept elsewhere tells. */
for (const key of ['no key', 'another key']) {
  test(`everything linked anew and signed with ${key} is found with the public key, and with a kept head`, async (t) => {
    const { dir, chains, kept } = await spoilt(t);
    const other = (await loadKeys(folder(t))).signing;
    for (const [index, files] of chains.entries()) {
      editRecord(files, 3);
      const named = key === 'no key' ? '{}' : `{"key":"${other.verifier}"}`;
      editRecord(files, 0, (line) => line.replace(/"detail":\{[^}]*\}/, `"detail":${named}`));
      editRecord(files, countOf(files) - 1, (line) => line.replace(/"signed":\d+/, '"signed":0'));
      editEach(files, (line) => line.replace(/(?<="ts":"[\d-]{10}T)\d\d/, '00'));
      rechain(files);
      if (key === 'no key') rmSync(checkpointsOf(chains[index]?.[0] ?? ''));
      else resign(files, other);
    }
    // Without anything from elsewhere there is nothing left that could tell.
    assert.equal((await verify([dir])).ok, true);
    const kinds = async (trust: Trust) => [...new Set((await verify([dir], trust)).problems.map(({ kind }) => kind))];
    assert.deepEqual(await kinds(withKey), [key === 'no key' ? 'unsigned' : 'replaced-key']);
    assert((await kinds(kept)).includes('edited'));
  });
}

test('a tail cut off with its checkpoints is found by a kept head', async (t) => {
  const { dir, chains, list, kept } = await spoilt(t);
  const file = chains[1].at(-1) ?? '';
  writeLines(file, linesOf(file).slice(0, 1));
  writeFileSync(list, listNote(readList(readFileSync(list, 'utf8')).notes[0]?.note ?? ''));
  assert.equal((await verify([dir])).ok, true);
  const wanted = `cut-short ${basename(file)}:2@${readFileSync(file).length}`;
  assert(places(await verify([dir], kept)).includes(wanted));
});

function editRecord(files: readonly string[], at: number, edit?: (line: string) => string): void {
  let before = 0;
  for (const file of files) {
    const lines = linesOf(file);
    const line = lines[at - before];
    if (line !== undefined) {
      const change = edit ?? ((text: string) => text.replace(/"(tool|ev)":"[^"]/, '$&x'));
      writeLines(file, lines.with(at - before, change(line)));
      return;
    }
    before += lines.length;
  }
}

function editEach(files: readonly string[], edit: (line: string) => string): void {
  for (const file of files) writeLines(file, linesOf(file).map(edit));
}
