import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { exportSPKI, type JWTPayload, SignJWT } from 'jose';
import { newKey, publicJwk, startIssuer, type TestIssuer } from './issuer.ts';
import { audience, issuerAt, robotNamed, setUp } from './setting.ts';

let issuer: TestIssuer;
before(async () => {
  issuer = await startIssuer();
});
after(() => issuer.close());

/** Claims of a good token at the setting's time, in seconds as JWT has them. */
function claims(time: number, given: JWTPayload = {}): JWTPayload {
  const good = { iss: issuer.url, aud: audience, sub: 'u1', exp: time / 1000 + 300, email: 'ana@acme.co' };
  return { ...good, ...given };
}

function without(payload: JWTPayload, name: string): JWTPayload {
  return Object.fromEntries(Object.entries(payload).filter(([key]) => key !== name));
}

function base64url(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

test('a token of a configured issuer identifies a person by issuer and subject', async (context) => {
  const setting = setUp(context, { issuers: [issuerAt(issuer.url)] });
  const token = await issuer.sign(claims(setting.time, { jti: 't-1', groups: ['staff', 'dba', 7] }));
  const found = await setting.ask(`Bearer ${token}`);
  assert(found.kind === 'identified' && found.isNew !== undefined);
  assert.deepEqual(found.identity, {
    kind: 'person',
    key: `${issuer.url} u1`,
    issuer: issuer.url,
    subject: 'u1',
    user: 'ana@acme.co',
    email: 'ana@acme.co',
    claims: ['staff', 'dba'],
    proof: 'jwt',
    token: '46e9bc3476c92ea2',
    expiresAt: setting.time + 300_000,
  });
});

test('the claims for user and groups are read by name, by dotted path, and groups from one string', async (context) => {
  const named = { user: 'https://acme.co/user', groups: 'realm.roles' };
  const setting = setUp(context, { issuers: [issuerAt(issuer.url, { claims: named })] });
  const payload = claims(setting.time, { 'https://acme.co/user': 'ana', realm: { roles: ' staff  dba ' } });
  const found = await setting.ask(`Bearer ${await issuer.sign(payload)}`);
  assert.equal(found.kind, 'identified');
  assert.equal(found.identity.user, 'ana');
  assert.deepEqual(found.identity.claims, ['staff', 'dba']);
});

test('a token with a fault in its claims is refused for that fault', async (context) => {
  const setting = setUp(context, { issuers: [issuerAt(issuer.url)] });
  const seconds = setting.time / 1000;
  const cases: readonly (readonly [JWTPayload, string])[] = [
    [claims(setting.time, { iss: 'https://other.example' }), 'unknown-issuer'],
    [claims(setting.time, { iss: `${issuer.url}/` }), 'unknown-issuer'],
    [without(claims(setting.time), 'iss'), 'unknown-issuer'],
    [claims(setting.time, { aud: 'https://other.example/mcp' }), 'audience'],
    [claims(setting.time, { aud: [] }), 'audience'],
    [without(claims(setting.time), 'aud'), 'audience'],
    [claims(setting.time, { exp: seconds - 61 }), 'expired'],
    [without(claims(setting.time), 'exp'), 'claims'],
    [claims(setting.time, { nbf: seconds + 61 }), 'claims'],
    [without(claims(setting.time), 'sub'), 'claims'],
    [claims(setting.time, { sub: '' }), 'claims'],
    [without(claims(setting.time), 'email'), 'claims'],
    [claims(setting.time, { email: '' }), 'claims'],
    [claims(setting.time, { email: ['ana@acme.co'] }), 'claims'],
    [claims(setting.time, { email_verified: false }), 'claims'],
  ];
  for (const [payload, reason] of cases) {
    assert.equal(await setting.verdict(`Bearer ${await issuer.sign(payload)}`), reason, JSON.stringify(payload));
  }
});

test('clocks may differ by a minute, and one of several audiences is enough', async (context) => {
  const setting = setUp(context, { issuers: [issuerAt(issuer.url)] });
  const seconds = setting.time / 1000;
  for (const given of [{ exp: seconds - 59 }, { nbf: seconds + 59 }, { aud: ['x', audience] }]) {
    assert.equal(await setting.verdict(`Bearer ${await issuer.sign(claims(setting.time, given))}`), 'identified');
  }
});

test('a token signed by another key under a published id is refused', async (context) => {
  const setting = setUp(context, { issuers: [issuerAt(issuer.url)] });
  const other = await newKey('k1');
  const signer = new SignJWT(claims(setting.time)).setProtectedHeader({ alg: 'ES256', kid: 'k1' });
  assert.equal(await setting.verdict(`Bearer ${await signer.sign(other.privateKey)}`), 'signature');
});

test('a token changed after signing is refused', async (context) => {
  const setting = setUp(context, { issuers: [issuerAt(issuer.url)] });
  const [header, , signature] = (await issuer.sign(claims(setting.time))).split('.');
  const forged = base64url(claims(setting.time, { email: 'raj@acme.co' }));
  assert.equal(await setting.verdict(`Bearer ${header}.${forged}.${signature}`), 'signature');
});

test('an algorithm that the issuer does not list is refused, though its key is published', async (context) => {
  const setting = setUp(context, { issuers: [issuerAt(issuer.url, { algorithms: ['RS256'] })] });
  assert.equal(await setting.verdict(`Bearer ${await issuer.sign(claims(setting.time))}`), 'algorithm');
});

test('an unsigned token is refused', async (context) => {
  const setting = setUp(context, { issuers: [issuerAt(issuer.url)] });
  for (const alg of ['none', 'None', 'NONE']) {
    const unsigned = `${base64url({ alg })}.${base64url(claims(setting.time))}.`;
    assert.equal(await setting.verdict(`Bearer ${unsigned}`), 'algorithm');
  }
});

test('a token signed with the public key as a shared secret is refused, even if a configuration listed HS256', async (context) => {
  for (const algorithms of [['RS256'], ['RS256', 'HS256']]) {
    const rsa = await newKey('rsa', 'RS256');
    issuer.published.push(await publicJwk(rsa), { kty: 'oct', k: 'c2VjcmV0', kid: 'shared', alg: 'HS256' });
    const setting = setUp(context, { issuers: [issuerAt(issuer.url, { algorithms })] });
    const secrets = [await exportSPKI(rsa.publicKey), Buffer.from('secret')];
    for (const [index, kid] of ['rsa', 'shared'].entries()) {
      const signed = `${base64url({ alg: 'HS256', kid })}.${base64url(claims(setting.time))}`;
      const signature = createHmac('sha256', secrets[index] as string | Buffer)
        .update(signed)
        .digest('base64url');
      assert.equal(await setting.verdict(`Bearer ${signed}.${signature}`), 'algorithm');
    }
    issuer.published.splice(1);
  }
});

test('keys and addresses that the token itself brings are not looked at', async (context) => {
  const setting = setUp(context, { issuers: [issuerAt(issuer.url)] });
  const own = await newKey('own');
  const header = { alg: 'ES256', kid: 'own', jwk: await publicJwk(own), jku: `${issuer.url}/evil` };
  const token = await new SignJWT(claims(setting.time)).setProtectedHeader(header).sign(own.privateKey);
  assert.equal(await setting.verdict(`Bearer ${token}`), 'signature');
  assert.equal(issuer.asked.includes('/evil'), false);
});

test('a token of one issuer does not pass as another, though both are configured', async (context) => {
  const second = await startIssuer();
  context.after(() => second.close());
  const setting = setUp(context, { issuers: [issuerAt(issuer.url), issuerAt(second.url)] });
  const payload = claims(setting.time, { iss: second.url });
  assert.equal(await setting.verdict(`Bearer ${await issuer.sign(payload)}`), 'signature');
  assert.equal(await setting.verdict(`Bearer ${await second.sign(payload)}`), 'identified');
});

test('a workload token is the robot that its issuer and subject are bound to, without an email', async (context) => {
  const subject = 'repo:acme/reports:ref:refs/heads/main';
  const robots = [robotNamed('nightly', { oidc: { issuer: issuer.url, subject } })];
  const setting = setUp(context, { issuers: [issuerAt(issuer.url)], robots });
  const bound = await setting.ask(
    `Bearer ${await issuer.sign(claims(setting.time, { sub: subject, groups: ['dba'] }))}`,
  );
  assert.equal(bound.kind, 'identified');
  const { kind, key, subject: name, user, email, claims: groups, proof } = bound.identity;
  assert.deepEqual(
    { kind, key, name, user, email, groups, proof },
    { kind: 'robot', key: 'gatehouse nightly', name: 'nightly', user: '', email: '', groups: [], proof: 'workload' },
  );
  const branch = without(claims(setting.time, { sub: `${subject}x` }), 'email');
  assert.equal(await setting.verdict(`Bearer ${await issuer.sign(branch)}`), 'claims');
});

test('a person whose subject is a robot name is another principal than the robot', async (context) => {
  const setting = setUp(context, { issuers: [issuerAt(issuer.url)], robots: [robotNamed('nightly')] });
  const found = await setting.ask(`Bearer ${await issuer.sign(claims(setting.time, { sub: 'nightly' }))}`);
  assert.equal(found.kind === 'identified' && found.identity.kind, 'person');
  assert.equal(found.kind === 'identified' && found.identity.key, `${issuer.url} nightly`);
});
