import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { startEchoUpstream } from './echo-upstream.ts';
import { freePort, gatehouse, type Installation, startGateway } from './gateway-process.ts';
import { callModern } from './modern-caller.ts';

const run = promisify(execFile);
const npmMsMax = 180_000;
/** What `npm pack` says it has made. */
interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

const scratch: { dir: string; packed: readonly string[] } = { dir: '', packed: [] };

before(
  async () => {
    scratch.dir = await mkdtemp(join(tmpdir(), 'gatehouse-package-'));
    // Without scripts: what is built already is packed, and nothing is rebuilt under the feet of other tests.
    const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', scratch.dir];
    const [packed]: readonly Packed[] = JSON.parse((await run('npm', pack)).stdout);
    scratch.packed = packed?.files.map(({ path }) => path) ?? [];
    const elsewhere = join(scratch.dir, 'elsewhere');
    await mkdir(elsewhere);
    await writeFile(join(elsewhere, 'package.json'), '{"private":true}');
    const install = ['install', '--omit=dev', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
    await run('npm', [...install, join(scratch.dir, packed?.filename ?? '')], { cwd: elsewhere });
  },
  { timeout: npmMsMax },
);

after(() => rm(scratch.dir, { recursive: true, force: true }));

function installed(): Installation {
  const cwd = join(scratch.dir, 'elsewhere');
  return { main: join(cwd, 'node_modules/gatehouse/dist/main.js'), cwd };
}

test('the package holds the built gateway, its schemas and documents, and nothing else', () => {
  const top = [...new Set(scratch.packed.map((path) => path.split('/')[0]))].sort();
  assert.deepEqual(top, [
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'audit',
    'ci',
    'dist',
    'docs',
    'package.json',
    'schema',
    'starter',
  ]);
  const built = scratch.packed.filter((path) => path.startsWith('dist/'));
  assert(built.includes('dist/main.js'));
  assert.deepEqual(
    built.filter((path) => !path.endsWith('.js')),
    [],
  );
});

test('installed elsewhere, it writes a gateway to start from, and tells what codes mean', async () => {
  const folder = { ...installed(), cwd: join(scratch.dir, 'elsewhere', 'made') };
  await mkdir(folder.cwd);
  const { code, out } = await gatehouse(['init'], folder);
  assert.deepEqual([code, /\n {2}policies\/lock\/hello\.json\n/.test(out)], [0, true]);
  assert.equal((await gatehouse(['check', '--format', 'sarif'], folder)).code, 0);
});

test('installed elsewhere, npx runs it', async () => {
  const { stdout } = await run('npx', ['--no-install', 'gatehouse', '--version'], { cwd: installed().cwd });
  assert.match(stdout, /^gatehouse \d/);
});

test('installed elsewhere, it checks a configuration, serves it, and shows what was called', async (t) => {
  const { cwd } = installed();
  const upstream = await startEchoUpstream(t, ['echo']);
  await mkdir(join(cwd, 'policies'));
  await writeFile(
    join(cwd, 'gateway.config.yaml'),
    `apiVersion: gatehouse/v1
gateway: { name: tiny }
identity: { local: { user: you@localhost, groups: [] } }
servers: { raw: { url: "${upstream}" } }
`,
  );
  await writeFile(
    join(cwd, 'policies/access.yaml'),
    `apiVersion: gatehouse/v1
roles: { caller: { description: Calls, allow: [{ read: raw/echo }] } }
grants: [{ to: everyone, roles: [caller] }]
`,
  );
  const checked = await gatehouse(['check'], installed());
  assert.deepEqual([checked.code, checked.err], [0, ''], checked.out);

  const gateway = await startGateway(await freePort(), [], installed());
  t.after(() => gateway.end());
  const { message } = await callModern({ url: gateway.url, id: '1', tool: 'raw_echo', arguments: { n: 1 } });
  assert.notEqual(message.result, undefined);
  gateway.signal('SIGTERM');
  assert.equal(await gateway.ended, 0);

  const asked = await gatehouse(['audit', 'query', '--format', 'json', 'SELECT tool, outcome FROM calls'], installed());
  assert.deepEqual(JSON.parse(asked.out), [{ tool: 'echo', outcome: 'ok' }]);
  assert.equal((await gatehouse(['audit', 'verify'], installed())).code, 0);
});
