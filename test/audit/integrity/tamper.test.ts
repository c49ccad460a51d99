import assert from 'node:assert/strict';
import { chmodSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Verification, verify } from '../../../src/audit/integrity/verify.ts';
import { call, filesIn, folder, linesOf, openLog, recordsIn, writeChain } from '../log.ts';

/** Two chains, the second starting after the first, each of a start and ten calls in three or more files. */
async function twoChains(t: TestContext): Promise<{ dir: string; first: string[]; second: string[] }> {
  const dir = folder(t);
  await writeChain(t, dir, { settings: { rotateBytes: 900 } });
  const first = filesIn(dir);
  await writeChain(t, dir, { settings: { rotateBytes: 900 } });
  const second = filesIn(dir).filter((file) => !first.includes(file));
  assert(first.length >= 3 && second.length >= 3);
  assert.deepEqual((await verify([dir])).problems, []);
  return { dir, first, second };
}

function change(file: string | undefined, edit: (lines: string[]) => string[]): void {
  assert(file !== undefined);
  chmodSync(file, 0o640);
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  writeFileSync(
    file,
    edit(lines)
      .map((line) => `${line}\n`)
      .join(''),
  );
}

/** `kind file-number:line`, as short as a sentence needs. */
function told({ problems }: Verification): string[] {
  return problems.map(({ kind, file, line }) => `${kind} ${/0(\d)\.jsonl$/.exec(basename(file))?.[1]}:${line}`);
}

test('an intact log is said to be intact, with its size and head', async (t) => {
  const { dir, first, second } = await twoChains(t);
  const found = await verify([dir]);
  const counts = [first.length + second.length, recordsIn(dir).length];
  assert.deepEqual([found.ok, found.files, found.records, found.notes], [true, ...counts, []]);
  assert.deepEqual([found.head?.seq, found.head?.writer], [13, basename(second[0] ?? '').slice(0, 13)]);
});

test('an edited line is found, with its line and byte', async (t) => {
  const { dir, first } = await twoChains(t);
  const file = first[1] ?? '';
  const byte = readFileSync(file, 'utf8').split('\n')[0]?.length;
  change(file, (lines) => lines.with(1, (lines[1] ?? '').replace('ana@acme.co', 'eve@acme.co')));
  const found = await verify([dir]);
  assert.deepEqual(told(found), ['edited 2:2']);
  assert.equal(found.problems[0]?.byte, (byte ?? 0) + 1);
  assert.equal(found.ok, false);
});

test('an edit of the last line of a file is found through the next file', async (t) => {
  const { dir, first } = await twoChains(t);
  change(first[0], (lines) => lines.with(-1, (lines.at(-1) ?? '').replace('"ok"', '"no"')));
  assert.match(told(await verify([dir])).join(), /^edited 1:\d$/);
});

test('an edit of the last line of a chain is found through the next start', async (t) => {
  const { dir, first } = await twoChains(t);
  change(first.at(-1), (lines) => lines.with(-1, (lines.at(-1) ?? '').replace('"ok"', '"no"')));
  assert.match(told(await verify([dir])).join(), /^edited \d:\d$/);
});

test('a deleted line is found', async (t) => {
  const { dir, first } = await twoChains(t);
  change(first[1], (lines) => lines.toSpliced(1, 1));
  assert.deepEqual(told(await verify([dir])), ['deleted 2:2']);
});

test('a deleted first line is found', async (t) => {
  const { dir, first } = await twoChains(t);
  change(first[0], (lines) => lines.slice(1));
  assert.deepEqual(told(await verify([dir])), ['deleted 1:1']);
});

test('a line put in twice is found', async (t) => {
  const { dir, first } = await twoChains(t);
  change(first[1], (lines) => lines.toSpliced(2, 0, lines[1] ?? ''));
  assert.deepEqual(told(await verify([dir])), ['inserted 2:3']);
});

test('a line of another place put in is found', async (t) => {
  const { dir, first } = await twoChains(t);
  change(first[2], (lines) => [
    ...lines.slice(0, 1),
    readFileSync(first[0] ?? '', 'utf8').split('\n')[1] ?? '',
    ...lines.slice(1),
  ]);
  assert.deepEqual(told(await verify([dir])), ['inserted 3:2']);
});

for (const ahead of [1, 900]) {
  test(`a forged line numbered ${ahead} ahead is found`, async (t) => {
    const { dir, first } = await twoChains(t);
    const forge = (line = '') => line.replace(/"seq":(\d+)/, (_, seq) => `"seq":${Number(seq) + ahead}`);
    change(first[1], (lines) => lines.toSpliced(1, 0, forge(lines[1])));
    assert.deepEqual(told(await verify([dir])), ['inserted 2:2']);
  });
}

test('two lines swapped are found', async (t) => {
  const { dir, first } = await twoChains(t);
  change(first[1], (lines) => [lines[1] ?? '', lines[0] ?? '', ...lines.slice(2)]);
  assert.deepEqual(told(await verify([dir])), ['swapped 2:2']);
});

