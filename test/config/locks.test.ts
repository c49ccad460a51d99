import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { load } from '../../src/config/load.ts';
import { lockHash } from '../../src/config/lock-hash.ts';
import { gatewayYaml, put, putPolicies, temporaryFolder } from './tree.ts';

const definition = { description: 'Gets', inputSchema: { type: 'object' }, name: 'get' };

function lockOf(toolClass: string): string {
  const tools = [{ name: 'get', class: toolClass, sha256: lockHash(definition), definition }];
  return `${JSON.stringify({ apiVersion: 'gatehouse/v1', server: 'alpha', tools }, null, 2)}\n`;
}

async function tree(context: TestContext): Promise<{ path: string; lock: string }> {
  const folder = await temporaryFolder(context);
  const path = join(folder, 'gateway.config.yaml');
  await put(path, gatewayYaml());
  await putPolicies(join(folder, 'policies'), 'one');
  return { path, lock: join(folder, 'policies', 'lock', 'alpha.json') };
}

it('a lock is linked with its definitions, and nobody can change them', async (context) => {
  const { path, lock } = await tree(context);
  await put(lock, lockOf('read'));
  const { configuration, problems } = await load(path);
  assert.deepEqual(problems, []);
  const linked = configuration?.locks.get('alpha');
  assert.deepEqual(linked?.at, { file: 'policies/lock/alpha.json', line: 1, col: 1 });
  assert.deepEqual([linked?.server, [...(linked?.tools.keys() ?? [])]], ['alpha', ['get']]);
  const tool = linked?.tools.get('get');
  assert.deepEqual([tool?.name, tool?.class, tool?.sha256], ['get', 'read', lockHash(definition)]);
  assert.deepEqual(tool?.definition, definition);
  assert.throws(() => Object.assign(linked?.tools.get('get')?.definition ?? {}, { name: 'x' }), TypeError);
});

it('a lock counts for the hash of the configuration and for what is watched', async (context) => {
  const { path, lock } = await tree(context);
  const without = await load(path);
  assert.equal(without.configuration?.locks.size, 0);
  await put(lock, lockOf('write'));
  const first = await load(path);
  await put(lock, lockOf('read'));
  const second = await load(path);
  assert.equal(new Set([without, first, second].map(({ hash }) => hash)).size, 3);
  assert.equal(new Set([without, first, second].map(({ fingerprint }) => fingerprint)).size, 3);
  assert.ok([...second.watch.folders.keys()].some((folder) => folder.endsWith('policies/lock')));
  await rm(lock);
  assert.equal((await load(path)).hash, without.hash);
});

it('a lock file may be larger than a policy file, up to 16 MiB', async (context) => {
  const { path, lock } = await tree(context);
  await put(lock, lockOf('read') + ' '.repeat(2 * 1024 * 1024));
  assert.deepEqual((await load(path)).problems, []);
  await put(lock, lockOf('read') + ' '.repeat(16 * 1024 * 1024));
  const { configuration, problems } = await load(path);
  assert.equal(configuration, null);
  assert.deepEqual(
    problems.map(({ code, at }) => [code, at.line]),
    [['GH010', 1]],
  );
});

it('a lock that has not changed is the same when the files are read again, and one that has is read anew', async (context) => {
  const { path, lock } = await tree(context);
  await put(lock, lockOf('write'));
  const first = await load(path);
  await put(path, `# a line more\n${gatewayYaml()}`);
  const second = await first.again();
  assert.notEqual(second.hash, first.hash);
  assert.equal(second.configuration?.locks.get('alpha'), first.configuration?.locks.get('alpha'));
  await put(lock, lockOf('read'));
  const third = await second.again();
  assert.equal(third.configuration?.locks.get('alpha')?.tools.get('get')?.class, 'read');
  assert.equal(third.hash, (await load(path)).hash);
});
