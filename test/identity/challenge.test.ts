import assert from 'node:assert/strict';
import { test } from 'node:test';
import { challenge, metadataPaths, protectedResourceMetadata } from '../../src/identity/challenge.ts';
import { gateway } from '../access/policy.ts';
import { issuerAt } from './setting.ts';

const url = 'https://mcp.acme.co';

test('the challenge points at the metadata of the endpoint', () => {
  assert.equal(
    challenge(url, false),
    'Bearer resource_metadata="https://mcp.acme.co/.well-known/oauth-protected-resource/mcp"',
  );
});

test('a presented credential is called invalid', () => {
  assert.equal(challenge(url, true), `${challenge(url, false)}, error="invalid_token"`);
});

test('the metadata is served beside the path of the endpoint and at the root', () => {
  assert.deepEqual(metadataPaths(url), [
    '/.well-known/oauth-protected-resource/mcp',
    '/.well-known/oauth-protected-resource',
  ]);
});

test('below a base path the well-known part comes first, as RFC 9728 section 3.1 has it', () => {
  assert.match(
    challenge('https://acme.co/tools', false),
    /"https:\/\/acme.co\/.well-known\/oauth-protected-resource\/tools\/mcp"/,
  );
  assert.equal(metadataPaths('https://acme.co/tools')[0], '/.well-known/oauth-protected-resource/tools/mcp');
});

test('the metadata names the resource, each issuer once, and the header as the only place for tokens', () => {
  const issuers = [issuerAt('https://idp.example'), issuerAt('https://idp.example', { audience: 'other' })];
  const configuration = { gateway: { ...gateway, url }, identity: { issuers, local: null } };
  assert.deepEqual(protectedResourceMetadata(configuration), {
    resource: 'https://mcp.acme.co/mcp',
    resource_name: 'acme',
    bearer_methods_supported: ['header'],
    authorization_servers: ['https://idp.example'],
  });
});

test('without issuers no authorization server is named', () => {
  const configuration = { gateway, identity: { issuers: [], local: null } };
  assert.equal('authorization_servers' in protectedResourceMetadata(configuration), false);
});
