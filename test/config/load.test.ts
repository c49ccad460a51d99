import assert from 'node:assert/strict';
import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { load } from '../../src/config/load.ts';
import { gatewayYaml, grantsYaml, put, putPolicies, rolesYaml, temporaryFolder } from './tree.ts';

async function tree(context: TestContext, gateway = gatewayYaml()): Promise<{ folder: string; path: string }> {
  const folder = await temporaryFolder(context);
  const path = join(folder, 'gateway.config.yaml');
  await put(path, gateway);
  await putPolicies(join(folder, 'policies'), 'one');
  return { folder, path };
}

describe('load', () => {
  it("reads the repository's own sample without a word", async () => {
    const path = new URL('../../gateway.config.yaml', import.meta.url).pathname;
    const { configuration, problems } = await load(path, { now: () => new Date('2026-12-01') });
    assert.deepEqual(problems, []);
    assert.deepEqual([...(configuration?.servers.keys() ?? [])], ['everything', 'files', 'memory']);
  });

  it('links everything with its place and every default', async (context) => {
    const { folder, path } = await tree(
      context,
      `apiVersion: gatehouse/v1
gateway: { name: acme }
identity:
  issuers:
    - { issuer: https://idp.example, audience: "http://127.0.0.1:8080/mcp", algorithms: [RS256], claims: { user: upn } }
servers:
  alpha:
    url: https://alpha.example
    auth: { headers: { X-Key: "\${env:KEY}" } }
    timeout: 2m
    class: { read: [get_*, list], destructive: drop_* }
  beta: { command: [./bin/beta, x], env: { T: "\${file:/run/t}", L: info }, cwd: sub, prefix: "" }
`,
    );
    const { configuration, problems } = await load(path);
    assert.deepEqual(problems, []);
    assert.ok(configuration);
    const file = 'gateway.config.yaml';
    assert.deepEqual(configuration.gateway, {
      name: 'acme',
      environment: 'dev',
      url: 'http://127.0.0.1:8080',
      listen: { host: '127.0.0.1', port: 8080 },
      adminListen: { host: '127.0.0.1', port: 8081 },
      lock: 'warn',
      allowedHosts: [],
      allowedOrigins: [],
      trustedProxies: [],
    });
    assert.deepEqual(configuration.identity.issuers[0]?.claims, { user: 'upn', groups: 'groups' });
    assert.equal(configuration.identity.issuers[0]?.jwks, null);
    assert.equal(configuration.identity.local, null);
    assert.deepEqual(configuration.audit, {
      dir: join(folder, 'var/audit'),
      keys: join(folder, 'var/keys'),
      durability: 'sync',
      attempts: 'writes',
      onFailure: 'deny',
      redactions: [],
      otherwise: { arguments: 'redact', results: 'hash', mask: [], detectors: true, label: '' },
      anchors: [],
      rotateBytes: 268_435_456,
    });
    const alpha = configuration.servers.get('alpha');
    assert.deepEqual(alpha?.auth, {
      kind: 'headers',
      headers: { 'X-Key': { kind: 'env', name: 'KEY', at: { file, line: 9, col: 31 } } },
    });
    assert.deepEqual(alpha?.reach, { kind: 'http', transport: 'auto', url: 'https://alpha.example' });
    assert.deepEqual(alpha?.classes, { read: ['get_*', 'list'], write: [], destructive: ['drop_*'] });
    assert.equal(alpha?.timeoutMs, 120_000);
    assert.deepEqual(alpha?.at, { file, line: 7, col: 3 });
    const beta = configuration.servers.get('beta');
    assert.equal(beta?.prefix, '');
    assert.equal(beta?.reach.kind, 'stdio');
    if (beta?.reach.kind !== 'stdio') return;
    assert.deepEqual(beta.reach.command, [join(folder, 'bin/beta'), 'x']);
    assert.equal(beta.reach.cwd, join(folder, 'sub'));
    assert.equal(beta.reach.env['L'], 'info');
    assert.deepEqual(beta.reach.env['T'], { kind: 'file', path: '/run/t', at: { file, line: 12, col: 47 } });
  });

  it('links policies with the places of their words', async (context) => {
    const { folder, path } = await tree(context);
    await put(
      join(folder, 'policies', 'more.yaml'),
      `apiVersion: gatehouse/v1
roles:
  wide: { description: Wide, allow: [{ any: alpha/drop }, { write: ["alpha/a*", "*/b"] }] }
robots:
  bot: { owner: ops, keys: [{ id: abcd1234, sha256: ${'a'.repeat(64)}, expires: 2099-01-31 }] }
grants:
  - to: robot:bot
    roles: [wide]
    starts: 2027-01-01T12:30Z
    expires: 2099-01-31
    why: because
    ticket: T-1
    environments: [dev]
`,
    );
    const { configuration } = await load(path);
    assert.ok(configuration);
    const file = 'policies/more.yaml';
    assert.deepEqual(configuration.policy.roles.get('wide')?.rules, [
      {
        verb: 'any',
        targets: [{ server: 'alpha', tool: 'drop', at: { file, line: 3, col: 45 } }],
        condition: null,
        at: { file, line: 3, col: 40 },
      },
      {
        verb: 'write',
        targets: [
          { server: 'alpha', tool: 'a*', at: { file, line: 3, col: 69 } },
          { server: '*', tool: 'b', at: { file, line: 3, col: 81 } },
        ],
        condition: null,
        at: { file, line: 3, col: 61 },
      },
    ]);
    assert.deepEqual(configuration.policy.grants.at(-1) ?? configuration.policy.grants[0], {
      to: { kind: 'robot', name: 'bot' },
      roles: ['wide'],
      starts: Date.UTC(2027, 0, 1, 12, 30),
      expires: Date.UTC(2099, 1, 1),
      why: 'because',
      ticket: 'T-1',
      environments: ['dev'],
      at: { file, line: 7, col: 5 },
    });
    assert.equal(configuration.policy.robots.get('bot')?.keys[0]?.expires, Date.UTC(2099, 1, 1));
  });

  it('gives a configuration nobody can change', async (context) => {
    const { configuration } = await load((await tree(context)).path);
    assert.ok(configuration);
    const rule = configuration.policy.roles.get('look')?.rules[0];
    assert.throws(() => Object.assign(configuration.gateway.listen, { port: 1 }), TypeError);
    assert.throws(() => Object.assign(rule?.targets[0] ?? {}, { server: '*' }), TypeError);
  });

  it('lets the command line say where to listen and where to write', async (context) => {
    const { path } = await tree(context);
    const listen = { host: '127.0.0.1', port: 0 };
    const { configuration } = await load(path, { listen, adminListen: { host: '::1', port: 9 }, varDir: '/elsewhere' });
    assert.deepEqual(configuration?.gateway.listen, listen);
    assert.equal(configuration?.gateway.url, 'http://127.0.0.1:0');
    assert.equal(configuration?.gateway.adminListen.port, 9);
    assert.equal(configuration?.audit.dir, '/elsewhere/audit');
  });

  it('finds anchors relative to the file', async (context) => {
    const { path, folder } = await tree(context);
    await put(path, `${gatewayYaml()}audit: { anchor: [{ git: ../heads }, { dir: /mnt/heads }] }\n`);
    const { configuration } = await load(path);
    assert.deepEqual(configuration?.audit.anchors, [{ git: join(folder, '../heads') }, { dir: '/mnt/heads' }]);
  });

  it('keeps the fingerprint of a server that only moves, and changes it with anything else', async (context) => {
    const { path } = await tree(context);
    const fingerprint = async (): Promise<string | undefined> => {
      return (await load(path)).configuration?.servers.get('alpha')?.fingerprint;
    };
    const first = await fingerprint();
    await put(path, `# a line more\n${gatewayYaml()}`);
    assert.equal(await fingerprint(), first);
    await put(path, gatewayYaml().replace('alpha.example', 'other.example'));
    assert.notEqual(await fingerprint(), first);
  });

  it('hashes what the files are called and hold, not where they are', async (context) => {
    const [one, two] = [await tree(context), await tree(context)];
    const hash = (await load(one.path)).configuration?.hash;
    assert.match(hash ?? '', /^[0-9a-f]{16}$/);
    assert.equal((await load(two.path)).hash, hash);
    await put(join(two.folder, 'policies', 'grants.yaml'), `${grantsYaml('one')}# more\n`);
    assert.notEqual((await load(two.path)).hash, hash);
  });

  it('says so when there is no configuration file', async (context) => {
    const folder = await temporaryFolder(context);
    const { configuration, problems } = await load(join(folder, 'gateway.config.yaml'));
    assert.equal(configuration, null);
    assert.deepEqual(
      problems.map(({ code, at }) => [code, at.file]),
      [['GH001', 'gateway.config.yaml']],
    );
  });

  it('never takes what cannot be read for what is absent', async (context) => {
    const { folder, path } = await tree(context);
    // A link to itself cannot be read whoever asks; permissions would not stop root.
    for (const name of ['roles.yaml', 'team']) {
      const place = join(folder, 'policies', name);
      await rename(place, `${place}.aside`);
      await symlink(name, place);
      const { configuration, problems } = await load(path);
      assert.equal(configuration, null);
      assert.deepEqual([...new Set(problems.map(({ code }) => code))].slice(0, 1), ['GH001']);
      await rm(place);
      await rename(`${place}.aside`, place);
    }
  });

  it('accepts an empty policy folder, which grants nothing', async (context) => {
    const { folder, path } = await tree(context);
    await rm(join(folder, 'policies'), { recursive: true });
    await mkdir(join(folder, 'policies'));
    const { configuration } = await load(path);
    assert.equal(configuration?.policy.grants.length, 0);
  });

  it('stops telling problems at five hundred', async (context) => {
    const { folder, path } = await tree(context);
    await put(join(folder, 'policies', 'grants.yaml'), grantsYaml('one', 1000).replaceAll('look', 'lock'));
    assert.equal((await load(path)).problems.length, 500);
  });

  it('lets no number of warnings hide an error', async (context) => {
    const { folder, path } = await tree(context);
    const expired = Array.from(
      { length: 600 },
      (_, n) => `  - { to: "user:u${n}", roles: [look], expires: 2020-01-01 }\n`,
    );
    const text = `apiVersion: gatehouse/v1\ngrants:\n${expired.join('')}  - { to: everyone, roles: [lock] }\n`;
    await put(join(folder, 'policies', 'grants.yaml'), text);
    const { configuration, problems } = await load(path);
    assert.equal(configuration, null);
    assert.deepEqual(
      problems.flatMap(({ severity, code }) => (severity === 'error' ? [code] : [])),
      ['GH050'],
    );
  });

  it('refuses more conditions than it checks', async (context) => {
    const { folder, path } = await tree(context);
    const rules = Array.from({ length: 2_001 }, (_, n) => `      - { read: alpha/x, when: "args.n == ${n}" }\n`);
    await put(
      join(folder, 'policies', 'many.yaml'),
      `apiVersion: gatehouse/v1\nroles:\n  a:\n    allow:\n${rules.join('')}`,
    );
    const { problems } = await load(path);
    assert.deepEqual(
      problems.map(({ code, at }) => `${code} ${at.line}`),
      ['GH112 5', 'GH115 2005'],
    );
  });

  it('survives mutations of good files from one end to the other', async (context) => {
    const { folder, path } = await tree(context);
    const originals = [rolesYaml(), grantsYaml('one', 2)];
    const pieces = ['null', '[]', '{}', '1', 'true', '"', ': ', '\n', '- ', 'user:', '/', '*', '~', ''];
    for (let round = 0; round < 400; round += 1) {
      const text = originals[round % 2] ?? '';
      const at = (round * 7919) % text.length;
      const mutated = text.slice(0, at) + (pieces[round % pieces.length] ?? '') + text.slice(at + (round % 9));
      await put(join(folder, 'policies', 'mutant.yaml'), mutated);
      const { configuration, problems } = await load(path);
      assert.equal(
        configuration === null,
        problems.some(({ severity }) => severity === 'error'),
      );
    }
  });
});
