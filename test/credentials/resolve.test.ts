import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SecretReference, Server } from '../../src/config/configuration.ts';
import { createCredentials } from '../../src/credentials/resolve.ts';
import { place } from '../access/policy.ts';

function env(name: string): SecretReference {
  return { kind: 'env', name, at: place(1) };
}

function server(given: Partial<Pick<Server, 'auth' | 'reach'>>): Server {
  return {
    name: 'pylon',
    description: '',
    owner: '',
    prefix: 'pylon',
    mode: 'shared',
    timeoutMs: 1000,
    protocol: 'auto',
    reach: { kind: 'http', transport: 'auto', url: 'http://127.0.0.1:9/mcp' },
    auth: { kind: 'none' },
    classes: { read: [], write: [], destructive: [] },
    fingerprint: '',
    at: place(1),
    ...given,
  };
}

function stdio(variables: Readonly<Record<string, string | SecretReference>>): Pick<Server, 'reach'> {
  return { reach: { kind: 'stdio', command: ['node'], env: variables, cwd: '/' } };
}

test('a server without auth is presented nothing', async () => {
  const { credentialFor } = createCredentials({ env: {} });
  assert.deepEqual(await credentialFor(server({})), { kind: 'ready', headers: {}, env: {} });
});

test('a bearer token becomes the Authorization header', async () => {
  const { credentialFor } = createCredentials({ env: { TOKEN: 'abc' } });
  const found = await credentialFor(server({ auth: { kind: 'bearer', token: env('TOKEN') } }));
  assert.deepEqual(found, { kind: 'ready', headers: { authorization: 'Bearer abc' }, env: {} });
});

test('headers are presented under their names', async () => {
  const { credentialFor } = createCredentials({ env: { KEY: 'k', ORG: 'o' } });
  const headers = { 'X-Api-Key': env('KEY'), 'X-Org': env('ORG') };
  const found = await credentialFor(server({ auth: { kind: 'headers', headers } }));
  assert.deepEqual(found, { kind: 'ready', headers: { 'X-Api-Key': 'k', 'X-Org': 'o' }, env: {} });
});

test('references in the environment of a command are resolved, and only they', async () => {
  const { credentialFor } = createCredentials({ env: { KEY: 'k', OTHER: 'x' } });
  const found = await credentialFor(server(stdio({ API_KEY: env('KEY'), MODE: 'fast' })));
  assert.deepEqual(found, { kind: 'ready', headers: {}, env: { API_KEY: 'k' } });
});

test('a missing secret is named by its reference', async () => {
  const { credentialFor } = createCredentials({ env: { KEY: 'k' } });
  const headers = { 'X-Api-Key': env('KEY'), 'X-Org': env('ORG') };
  const missing = { kind: 'missing', detail: `\${env:ORG} is not set` };
  assert.deepEqual(await credentialFor(server({ auth: { kind: 'headers', headers } })), missing);
  assert.deepEqual(await credentialFor(server(stdio({ ORG: env('ORG') }))), missing);
});

test('a value that would break out of its header or variable is not presented, nor shown', async () => {
  for (const value of ['abc\r\nX-Admin: 1', 'abc\n', 'a\0b', 'abc\u2028', 'a\x7f']) {
    const { credentialFor } = createCredentials({ env: { TOKEN: value } });
    assert.deepEqual(await credentialFor(server({ auth: { kind: 'bearer', token: env('TOKEN') } })), {
      kind: 'missing',
      detail: `\${env:TOKEN} holds a character that a header cannot carry`,
    });
  }
  const { credentialFor } = createCredentials({ env: { TOKEN: 'a\0b' } });
  const found = await credentialFor(server(stdio({ TOKEN: env('TOKEN') })));
  assert.equal(found.kind, 'missing');
});
