import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { isKeyOnFile, mintRobotKey, parseRobotKey } from '../../src/identity/robot-key.ts';
import { place } from '../access/policy.ts';

test('a minted key has the documented shape and its digest is the SHA-256 of the whole key', () => {
  const { key, id, sha256 } = mintRobotKey();
  assert.match(key, /^gate_[0-9A-Za-z]{8}_[\w-]{43}_[0-9A-Za-z]{6}$/);
  assert.equal(key.slice(5, 13), id);
  assert.equal(sha256, createHash('sha256').update(key).digest('hex'));
  assert.deepEqual(parseRobotKey(key), { kind: 'parsed', id, sha256 });
});

test('no two minted keys are alike', () => {
  const minted = Array.from({ length: 200 }, mintRobotKey);
  assert.equal(new Set(minted.map(({ key }) => key)).size, 200);
  assert.equal(new Set(minted.map(({ id }) => id)).size, 200);
});

test('the checksum is CRC-32 of all before it, in base 62 (0-9, A-Z, a-z)', () => {
  const body = `gate_k7f2Q9xZ_${'A'.repeat(43)}`;
  assert.equal(parseRobotKey(`${body}_1LdBQg`).kind, 'parsed');
});

test('any single changed character is caught by the checksum', () => {
  const { key } = mintRobotKey();
  for (let index = 5; index < key.length; index += 1) {
    if (key[index] === '_' && (index === 13 || index === 57)) continue;
    const changed = key.slice(0, index) + (key[index] === 'a' ? 'b' : 'a') + key.slice(index + 1);
    assert.equal(parseRobotKey(changed).kind, 'checksum', changed);
  }
});

test('anything of another shape is malformed', () => {
  const { key } = mintRobotKey();
  for (const text of ['', 'gate_', key.slice(0, -1), `${key}0`, ` ${key}`, key.replace('gate_', 'gwk_'), `${key}\n`]) {
    assert.equal(parseRobotKey(text).kind, 'malformed', text);
  }
});

test('a digest is that of the key on file, of another one, or of none', () => {
  const { id, sha256 } = mintRobotKey();
  const onFile = { id, sha256, expires: null, at: place(1) };
  assert.equal(isKeyOnFile(sha256, onFile), true);
  assert.equal(isKeyOnFile(mintRobotKey().sha256, onFile), false);
  assert.equal(isKeyOnFile(sha256, undefined), false);
  assert.equal(isKeyOnFile('0'.repeat(64), undefined), false);
});
