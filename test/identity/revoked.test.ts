import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Revocation } from '../../src/config/configuration.ts';
import { mintRobotKey } from '../../src/identity/robot-key.ts';
import { place } from '../access/policy.ts';
import { startIssuer } from './issuer.ts';
import { audience, issuerAt, robotNamed, setUp } from './setting.ts';

const left = Date.UTC(2027, 0, 2);
const minute = 60_000;

function revoke(kind: Revocation['kind'], value: string, since = 0): Omit<Revocation, 'at'> {
  return { kind, value, since };
}

test('someone who has left is refused from that day on, with the token they had and with any new one', async (context) => {
  const issuer = await startIssuer();
  context.after(() => issuer.close());
  const setting = setUp(context, { issuers: [issuerAt(issuer.url)], revoked: [revoke('user', 'lee@acme.co', left)] });
  const sign = async (email: string) => {
    const now = setting.time / 1000;
    const claims = { iss: issuer.url, aud: audience, sub: email, email, iat: now, exp: now + 3600 };
    return `Bearer ${await issuer.sign(claims)}`;
  };
  setting.time = left - minute;
  const [lee, ana] = [await sign('lee@acme.co'), await sign('ana@acme.co')];
  assert.equal(await setting.verdict(lee), 'identified');
  setting.time = left - 1;
  assert.equal(await setting.verdict(lee), 'identified');
  setting.time = left;
  assert.equal(await setting.verdict(lee), 'revoked', 'although it is remembered');
  assert.equal(await setting.verdict(ana), 'identified');
  setting.time = left + 24 * 60 * minute;
  assert.equal(await setting.verdict(await sign('lee@acme.co')), 'revoked');
  assert.equal(await setting.verdict(await sign('Lee@acme.co')), 'revoked', 'in capitals or not');
});

test('a subject and a single token are revoked by their claims', async (context) => {
  const issuer = await startIssuer();
  context.after(() => issuer.close());
  const issuers = [issuerAt(issuer.url)];
  const setting = setUp(context, { issuers });
  const exp = setting.time / 1000 + 300;
  const claims = { iss: issuer.url, aud: audience, sub: 'u1', email: 'ana@acme.co', exp };
  const first = `Bearer ${await issuer.sign({ ...claims, jti: 't1' })}`;
  const second = `Bearer ${await issuer.sign({ ...claims, jti: 't2' })}`;
  const without = `Bearer ${await issuer.sign(claims)}`;
  const verdicts = async () => [
    await setting.verdict(first),
    await setting.verdict(second),
    await setting.verdict(without),
  ];
  assert.deepEqual(await verdicts(), ['identified', 'identified', 'identified']);
  setting.configure({ issuers, revoked: [revoke('jti', 't1')] });
  assert.deepEqual(await verdicts(), ['revoked', 'identified', 'identified']);
  setting.configure({ issuers, revoked: [revoke('sub', 'u1')] });
  assert.deepEqual(await verdicts(), ['revoked', 'revoked', 'revoked']);
  setting.configure({
    issuers,
    revoked: [revoke('sub', 'U1'), revoke('user', 'u1'), revoke('key', 'u1'), revoke('jti', '')],
  });
  assert.deepEqual(await verdicts(), ['identified', 'identified', 'identified']);
});

test("a revoked key is refused and the robot's other keys are not", async (context) => {
  const [old, fresh] = [mintRobotKey(), mintRobotKey()];
  const keys = [old, fresh].map(({ id, sha256 }) => ({ id, sha256, expires: null, at: place(1) }));
  const robots = [robotNamed('nightly', { keys })];
  const setting = setUp(context, { robots, revoked: [revoke('key', old.id), revoke('sub', 'nightly')] });
  assert.equal(await setting.verdict(`Bearer ${old.key}`), 'revoked');
  assert.equal(await setting.verdict(`Bearer ${fresh.key}`), 'identified');
});

test('a workload token is revoked by its own subject, which is not the name of its robot', async (context) => {
  const issuer = await startIssuer();
  context.after(() => issuer.close());
  const robots = [robotNamed('ci', { oidc: { issuer: issuer.url, subject: 'repo:acme/reports' } })];
  const issuers = [issuerAt(issuer.url)];
  const setting = setUp(context, { issuers, robots, revoked: [revoke('sub', 'ci')] });
  const exp = setting.time / 1000 + 300;
  const token = `Bearer ${await issuer.sign({ iss: issuer.url, aud: audience, sub: 'repo:acme/reports', exp })}`;
  assert.equal(await setting.verdict(token), 'identified');
  setting.configure({ issuers, robots, revoked: [revoke('sub', 'repo:acme/reports')] });
  assert.equal(await setting.verdict(token), 'revoked');
});

test('the local identity can be revoked', async (context) => {
  const local = { user: 'ana', groups: [] };
  const setting = setUp(context, { local, revoked: [revoke('user', 'ana', left)] });
  assert.equal(await setting.verdict(null, true), 'identified');
  setting.time = left;
  assert.equal(await setting.verdict(null, true), 'revoked');
});

test('of two entries for the same user the earlier day counts, whichever is written first', async (context) => {
  const local = { user: 'ana', groups: [] };
  for (const days of [
    [left, left + minute],
    [left + minute, left],
  ]) {
    const setting = setUp(context, { local, revoked: days.map((day) => revoke('user', 'ana', day)) });
    setting.time = left;
    assert.equal(await setting.verdict(null, true), 'revoked');
  }
});

test('a revocation that comes into force while a token is being verified already holds for it', async (context) => {
  const issuer = await startIssuer();
  context.after(() => issuer.close());
  const issuers = [issuerAt(issuer.url)];
  const setting = setUp(context, { issuers });
  const exp = setting.time / 1000 + 300;
  const claims = { iss: issuer.url, aud: audience, sub: 'u1', email: 'lee@acme.co', exp };
  const asked = setting.verdict(`Bearer ${await issuer.sign(claims)}`);
  setting.configure({ issuers, revoked: [revoke('user', 'lee@acme.co')] });
  assert.equal(await asked, 'revoked');
});
