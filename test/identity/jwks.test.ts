import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import { exportJWK } from 'jose';
import { newKey, startIssuer, type TestIssuer } from './issuer.ts';
import { audience, issuerAt, type Setting, setUp } from './setting.ts';

const second = 1000;
const hour = 3600 * second;

async function start(context: TestContext, jwks?: (url: string) => string) {
  const issuer = await startIssuer();
  context.after(() => issuer.close());
  const configured = issuerAt(issuer.url, { jwks: jwks?.(issuer.url) ?? null });
  const setting = setUp(context, { issuers: [configured] });
  return { issuer, configured, setting, token: await tokenOf(issuer, setting) };
}

let tokens = 0;

/** A token never seen before, good for a day, so that no remembered result answers for it. */
async function tokenOf(issuer: TestIssuer, setting: Setting, header?: { kid: string }): Promise<string> {
  tokens += 1;
  const claims = { iss: issuer.url, aud: audience, sub: 'u1', jti: `${tokens}`, email: 'ana@acme.co' };
  return `Bearer ${await issuer.sign({ ...claims, exp: setting.time / second + 86_400 }, header)}`;
}

function fail(response: ServerResponse): void {
  response.statusCode = 500;
  response.end();
}

function keyRequests({ asked }: TestIssuer): number {
  return asked.filter((path) => path === '/keys').length;
}

test('keys are found through discovery, or at the address in the configuration without it', async (context) => {
  const found = await start(context);
  assert.equal(await found.setting.verdict(found.token), 'identified');
  assert.deepEqual(found.issuer.asked, ['/.well-known/openid-configuration', '/keys']);
  const pinned = await start(context, (url) => `${url}/keys`);
  assert.equal(await pinned.setting.verdict(pinned.token), 'identified');
  assert.deepEqual(pinned.issuer.asked, ['/keys']);
});

test('keys are fetched once a minute, by one request for all who wait', async (context) => {
  const { issuer, setting } = await start(context);
  const several = await Promise.all(Array.from({ length: 8 }, () => tokenOf(issuer, setting)));
  const verdicts = await Promise.all(several.map((token) => setting.verdict(token)));
  assert.deepEqual(new Set(verdicts), new Set(['identified']));
  assert.equal(keyRequests(issuer), 1);
  setting.time += 59 * second;
  await setting.verdict(await tokenOf(issuer, setting));
  assert.equal(keyRequests(issuer), 1);
  setting.time += second;
  await setting.verdict(await tokenOf(issuer, setting));
  assert.equal(keyRequests(issuer), 2);
});

test('a new key is found when a token first names it, at most every thirty seconds', async (context) => {
  const { issuer, setting, token } = await start(context);
  assert.equal(await setting.verdict(token), 'identified');
  setting.time += 30 * second;
  await issuer.rotate();
  assert.equal(await setting.verdict(await tokenOf(issuer, setting)), 'identified');
  assert.equal(keyRequests(issuer), 2);
  await issuer.rotate();
  assert.equal(await setting.verdict(await tokenOf(issuer, setting)), 'signature');
  assert.equal(keyRequests(issuer), 2);
  setting.time += 30 * second;
  assert.equal(await setting.verdict(await tokenOf(issuer, setting)), 'identified');
});

test('a key removed at its issuer is refused after two minutes at the latest', async (context) => {
  const { issuer, setting, token } = await start(context);
  await setting.verdict(token);
  setting.time += 59 * second;
  assert.equal(await setting.verdict(await tokenOf(issuer, setting)), 'identified');
  const last = await tokenOf(issuer, setting);
  assert.equal(await setting.verdict(last), 'identified');
  issuer.published = [];
  setting.time += 60 * second;
  assert.equal(await setting.verdict(last), 'signature');
});

test('an issuer that is down gives neither access nor a denial, and is asked again a second later', async (context) => {
  const { issuer, setting, token } = await start(context);
  issuer.respond = (_request, response) => response.destroy();
  assert.equal(await setting.verdict(token), 'unavailable');
  issuer.respond = null;
  assert.equal(await setting.verdict(token), 'unavailable');
  setting.time += second;
  assert.equal(await setting.verdict(token), 'identified');
});

