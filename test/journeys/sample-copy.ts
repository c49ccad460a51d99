import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TestContext } from 'node:test';

/**
 * A folder with what the repository's own gateway runs on, to be changed at will, and grants that have not ended;
 * removed after the test.
 */
export async function copySample(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'gatehouse-sample-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  for (const name of ['gateway.config.yaml', 'policies', 'sample'])
    await cp(name, join(dir, name), { recursive: true });
  const policy = join(dir, 'policies/access.yaml');
  await writeFile(policy, (await readFile(policy, 'utf8')).replace('expires: 2030-12-31', 'expires: 2099-12-31'));
  await symlink(resolve('node_modules'), join(dir, 'node_modules'));
  return dir;
}
