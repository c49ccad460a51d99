import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { Ajv } from 'ajv';
import { put, temporaryFolder } from '../config/tree.ts';
import { acme, gatehouse } from './console.ts';

const config = `apiVersion: gatehouse/v1
gateway: { name: test, owner: platform }
owners:
  platform: "@acme/platform"
  data: ["@acme/data", dana@acme.co]
servers:
  notion: { url: "https://notion.example/mcp" }
  github: { url: "https://github.example/mcp", owner: platform }
  snowflake: { url: "https://snowflake.example/mcp", owner: data }
`;

const block = `# gatehouse: begin. Written by \`gatehouse codeowners --write\`; edit \`owners\` instead.
/gw/gateway.config.yaml @acme/platform
/gw/policies/ @acme/platform
/gw/policies/lock/github.json @acme/platform
/gw/policies/lock/snowflake.json @acme/data dana@acme.co
/gw/policies/team\\ data/robots.yaml @acme/data dana@acme.co @acme/platform
# gatehouse: end
`;

/** A git repository with a gateway in its folder gw/. */
async function repository(t: TestContext, text = config): Promise<{ root: string; gateway: string }> {
  const root = await temporaryFolder(t);
  execFileSync('git', ['init', '--quiet'], { cwd: root });
  const gateway = join(root, 'gw');
  const head = 'apiVersion: gatehouse/v1\n';
  await put(join(gateway, 'gateway.config.yaml'), text);
  await put(
    join(gateway, 'policies/team data/robots.yaml'),
    `${head}robots: { a: { owner: data }, b: { owner: platform } }\n`,
  );
  await put(
    join(gateway, 'policies/mixed.yaml'),
    `${head}robots: { c: { owner: data } }\nroles: { look: { allow: [{ read: notion/* }] } }\n`,
  );
  return { root, gateway };
}

describe('gatehouse codeowners', () => {
  it('shows who is asked about what, most general first, from the root of the repository', async (t) => {
    const { gateway } = await repository(t);
    assert.deepEqual(await gatehouse('codeowners', gateway), { code: 0, out: block, err: '' });
  });

  it('writes its section at the end and leaves the rest, and then has nothing to write', async (t) => {
    const { root, gateway } = await repository(t);
    const file = join(root, 'docs/CODEOWNERS');
    await put(file, '* @acme/everyone');
    const checked = await gatehouse('codeowners --check', gateway);
    assert.equal(checked.code, 1);
    assert.match(
      checked.out,
      /^\.\.\/docs\/CODEOWNERS: its section is not this one: run gatehouse codeowners --write\n\n# /,
    );
    assert.equal(await readFile(file, 'utf8'), '* @acme/everyone');
    assert.deepEqual(await gatehouse('codeowners --write', gateway), {
      code: 0,
      out: '../docs/CODEOWNERS: written\n',
      err: '',
    });
    assert.equal(await readFile(file, 'utf8'), `* @acme/everyone\n\n${block}`);
    for (const option of ['--check', '--write']) {
      const { code, out } = await gatehouse(`codeowners ${option}`, gateway);
      assert.deepEqual([code, out], [0, '../docs/CODEOWNERS: as it should be\n']);
    }
    assert.deepEqual(await readdir(dirname(file)), ['CODEOWNERS']);
  });

  it('replaces an older section where it stands', async (t) => {
    const { root, gateway } = await repository(t);
    const file = join(root, 'CODEOWNERS');
    await put(file, '# mine\n\n# gatehouse: begin\n/old @x\n# gatehouse: end\n\n/after @y\n');
    await gatehouse('codeowners --write', gateway);
    assert.equal(await readFile(file, 'utf8'), `# mine\n\n${block}\n/after @y\n`);
  });

  it('makes .github/CODEOWNERS when there is none, or the file that is named', async (t) => {
    const { root, gateway } = await repository(t);
    await gatehouse('codeowners --write', gateway);
    assert.equal(await readFile(join(root, '.github/CODEOWNERS'), 'utf8'), block);
    await gatehouse('codeowners OWNERS --write', gateway);
    assert.equal(await readFile(join(gateway, 'OWNERS'), 'utf8'), block);
  });

  it('touches no file whose markers are not one pair', async (t) => {
    const { root, gateway } = await repository(t);
    const file = join(root, 'CODEOWNERS');
    const [begin, end] = ['# gatehouse: begin\n', '# gatehouse: end\n'];
    for (const text of [begin, end, end + begin, begin + end + begin + end, begin + begin + end]) {
      await put(file, text);
      const { code, err } = await gatehouse('codeowners --write', gateway);
      assert.deepEqual([code, /must hold "# gatehouse: begin"/.test(err)], [2, true], text);
      assert.equal(await readFile(file, 'utf8'), text);
    }
  });

  it('refuses what CODEOWNERS cannot name', async (t) => {
    const { gateway } = await repository(t);
    await put(join(gateway, 'policies/a#[b].yaml'), 'apiVersion: gatehouse/v1\nrobots: { d: { owner: data } }\n');
    const { code, err } = await gatehouse('codeowners --write', gateway);
    assert.deepEqual([code, /cannot name \/gw\/policies\/a#\[b\]\.yaml: move or rename it/.test(err)], [2, true]);
  });

  it('needs owners, and files that are right', async (t) => {
    const bare = config.replace(/^owners:\n(?: .*\n)+/m, '');
    const { gateway } = await repository(t, bare);
    assert.match((await gatehouse('codeowners', gateway)).err, /the configuration has no owners: name them/);
    await writeFile(join(gateway, 'gateway.config.yaml'), config.replace('owner: data', 'owner: dta'));
    const { code, err } = await gatehouse('codeowners', gateway);
    assert.deepEqual([code, /GH095[\s\S]*did you mean data\?/.test(err)], [2, true]);
  });

  it('tells what is in the way without a stack', async (t) => {
    const { root, gateway } = await repository(t);
    await put(join(root, '.github'), 'a file');
    const { code, err } = await gatehouse('codeowners --write', gateway);
    assert.deepEqual([code, /^gatehouse codeowners: cannot read .*ENOTDIR/.test(err)], [2, true]);
  });

  it('has JSON of its schema, and the formats of every check', async (t) => {
    const { gateway } = await repository(t);
    const { out } = await gatehouse('codeowners --format json', gateway);
    const url = new URL('../../schema/codeowners-output.schema.json', import.meta.url);
    const valid = new Ajv().compile(JSON.parse(await readFile(url, 'utf8')));
    assert(valid(JSON.parse(out)), JSON.stringify(valid.errors));
    assert.equal(JSON.parse(out).paths.length, 5);
    const { code, out: annotated } = await gatehouse('codeowners --check --format github', gateway);
    assert.equal(code, 1);
    assert.match(
      annotated,
      /^::error file=\.\.\/\.github\/CODEOWNERS,line=1,col=1,title=codeowners::its section is not/,
    );
    await gatehouse('codeowners --write', gateway);
    assert.match((await gatehouse('codeowners --check --format junit', gateway)).out, /tests="1" failures="0"/);
  });

  it('of the example company asks each team about its own', async () => {
    const { code, out } = await gatehouse('codeowners CODEOWNERS --check', acme);
    assert.deepEqual([code, out], [0, 'CODEOWNERS: as it should be\n']);
  });
});