test('known keys stand in for an hour while the issuer is down; for an unknown one nothing can be said', async (context) => {
  const { issuer, setting, token } = await start(context);
  await setting.verdict(token);
  issuer.respond = (_request, response) => fail(response);
  setting.time += hour - 1;
  assert.equal(await setting.verdict(await tokenOf(issuer, setting)), 'identified');
  assert.equal(await setting.verdict(await tokenOf(issuer, setting, { kid: 'unknown' })), 'unavailable');
  setting.time += 1;
  assert.equal(await setting.verdict(await tokenOf(issuer, setting)), 'unavailable');
  issuer.respond = null;
  setting.time += 30 * second;
  assert.equal(await setting.verdict(await tokenOf(issuer, setting)), 'identified');
});

test('tokens with unknown keys neither delay those with known ones nor flood the issuer', async (context) => {
  const { issuer, setting, token } = await start(context);
  await setting.verdict(token);
  const release: (() => void)[] = [];
  issuer.respond = (_request, response) => release.push(() => fail(response));
  setting.time += 30 * second;
  const waiting = await Promise.all(Array.from({ length: 5 }, () => tokenOf(issuer, setting, { kid: 'unknown' })));
  const verdicts = Promise.all(waiting.map((each) => setting.verdict(each)));
  assert.equal(await setting.verdict(await tokenOf(issuer, setting)), 'identified');
  while (release.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  for (const answer of release) answer();
  assert.deepEqual(new Set(await verdicts), new Set(['unavailable']));
  assert.equal(issuer.asked.length, 3);
});

test('a redirect, a large body, nonsense and a key set without keys are failures of the provider', async (context) => {
  const faults: Readonly<Record<string, (response: ServerResponse, url: string) => void>> = {
    redirect: (response, url) => response.writeHead(302, { location: `${url}/keys` }).end(),
    large: (response) => response.end(JSON.stringify({ keys: [], pad: 'x'.repeat(300 * 1024) })),
    endless: (response) => {
      const more = setInterval(() => response.write(' '.repeat(64 * 1024)), 1);
      response.on('close', () => clearInterval(more));
    },
    nonsense: (response) => response.end('<html>'),
    keyless: (response) => response.end('{"keys":{}}'),
    nothing: (response) => response.end('null'),
  };
  for (const [name, fault] of Object.entries(faults)) {
    const { issuer, setting, token } = await start(context, (url) => `${url}/moved`);
    issuer.respond = (_request, response) => fault(response, issuer.url);
    assert.equal(await setting.verdict(token), 'unavailable', name);
    assert.deepEqual(issuer.asked, ['/moved'], name);
  }
});

test('discovery that names another issuer, or keys at an unusable address, is not believed', async (context) => {
  const { issuer, setting, token } = await start(context);
  const documents = [
    { issuer: 'https://other.example', jwks_uri: `${issuer.url}/keys` },
    { issuer: issuer.url },
    { issuer: issuer.url, jwks_uri: 'file:///etc/keys' },
    { issuer: issuer.url, jwks_uri: 'keys' },
    [],
  ];
  for (const document of documents) {
    issuer.respond = (_request, response) => response.end(JSON.stringify(document));
    assert.equal(await setting.verdict(token), 'unavailable', JSON.stringify(document));
    setting.time += second;
  }
  assert.equal(keyRequests(issuer), 0);
});

test('keys for encryption are not used, and broken ones do not spoil the set', async (context) => {
  const { issuer, setting, token } = await start(context);
  const [good] = issuer.published;
  const encryption = await newKey('enc');
  issuer.published = [null, 'key', { kty: 'oct', k: 'AAAA', kid: 'k1' }, { kty: 'RSA', kid: 'broken' }, good];
  issuer.published.push({ ...(await exportJWK(encryption.publicKey)), kid: 'enc', use: 'enc' });
  assert.equal(await setting.verdict(token), 'identified');
  issuer.key = encryption;
  assert.equal(await setting.verdict(await tokenOf(issuer, setting)), 'signature');
});

test('a published key that cannot be used is a failure of the provider', async (context) => {
  const { issuer, setting } = await start(context);
  issuer.published = [{ kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA', kid: 'k1' }];
  assert.equal(await setting.verdict(await tokenOf(issuer, setting)), 'unavailable');
});

test('key sets outlive a reload, and an issuer that is no longer configured is unknown at once', async (context) => {
  const { issuer, configured, setting, token } = await start(context);
  await setting.verdict(token);
  setting.configure({ issuers: [{ ...configured, algorithms: ['ES256'] }] });
  assert.equal(await setting.verdict(token), 'identified');
  assert.equal(keyRequests(issuer), 1);
  setting.configure({ issuers: [] });
  assert.equal(await setting.verdict(token), 'unknown-issuer');
});
