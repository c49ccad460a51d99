import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, gatehouse, serve } from './gateway-process.ts';
import { type ClientKind, clientKinds, connectClient } from './reference-clients.ts';
import { copySample } from './sample-copy.ts';

const kinds = Object.keys(clientKinds) as ClientKind[];
const patienceMs = 60_000;

/** `policies/access.yaml` with the grants of `group:engineers` left out. */
function withoutEngineers(policy: string): string {
  const changed = policy.replace(/^ {2}- \{ to: group:engineers,.*\n/m, '');
  assert.notEqual(changed, policy);
  return changed;
}

test('deleting a grant takes its tools from every connected client, and restoring it brings them back', async (t) => {
  const dir = await copySample(t);
  const file = join(dir, 'policies/access.yaml');
  const policy = await readFile(file, 'utf8');
  const gateway = await serve(t, await freePort(), ['--config', join(dir, 'gateway.config.yaml'), '--var', dir]);
  const heard: Record<ClientKind, readonly (readonly string[])[]> = {
    'SDK v2, modern': [],
    'SDK v2, legacy': [],
    'SDK v1': [],
  };
  const clients = await Promise.all(
    kinds.map((kind) =>
      connectClient(kind, { url: gateway.url }, (names) => {
        heard[kind] = [...heard[kind], names];
      }),
    ),
  );
  t.after(() => Promise.all(clients.map((client) => client.close())));
  const all = await Promise.all(clients.map((client) => client.toolNames()));
  // A legacy client opens its stream of notifications after the handshake, without telling when it stands.
  await sleep(300);

  await writeFile(file, withoutEngineers(policy));
  const removed = await heardBy((names) => !names.includes('everything_echo'));
  assert.deepEqual(
    await Promise.all(clients.map((client) => client.toolNames())),
    kinds.map(() => granted),
  );
  const refused = await Promise.all(clients.map((client) => client.call('everything_echo', { message: 'x' })));
  assert(refused.every((outcome) => outcome.startsWith('error ') && outcome.includes('-32602')));

  await writeFile(file, policy);
  const restored = await heardBy((names) => names.includes('everything_echo'));
  assert.deepEqual(await Promise.all(clients.map((client) => client.toolNames())), all);
  t.diagnostic(`gone after ${removed} ms, back after ${restored} ms`);

  /** Milliseconds until every client has been told and has fetched such a list. */
  async function heardBy(fits: (names: readonly string[]) => boolean): Promise<string> {
    const since = performance.now();
    const times = await Promise.all(
      kinds.map(async (kind) => {
        while (!heard[kind].slice(-1).some(fits)) {
          assert(performance.now() - since < patienceMs, `${kind} was not told`);
          await sleep(5);
        }
        return Math.round(performance.now() - since);
      }),
    );
    return times.join(', ');
  }
});

/** What the other grant of the sample still gives to the local identity. */
const granted = ['files_edit_file', 'files_write_file'];

test('a broken policy changes nothing, check and serve refuse it with the same words, and SIGHUP reads a repaired one', async (t) => {
  const dir = await copySample(t);
  const file = join(dir, 'policies/access.yaml');
  const policy = await readFile(file, 'utf8');
  const config = join(dir, 'gateway.config.yaml');
  const gateway = await serve(t, await freePort(), ['--config', config, '--var', dir, '--log-format', 'json']);
  const client = await connectClient('SDK v1', { url: gateway.url });
  t.after(() => client.close());

  await writeFile(file, policy.replace('roles: [engineer]', 'roles: [enginer]'));
  await said('NOT in force', 1);
  assert((await client.toolNames()).includes('everything_echo'));
  const checked = await gatehouse(['check', '--config', config]);
  assert.equal(checked.code, 1);
  assert.match(checked.out, /enginer/);
  assert.match(checked.out, /did you mean "?engineer/i);
  const second = ['serve', '--config', config, '--var', join(dir, 'second'), '--listen', '127.0.0.1:1'];
  const refused = await gatehouse(second);
  assert.deepEqual([refused.code, refused.out, refused.err], [1, '', checked.out]);

  await writeFile(file, withoutEngineers(policy));
  gateway.signal('SIGHUP');
  await said('configuration in force', 1);
  assert.deepEqual(await client.toolNames(), granted);

  async function said(words: string, times: number): Promise<void> {
    const since = performance.now();
    while (gateway.err().split(words).length <= times) {
      assert(performance.now() - since < patienceMs, `"${words}" was not said:\n${gateway.err()}`);
      await sleep(5);
    }
  }
});
