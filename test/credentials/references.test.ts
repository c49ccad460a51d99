import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { resolveReference } from '../../src/credentials/references.ts';
import { place } from '../access/policy.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-references-'));
after(() => rmSync(folder, { recursive: true }));

/** The value, or what is said about it. */
async function fromEnv(name: string, env: Record<string, string>): Promise<string> {
  const found = await resolveReference({ kind: 'env', name, at: place(1) }, env);
  return found.kind === 'resolved' ? found.secret.reveal() : found.detail;
}

async function fromFile(path: string): Promise<string> {
  const found = await resolveReference({ kind: 'file', path, at: place(1) }, {});
  return found.kind === 'resolved' ? found.secret.reveal() : found.detail.replace(path, 'PATH');
}

function fileWith(name: string, content: string | Buffer, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

test('a variable is taken as it is', async () => {
  assert.equal(await fromEnv('PYLON_KEY', { PYLON_KEY: ' a\n' }), ' a\n');
});

test('a variable that is absent or empty is missing, by name', async () => {
  assert.equal(await fromEnv('PYLON_KEY', {}), `\${env:PYLON_KEY} is not set`);
  assert.equal(await fromEnv('PYLON_KEY', { PYLON_KEY: '' }), `\${env:PYLON_KEY} is empty`);
});

test('one line break at the end of a file is not part of the secret', async () => {
  assert.equal(await fromFile(fileWith('plain', 'abc')), 'abc');
  assert.equal(await fromFile(fileWith('lf', 'abc\n')), 'abc');
  assert.equal(await fromFile(fileWith('crlf', 'abc\r\n')), 'abc');
  assert.equal(await fromFile(fileWith('two', 'abc\n\n')), 'abc\n');
});

test('a file is read anew each time, through links', async () => {
  const path = fileWith('rotated', 'first');
  const link = join(folder, 'link');
  symlinkSync(path, link);
  assert.equal(await fromFile(link), 'first');
  writeFileSync(path, 'second');
  assert.equal(await fromFile(link), 'second');
});

test('a file that is not there, empty, too large or no file is missing, by path', async () => {
  assert.equal(await fromFile(join(folder, 'nowhere')), `\${file:PATH} cannot be read (ENOENT)`);
  assert.equal(await fromFile(fileWith('empty', '\n')), `\${file:PATH} is empty`);
  assert.equal(await fromFile(fileWith('fits', 'x'.repeat(65_536))), 'x'.repeat(65_536));
  assert.equal(await fromFile(fileWith('large', 'x'.repeat(65_537))), `\${file:PATH} is larger than 65536 bytes`);
  mkdirSync(join(folder, 'folder'));
  assert.equal(await fromFile(join(folder, 'folder')), `\${file:PATH} is not a file`);
});

test('a named pipe nobody writes to does not hold anything up', async () => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  assert.equal(await fromFile(pipe), `\${file:PATH} is not a file`);
});

test('a file that anyone may write is not trusted; one that others may read is, as containers mount them', async () => {
  assert.equal(await fromFile(fileWith('open', 'abc', 0o602)), `\${file:PATH} may be written by anyone (chmod o-w)`);
  assert.equal(await fromFile(fileWith('mounted', 'abc', 0o444)), 'abc');
});
