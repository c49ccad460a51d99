import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../fixtures/client.ts';
import { startTestGateway, type TestFiles, type TestGateway } from '../fixtures/gateway.ts';
import { mintRobots } from '../fixtures/robots.ts';
import { until } from '../fixtures/until.ts';
import { bytesOf, exchange, type Row } from './raw-request.ts';

const robots = mintRobots('alpha');
const files: TestFiles = { servers: ' {}', policies: `${robots.yaml}roles: {}\ngrants: []\n` };

async function start(
  t: { after(end: () => Promise<void>): void },
  more: Partial<TestFiles> = {},
): Promise<TestGateway> {
  const gateway = await startTestGateway({ ...files, ...more });
  t.after(() => gateway.close());
  return gateway;
}

/** What a modern `server/discover` with these headers is answered. */
async function ask({ url }: TestGateway, headers: Row['headers'] = {}): ReturnType<typeof exchange> {
  const row: Row = { is: '', from: 'modern', method: 'server/discover', headers: { ...headers }, status: 0 };
  return exchange(Number(url.port), bytesOf(row, ''));
}

test('a request without a credential is told where to find out how to get one', async (t) => {
  const gateway = await start(t, { identity: 'issuers: []' });
  const { status, head, body } = await ask(gateway);
  assert.equal(status, 401);
  const pointer = /WWW-Authenticate: Bearer resource_metadata="([^"]+)"\r\n/.exec(head)?.[1] ?? assert.fail(head);
  assert.equal(new URL(pointer).pathname, '/.well-known/oauth-protected-resource/mcp');
  assert.equal(body, 'A credential is needed.\n');
});

test('the resource metadata is at both places, open to anybody and to GET only', async (t) => {
  const issuers = `issuers:
    - { issuer: "https://login.example", audience: a, algorithms: [RS256], claims: { user: email, groups: groups } }`;
  const { url } = await start(t, { identity: issuers });
  const paths = ['/.well-known/oauth-protected-resource/mcp', '/.well-known/oauth-protected-resource'];
  for (const path of paths) {
    const response = await fetch(new URL(path, url));
    assert.equal(response.status, 200, path);
    const metadata = await response.text();
    assert.match(metadata, /"resource":"[^"]+\/mcp"/);
    assert.match(metadata, /"authorization_servers":\["https:\/\/login.example"\]/);
    assert.equal((await fetch(new URL(path, url), { method: 'POST' })).status, 405);
  }
});

test('a credential that fails is never taken for an absent one', async (t) => {
  const gateway = await start(t);
  const wrong = ['Bearer x', 'Basic eDp5', 'Bearer', robots.keys.alpha, `Bearer ${robots.keys.alpha}x`, 'Bearer a.b.c'];
  for (const Authorization of wrong) {
    const { status, head } = await ask(gateway, { Authorization });
    assert.equal(status, 401, Authorization);
    assert.match(head, /error="invalid_token"/);
  }
  assert.equal((await ask(gateway)).status, 200);
  assert.equal((await ask(gateway, { Authorization: `Bearer ${robots.keys.alpha}` })).status, 200);
});

test('an empty Authorization header is a credential that fails', async (t) => {
  assert.equal((await ask(await start(t), { Authorization: '' })).status, 401);
});

test('the local identity is for direct requests to a loopback name only', async (t) => {
  const gateway = await start(t, { settings: 'limits: { auth_failures_per_second_max: 100 }' });
  const config = await readFile(join(gateway.dir, 'gateway.config.yaml'), 'utf8');
  await gateway.write(
    'gateway.config.yaml',
    config.replace('name: test,', 'name: test, allowed_hosts: [gate.example],'),
  );
  const status = async (headers: Row['headers']): Promise<number> => (await ask(gateway, headers)).status;
  await until(async () => (await status({ Host: 'gate.example' })) !== 403, 'the reload');
  for (const Host of ['localhost', '127.0.0.1:1', '[::1]']) assert.equal(await status({ Host }), 200, Host);
  assert.equal(await status({ Host: 'gate.example' }), 401);
  for (const name of ['X-Forwarded-For', 'Forwarded', 'Via', 'X-Real-IP', 'X-Forwarded-Host']) {
    assert.equal(await status({ [name]: '127.0.0.1' }), 401, name);
  }
});

test('no body byte is waited for before the caller is known', async (t) => {
  const gateway = await start(t, { identity: 'issuers: []' });
  const [head = ''] = bytesOf({ is: '', from: 'modern', status: 0 }, '').split('\r\n\r\n');
  const { status } = await exchange(Number(gateway.url.port), `${head}\r\n\r\n`);
  assert.equal(status, 401);
});

test('refusals are recorded up to so many a second, and the rest are counted', async (t) => {
  const gateway = await start(t, { settings: 'limits: { auth_failures_per_second_max: 3 }' });
  await untilSecondBegins();
  for (let count = 0; count < 8; count += 1) await ask(gateway, { Authorization: 'Bearer x', 'User-Agent': 'curl/8' });
  await untilSecondBegins();
  await ask(gateway, { Authorization: 'Bearer x' });
  const records = (await gateway.records()).filter(({ ev }) => ev === 'auth.fail');
  assert.equal(records.length, 4);
  const [first, , , last] = records;
  assert.deepEqual(
    [first?.['actor_type'], first?.['outcome'], first?.['why'], first?.['ip'], first?.['agent']],
    ['anonymous', 'denied', 'malformed', '127.0.0.1', 'curl/8'],
  );
  assert.deepEqual(last?.['detail'], { unrecorded: 5 });
});

test('a key and its secret are in no record', async (t) => {
  const gateway = await start(t);
  await (await connect('legacy', { ...gateway, key: robots.keys.alpha })).names();
  const text = JSON.stringify(await gateway.records());
  assert.match(text, /"actor":"alpha"/);
  assert.doesNotMatch(text, new RegExp(robots.keys.alpha.slice(14, 40)));
});

async function untilSecondBegins(): Promise<void> {
  await sleep(1_005 - (Date.now() % 1_000));
}
