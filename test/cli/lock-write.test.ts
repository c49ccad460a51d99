import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { put, temporaryFolder } from '../config/tree.ts';
import { startUpstream } from '../fixtures/upstream.ts';
import { gatehouse } from './console.ts';

const look = '{"name":"look","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}}';

/** A strict gateway with one server, and a rule about the tool that it has. */
async function place(t: TestContext): Promise<string> {
  const folder = await temporaryFolder(t);
  const { url } = await startUpstream(t, { era: 'legacy', tools: [look] });
  const servers = `servers: { notes: { url: "${url}", timeout: 5s } }\n`;
  const roles = 'roles: { reader: { allow: [{ read: notes/look }] } }\n';
  await put(
    join(folder, 'gateway.config.yaml'),
    `apiVersion: gatehouse/v1\ngateway: { name: test, lock: strict }\n${servers}`,
  );
  await put(join(folder, 'policies', 'access.yaml'), `apiVersion: gatehouse/v1\n${roles}`);
  return folder;
}

test('a rule about a tool that no lock lists yet does not keep the lock from listing it', async (t) => {
  const folder = await place(t);
  const lock = join(folder, 'policies', 'lock', 'notes.json');
  await put(lock, '{ "apiVersion": "gatehouse/v1", "server": "notes", "tools": [] }');
  assert.match((await gatehouse('check', folder)).out, /GH106/);
  const { code, err } = await gatehouse('lock --write', folder);
  assert.deepEqual([code, err], [0, '']);
  assert.match(await readFile(lock, 'utf8'), /"name": "look"/);
  assert.match((await gatehouse('check', folder)).out, /^ok/);
});

test('a folder that cannot be written to is told, and the exit code is 2', async (t) => {
  const folder = await place(t);
  // A file in the folder's place cannot be written into whoever asks; permissions would not stop root.
  await put(join(folder, 'policies', 'lock'), '');
  const { code, err } = await gatehouse('lock --write', folder);
  assert.equal(code, 2);
  assert.match(err, /^gatehouse lock: cannot write policies\/lock\/notes\.json \(E[A-Z]+\)/);
});