test('two lines run together are found, and nobody else is blamed', async (t) => {
  const { dir, first } = await twoChains(t);
  change(first[1], (lines) => [`${lines[0]} ${lines[1]}`, ...lines.slice(2)]);
  assert.equal(told(await verify([dir]))[0], 'unreadable 2:1');
  assert(!told(await verify([dir])).some((place) => place.startsWith('edited')));
});

test('a missing file in the middle is found', async (t) => {
  const { dir, first } = await twoChains(t);
  rmSync(first[1] ?? '');
  assert.deepEqual(told(await verify([dir])), ['missing-file 3:1']);
});

test('a missing first file is found', async (t) => {
  const { dir, first } = await twoChains(t);
  rmSync(first[0] ?? '');
  assert.deepEqual(told(await verify([dir])), ['missing-file 2:1']);
});

test('a chain cut short is found through the next start', async (t) => {
  const { dir, first } = await twoChains(t);
  change(first.at(-1), (lines) => lines.slice(0, -1));
  const found = await verify([dir]);
  const last = linesOf(first.at(-1) ?? '').length;
  assert.deepEqual(told(found), [`cut-short ${first.length}:${last + 1}`]);
  assert.equal(found.problems[0]?.byte, readFileSync(first.at(-1) ?? '').length);
  assert.match(found.problems[0]?.message ?? '', /records \d+ to \d+ are missing here: the gateway in .* saw them/);
});

test('a chain cut within a line is found through the next start', async (t) => {
  const { dir, first } = await twoChains(t);
  const file = first.at(-1) ?? '';
  chmodSync(file, 0o640);
  truncateSync(file, readFileSync(file).length - 10);
  const { length } = linesOf(file);
  assert.deepEqual(told(await verify([dir])), [`cut-short ${first.length}:${length + 1}`]);
});

test('a missing last file is found through the next start', async (t) => {
  const { dir, first } = await twoChains(t);
  rmSync(first.at(-1) ?? '');
  const end = linesOf(first.at(-2) ?? '').length + 1;
  assert.deepEqual(told(await verify([dir])), [`cut-short ${first.length - 1}:${end}`]);
});

test('a missing chain is found through the next start', async (t) => {
  const { dir, first } = await twoChains(t);
  for (const file of first) rmSync(file);
  assert.deepEqual(told(await verify([dir])), ['missing-chain 1:1']);
});

for (const [what, line] of Object.entries({
  text: 'hello',
  blank: '',
  scalar: '5',
  'cut line': '{"v":1,"seq":4,"ts"',
})) {
  test(`a line that is no record is found: ${what}`, async (t) => {
    const { dir, first } = await twoChains(t);
    change(first[1], (lines) => lines.toSpliced(1, 0, line));
    assert.deepEqual(told(await verify([dir])), ['unreadable 2:2']);
  });
}

test('a broken last line of the newest chain is found', async (t) => {
  const { dir, second } = await twoChains(t);
  change(second.at(-1), (lines) => lines.with(-1, (lines.at(-1) ?? '').replace('"outcome":"ok"', '"outcome":ok"')));
  assert.match(told(await verify([dir])).join(), /^edited (\d:\d),unreadable \1$/);
});

test('an unfinished last line of the newest chain is a note, while nobody has signed more', async (t) => {
  const { dir, second } = await twoChains(t);
  const expected = recordsIn(dir).length - 1;
  const file = second.at(-1) ?? '';
  chmodSync(file, 0o640);
  truncateSync(file, readFileSync(file).length - 10);
  assert.match(told(await verify([dir])).join(), /^cut-short \d:\d$/);
  rmSync(join(dir, '_ckpt', `${basename(file).slice(0, 13)}.ckpt`));
  const { ok, notes, records } = await verify([dir]);
  assert.deepEqual([ok, records], [true, expected]);
  assert.match(notes.join(), /bytes after record 12 are being written, or never acknowledged/);
});

test('bytes that the next start did not see at the end of a chain are found', async (t) => {
  const { dir, first } = await twoChains(t);
  const file = first.at(-1) ?? '';
  chmodSync(file, 0o640);
  writeFileSync(file, '{"v":1,"seq":12', { flag: 'a' });
  assert.match(told(await verify([dir])).join(), /^torn \d:\d$/);
});

test('the files of one writer under the name of another are found', async (t) => {
  const { dir, first } = await twoChains(t);
  const text = readFileSync(first[0] ?? '');
  writeFileSync((first[0] ?? '').replace(/acme-[0-9a-f]{8}/, 'acme-00000000'), text);
  assert.deepEqual(told(await verify([dir])), ['edited 1:1']);
});

test('a chain of a gateway that is still running may be longer than a later start saw', async (t) => {
  const { dir } = await twoChains(t);
  const old = await openLog(t, dir);
  await old.record({ ev: 'gateway.start' });
  const young = await openLog(t, dir);
  await old.record(call('more'));
  await young.record({ ev: 'gateway.start' });
  await old.record(call('and more'));
  assert.deepEqual((await verify([dir])).problems, []);
});

test('lines longer than the reader\u2019s buffer are still one line', async (t) => {
  const { dir, second } = await twoChains(t);
  change(second.at(-1), (lines) => [...lines, 'x'.repeat(3_000_000)]);
  assert.match(told(await verify([dir])).join(), /^unreadable \d:\d+$/);
});
