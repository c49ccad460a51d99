import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Checkpoint,
  checkpointText,
  isBeginning,
  listNote,
  readCheckpoint,
  readList,
} from '../../../src/audit/integrity/checkpoint.ts';
import { signNote } from '../../../src/audit/integrity/note.ts';
import { loadKeys } from '../../../src/audit/keys.ts';
import { folder } from '../log.ts';

const checkpoint: Checkpoint = {
  writer: 'acme-1a2b3c4d',
  size: 12,
  root: `${'A'.repeat(43)}=`,
  head: 'h'.repeat(43),
  time: '2026-11-22T14:30:00.000Z',
};
const text = checkpointText(checkpoint);

test('a checkpoint is a tlog-checkpoint: origin, size, root, then the lines of our own', () => {
  assert.deepEqual(text.split('\n'), [
    'gatehouse/acme-1a2b3c4d',
    '12',
    checkpoint.root,
    `head ${checkpoint.head}`,
    'time 2026-11-22T14:30:00.000Z',
    '',
  ]);
  assert.deepEqual(readCheckpoint(text), checkpoint);
});

test('a text that is no checkpoint of ours is not taken for one', () => {
  for (const wrong of [
    '',
    text.slice(0, -1),
    `${text}more\n`,
    text.replace('gatehouse/', 'elsewhere/'),
    text.replace('\n12\n', '\n012\n'),
    text.replace('\n12\n', '\n0\n'),
    text.replace('=\n', '\n'),
    text.replace('head ', 'Head '),
    text.replace('Z\n', '\n'),
  ]) {
    assert.equal(readCheckpoint(wrong), null, JSON.stringify(wrong));
  }
});

test('a list gives its notes back with their lines and bytes', async (t) => {
  const { signing } = await loadKeys(folder(t));
  const notes = [1, 22, 333].map((size) => signNote(checkpointText({ ...checkpoint, size }), signing));
  const list = notes.map(listNote).join('');
  const read = readList(list);
  assert.deepEqual([read.notes.map(({ note }) => note), read.rest], [notes, '']);
  for (const { note, byte, line } of read.notes) {
    assert.equal(
      Buffer.from(list)
        .subarray(byte, byte + Buffer.byteLength(note))
        .toString(),
      note,
    );
    assert(
      list
        .split('\n')
        .slice(line - 1)
        .join('\n')
        .startsWith(note),
    );
  }
  for (let cut = 1; cut < list.length; cut += 1) {
    const { notes: whole, rest } = readList(list.slice(0, cut));
    assert.equal(whole.map(({ note }) => listNote(note)).join('') + rest, list.slice(0, cut));
  }
});

test('a note that is being written is told from one that was changed, wherever either ends', async (t) => {
  const { signing } = await loadKeys(folder(t));
  const list = Buffer.from(listNote(signNote(text, signing)));
  for (let cut = 0; cut < list.length; cut += 1) assert(isBeginning(list.toString('utf8', 0, cut)), `cut at ${cut}`);
  for (const at of list.keys())
    for (let bit = 0; bit < 8; bit += 1) {
      const changed = Buffer.from(list);
      changed[at] = (list[at] ?? 0) ^ (1 << bit);
      const { rest } = readList(changed.toString('utf8'));
      assert(rest === '' || !isBeginning(rest), `bit ${bit} of byte ${at}`);
    }
});

test('a damaged note of a list does not hide the next', async (t) => {
  const { signing } = await loadKeys(folder(t));
  const list = listNote(signNote(text, signing));
  assert.equal(readList(`damaged\n\n${list}`).notes[1]?.note, list.slice(0, -1));
  assert.equal(readList(`\u2014 a b\n\n${list}`).notes[1]?.note, list.slice(0, -1));
});
