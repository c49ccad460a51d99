import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { load } from '../../src/config/load.ts';
import { gatewayYaml, put, putPolicies, temporaryFolder } from './tree.ts';

/** The fingerprint of the server `alpha` with these members beside its address. */
async function fingerprintWith(t: TestContext, more: string): Promise<string> {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'gateway.config.yaml');
  await put(path, gatewayYaml().replace(/mcp" \}/, `mcp"${more} }`));
  await putPolicies(join(folder, 'policies'), 'one');
  const { configuration, problems } = await load(path);
  return configuration?.servers.get('alpha')?.fingerprint ?? assert.fail(JSON.stringify(problems));
}

test('a fingerprint is of what the connection needs and of nothing else', async (t) => {
  const plain = await fingerprintWith(t, '');
  for (const edit of ['description: other', 'owner: ana', 'prefix: other', 'class: { read: "x*" }']) {
    assert.equal(await fingerprintWith(t, `, ${edit}`), plain, edit);
  }
  for (const edit of ['timeout: 1s', 'protocol: legacy', 'transport: sse', `auth: { bearer: "\${env:A}" }`]) {
    assert.notEqual(await fingerprintWith(t, `, ${edit}`), plain, edit);
  }
});
