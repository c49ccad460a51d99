import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mintRobotKey } from '../../src/identity/robot-key.ts';
import { place } from '../access/policy.ts';
import { startIssuer } from './issuer.ts';
import { audience, issuerAt, robotNamed, setUp } from './setting.ts';

const local = { user: 'ana@acme.co', groups: ['staff'] };

function robotWith(name: string, expires: number | null = null) {
  const { key, id, sha256 } = mintRobotKey();
  return { key, id, robot: robotNamed(name, { keys: [{ id, sha256, expires, at: place(1) }] }) };
}

test('without a credential the local identity is given to loopback callers, if the configuration names one', async (context) => {
  const setting = setUp(context, { local });
  assert.deepEqual(await setting.ask(null, true), {
    kind: 'identified',
    identity: {
      kind: 'person',
      key: 'local ana@acme.co',
      issuer: 'local',
      subject: 'ana@acme.co',
      user: 'ana@acme.co',
      email: 'ana@acme.co',
      claims: ['staff'],
      proof: 'local',
      token: '',
      expiresAt: null,
    },
  });
  assert.equal(await setting.verdict(null, false), 'missing');
  setting.configure({});
  assert.equal(await setting.verdict(null, true), 'missing');
});

test('a credential that fails never falls back to the local identity', async (context) => {
  const setting = setUp(context, { local });
  for (const header of ['', 'Bearer', 'Bearer ', 'Bearer x', 'Basic YTpi', `Bearer ${mintRobotKey().key}`]) {
    assert.equal((await setting.ask(header, true)).kind, 'refused', header);
  }
});

test('the scheme is Bearer in any case, followed by exactly one token', async (context) => {
  const { key, robot } = robotWith('nightly');
  const setting = setUp(context, { robots: [robot] });
  for (const header of [`Bearer ${key}`, `bearer ${key}`, `BEARER  ${key}`]) {
    assert.equal(await setting.verdict(header), 'identified', header);
  }
  const wrong = [
    key,
    `Token ${key}`,
    `Bearer ${key} ${key}`,
    `Bearer ${key},${key}`,
    `Bearer\t${key}`,
    ` Bearer ${key}`,
  ];
  for (const header of wrong) assert.equal(await setting.verdict(header), 'malformed', header);
});

test('a header over 16 KiB is refused whatever it holds', async (context) => {
  const issuer = await startIssuer();
  context.after(() => issuer.close());
  const setting = setUp(context, { issuers: [issuerAt(issuer.url)] });
  const claims = { iss: issuer.url, aud: audience, sub: 'u1', email: 'ana@acme.co', exp: setting.time / 1000 + 300 };
  assert.equal(
    await setting.verdict(`Bearer ${await issuer.sign({ ...claims, pad: 'x'.repeat(11_000) })}`),
    'identified',
  );
  assert.equal(
    await setting.verdict(`Bearer ${await issuer.sign({ ...claims, pad: 'x'.repeat(12_500) })}`),
    'malformed',
  );
});

test('a robot key identifies its robot, and the key id is the trace', async (context) => {
  const { key, id, robot } = robotWith('nightly', Date.UTC(2028, 0, 1));
  const setting = setUp(context, { robots: [robotWith('other').robot, robot] });
  const found = await setting.ask(`Bearer ${key}`);
  assert(found.kind === 'identified' && found.isNew !== undefined);
  assert.deepEqual(found.identity, {
    kind: 'robot',
    key: 'gatehouse nightly',
    issuer: 'gatehouse',
    subject: 'nightly',
    user: '',
    email: '',
    claims: [],
    proof: 'robot-key',
    token: id,
    expiresAt: Date.UTC(2028, 0, 1),
  });
});

test('each of several keys of a robot is accepted', async (context) => {
  const first = robotWith('nightly');
  const second = robotWith('nightly');
  const robots = [robotNamed('nightly', { keys: [...first.robot.keys, ...second.robot.keys] })];
  const setting = setUp(context, { robots });
  for (const { key } of [first, second]) assert.equal(await setting.verdict(`Bearer ${key}`), 'identified');
});

test('an unknown key id and a wrong secret are answered alike; a typo is told without a look-up', async (context) => {
  const { key, id, robot } = robotWith('nightly');
  const onFile = { id, sha256: '0'.repeat(64), expires: null, at: place(1) };
  const setting = setUp(context, { robots: [robotNamed('nightly', { keys: [onFile] })] });
  const wrongSecret = await setting.ask(`Bearer ${key}`);
  const unknownId = await setting.ask(`Bearer ${mintRobotKey().key}`);
  assert.deepEqual(wrongSecret, { kind: 'refused', reason: 'unknown-key' });
  assert.deepEqual(unknownId, wrongSecret);
  setting.configure({ robots: [robot] });
  const typo = `${key.slice(0, 20)}${key[20] === 'a' ? 'b' : 'a'}${key.slice(21)}`;
  assert.equal(await setting.verdict(`Bearer ${typo}`), 'checksum');
});

test('a robot key ends on its date, also while it is remembered', async (context) => {
  const setting = setUp(context, {});
  const { key, robot } = robotWith('nightly', setting.time + 10_000);
  setting.configure({ robots: [robot] });
  assert.equal(await setting.verdict(`Bearer ${key}`), 'identified');
  setting.time += 9_999;
  assert.equal(await setting.verdict(`Bearer ${key}`), 'identified');
  setting.time += 1;
  assert.equal(await setting.verdict(`Bearer ${key}`), 'expired');
});

test('a key taken out of the configuration is refused at once, and one put in is accepted at once', async (context) => {
  const { key, robot } = robotWith('nightly');
  const setting = setUp(context, { robots: [robot] });
  assert.equal(await setting.verdict(`Bearer ${key}`), 'identified');
  setting.configure({});
  assert.equal(await setting.verdict(`Bearer ${key}`), 'unknown-key');
  setting.configure({ robots: [robot] });
  assert.equal(await setting.verdict(`Bearer ${key}`), 'identified');
});

test('while it is remembered a credential gives the very same identity', async (context) => {
  const { key, robot } = robotWith('nightly');
  const setting = setUp(context, { robots: [robot], local });
  const [first, second] = [await setting.ask(`Bearer ${key}`), await setting.ask(`Bearer ${key}`)];
  assert(first.kind === 'identified' && second.kind === 'identified');
  assert.equal(second.identity, first.identity);
  assert.equal(await setting.ask(null, true), await setting.ask(null, true));
});

test('a result found under one configuration is not used under the next, though it was replaced meanwhile', async (context) => {
  const issuer = await startIssuer();
  context.after(() => issuer.close());
  const setting = setUp(context, { issuers: [issuerAt(issuer.url)] });
  const claims = { iss: issuer.url, aud: audience, sub: 'u1', email: 'ana@acme.co', exp: setting.time / 1000 + 300 };
  const token = `Bearer ${await issuer.sign(claims)}`;
  const started = setting.ask(token);
  setting.configure({ issuers: [] });
  assert.equal(await setting.verdict(null), 'missing');
  assert.equal((await started).kind, 'identified');
  assert.equal(await setting.verdict(token), 'unknown-issuer');
});
