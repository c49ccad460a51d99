import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkNote, readNote, readVerifier, signNote } from '../../src/audit/integrity/note.ts';
import { KeysRefused, loadKeys } from '../../src/audit/keys.ts';
import { folder } from './log.ts';

test('keys are made once, for the owner alone, and read again', async (t) => {
  const dir = join(folder(t), 'keys');
  const keys = await loadKeys(dir);
  assert.equal(statSync(dir).mode & 0o777, 0o700);
  assert.deepEqual(readdirSync(dir).sort(), ['mac-000001.key', 'signing.pem']);
  for (const name of readdirSync(dir)) assert.equal(statSync(join(dir, name)).mode & 0o777, 0o600);
  const again = await loadKeys(dir);
  assert.deepEqual([again.mac, again.signing.verifier], [keys.mac, keys.signing.verifier]);
  assert.equal(keys.mac.key.length, 32);
});

test('two starts at once go on with the same keys', async (t) => {
  const dir = join(folder(t), 'keys');
  const all = await Promise.all(Array.from({ length: 8 }, () => loadKeys(dir)));
  assert.equal(new Set(all.map(({ signing, mac }) => signing.verifier + mac.kid)).size, 1);
  assert.equal(readdirSync(dir).length, 2);
});

test('a MAC key with a higher number supersedes, and the older are kept', async (t) => {
  const dir = folder(t);
  const old = await loadKeys(dir);
  writeFileSync(join(dir, 'mac-000002.key'), `${'0a'.repeat(32)}\n`, { mode: 0o600 });
  const { mac, macs } = await loadKeys(dir);
  assert.deepEqual(mac.key, Buffer.alloc(32, 10));
  assert.deepEqual([...macs.keys()].sort(), [mac.kid, old.mac.kid].sort());
});

for (const name of ['signing.pem', 'mac-000001.key']) {
  for (const mode of [0o640, 0o604, 0o620]) {
    test(`${name} with mode ${mode.toString(8)} is refused`, async (t) => {
      const dir = folder(t);
      await loadKeys(dir);
      chmodSync(join(dir, name), mode);
      await assert.rejects(loadKeys(dir), (error) => {
        assert(error instanceof KeysRefused);
        return error.message.includes(`${name} can be read by others (mode ${mode.toString(8)}): run chmod 600`);
      });
    });
  }

  test(`a damaged ${name} is refused, not replaced`, async (t) => {
    const dir = folder(t);
    await loadKeys(dir);
    writeFileSync(join(dir, name), 'nonsense');
    await assert.rejects(loadKeys(dir), KeysRefused);
    assert.equal(readFileSync(join(dir, name), 'utf8'), 'nonsense');
  });
}

test('a folder that others may write is refused', async (t) => {
  const dir = folder(t);
  chmodSync(dir, 0o770);
  await assert.rejects(loadKeys(dir), /can be changed by others \(mode 770\): run chmod 700/);
});

/** The key and note of the reference implementation's documentation, golang.org/x/mod/sumdb/note. */
const verifierLine = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const seed = Buffer.from('AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz', 'base64').subarray(1);
const text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const signature = 'x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=';

test('the reference key signs the reference note, byte for byte', () => {
  const verifier = readVerifier(`${verifierLine}\n`);
  assert(verifier !== null);
  assert.deepEqual([verifier.name, verifier.keyId, verifier.verifier], ['PeterNeumann', 'c74f20a3', verifierLine]);
  const { x = '' } = verifier.publicKey.export({ format: 'jwk' });
  const jwk = { kty: 'OKP', crv: 'Ed25519', x, d: seed.toString('base64url') };
  const note = signNote(text, { ...verifier, privateKey: createPrivateKey({ key: jwk, format: 'jwk' }) });
  assert.equal(note, `${text}\n\u2014 PeterNeumann ${signature}\n`);
});

test('a mangled verifier is none', () => {
  for (let start = 0; start < verifierLine.length; start += 1) {
    if (start > 0) assert.equal(readVerifier(verifierLine.slice(start)), null);
    assert.equal(readVerifier(verifierLine.slice(0, start)), null);
    const next = String.fromCharCode(verifierLine.charCodeAt(start) + 1);
    assert.equal(readVerifier(verifierLine.slice(0, start) + next + verifierLine.slice(start + 1)), null);
  }
});

test('a note is valid for its signer and its text alone', async (t) => {
  const { signing } = await loadKeys(folder(t));
  const note = signNote('one\n\ntwo\n', signing);
  const read = readNote(note);
  assert(read !== null);
  assert.equal(read.text, 'one\n\ntwo\n');
  assert.equal(checkNote(read, signing), 'valid');
  assert.equal(checkNote({ ...read, text: 'one\n\ntwo!\n' }, signing), 'wrong');
  assert.equal(checkNote(read, (await loadKeys(folder(t))).signing), 'absent');
  for (const wrong of ['', 'one\n', 'one\n\n', 'one\n\nnot signed\n', note.slice(0, -1), `${note}more\n`]) {
    assert.equal(readNote(wrong), null, JSON.stringify(wrong));
  }
});
