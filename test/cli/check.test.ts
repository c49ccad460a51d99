import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { Ajv } from 'ajv';
import { checkCommand } from '../../src/cli/check.ts';
import { type Io, UsageError } from '../../src/cli/command.ts';
import { gatewayYaml, put, putPolicies, temporaryFolder } from '../config/tree.ts';

interface Run {
  readonly code: number;
  readonly out: string;
}

async function check(cwd: string, values: Record<string, string> = {}, more: Partial<Io> = {}): Promise<Run> {
  let out = '';
  const io: Io = {
    out: (text) => {
      out += text;
    },
    err: () => assert.fail('check writes to standard output'),
    cwd,
    environment: {},
    isTty: false,
    columns: 80,
    color: false,
    ...more,
  };
  const code = await checkCommand.run({ values, positionals: [] }, io);
  return { code, out };
}

async function tree(context: TestContext): Promise<string> {
  const folder = await temporaryFolder(context);
  await put(join(folder, 'gateway.config.yaml'), gatewayYaml());
  await putPolicies(join(folder, 'policies'), 'one');
  return folder;
}

const misspelt = 'apiVersion: gatehouse/v1\ngrants:\n  - { to: group:stuff, roles: [look] }\n';

describe('gatehouse check', () => {
  it('says what is there when nothing is wrong', async (context) => {
    const { code, out } = await check(await tree(context));
    assert.equal(out, 'ok: 1 server, 1 role, 1 group, 0 robots, 11 grants\n');
    assert.equal(code, 0);
  });

  it('shows the line, a mark under the word, what is wrong and what to try', async (context) => {
    const folder = await tree(context);
    await put(join(folder, 'policies', 'more.yaml'), misspelt);
    const { code, out } = await check(folder);
    assert.equal(
      out,
      `policies/more.yaml
  3:11  error GH051
    expected a group that exists, found stuff
    |   - { to: group:stuff, roles: [look] }
    |           ^
    try: did you mean staff?

1 error, 0 warnings in 1 file
`,
    );
    assert.equal(code, 1);
  });

  it('shows files as seen from where it was started', async (context) => {
    const folder = await tree(context);
    await put(join(folder, 'policies', 'more.yaml'), misspelt);
    const { out } = await check('/', { config: join(folder, 'gateway.config.yaml') });
    assert.equal(out.split('\n')[0], `${folder.slice(1)}/policies/more.yaml`);
  });

  it('warnings are shown and fail nothing', async (context) => {
    const folder = await tree(context);
    await put(
      join(folder, 'policies', 'wide.yaml'),
      'apiVersion: gatehouse/v1\nroles: { wide: { allow: [{ any: "*/*" }] } }\n',
    );
    const { code, out } = await check(folder);
    assert.match(out, /0 errors, 1 warning in 1 file\n\n?ok: /);
    assert.equal(code, 0);
  });

  it('tells what will have expired when it is asked about another time', async (context) => {
    const folder = await tree(context);
    const grant = '{ to: everyone, roles: [look], expires: 2099-01-31 }';
    await put(join(folder, 'policies', 'more.yaml'), `apiVersion: gatehouse/v1\ngrants: [${grant}]\n`);
    assert.match((await check(folder, { at: '2099-01-31T23:59Z' })).out, /^ok: /);
    const { code, out } = await check(folder, { at: '2099-02-01' });
    assert.match(out, /2:\d+ {2}warning GH072\n {4}the grant has expired and gives nothing/);
    assert.equal(code, 0);
  });

  it('never shows a secret, nor the rest of its line', async (context) => {
    const folder = await tree(context);
    const secret = 'correct-horse-battery';
    const server = `  beta: { url: "https://b.example", timout: 3s, auth: { bearer: ${secret} } }\n`;
    await put(join(folder, 'gateway.config.yaml'), `${gatewayYaml()}${server}# ghp_${'a1'.repeat(18)}\n`);
    for (const format of ['human', 'json', 'github', 'sarif', 'junit', 'markdown']) {
      const { code, out } = await check(folder, { format });
      assert.equal(code, 1);
      assert.match(out, /GH038/);
      assert.match(out, /GH067/);
      assert.match(out, /GH030/);
      assert.equal(out.includes(secret) || out.includes('ghp_a'), false, out);
    }
  });

  it('fits 80 columns, however long the line and the word', async (context) => {
    const folder = await tree(context);
    const long = `roles: [look, ${'x'.repeat(200)}]`;
    await put(
      join(folder, 'policies', 'more.yaml'),
      `apiVersion: gatehouse/v1\ngrants: [{ why: ${'y '.repeat(90)}, to: everyone, ${long} }]\n`,
    );
    const { out } = await check(folder);
    assert.match(out, /\^/);
    for (const line of out.split('\n')) assert.equal(line.length <= 80 || !line.includes(' |'), true, line);
  });

  it('writes JSON for machines', async (context) => {
    const folder = await tree(context);
    await put(join(folder, 'policies', 'more.yaml'), misspelt);
    const { code, out } = await check(folder, { format: 'json' });
    assert.deepEqual(JSON.parse(out), {
      ok: false,
      problems: [
        {
          code: 'GH051',
          severity: 'error',
          file: 'policies/more.yaml',
          line: 3,
          col: 11,
          message: 'expected a group that exists, found stuff',
          hint: 'did you mean staff?',
        },
      ],
    });
    assert.equal(code, 1);
    const url = new URL('../../schema/check-output.schema.json', import.meta.url);
    const valid = new Ajv().compile(JSON.parse(await readFile(url, 'utf8')));
    assert(valid(JSON.parse(out)), JSON.stringify(valid.errors));
    const fine = await check(await tree(context), { format: 'json' });
    assert.deepEqual(JSON.parse(fine.out), { ok: true, problems: [] });
  });

  it('writes what each code means into SARIF, errors before warnings', async (context) => {
    const folder = await tree(context);
    await put(join(folder, 'policies', 'more.yaml'), misspelt);
    const wide = 'apiVersion: gatehouse/v1\nroles: { wide: { allow: [{ any: "*/*" }] } }\n';
    await put(join(folder, 'policies', 'a-warning.yaml'), wide);
    const { code, out } = await check(folder, { format: 'sarif' });
    const [{ tool, results }] = JSON.parse(out).runs;
    assert.deepEqual(
      tool.driver.rules.map(({ id, shortDescription }: { id: string; shortDescription: { text: string } }) => [
        id,
        shortDescription.text,
      ]),
      [
        ['GH051', 'A group that no file defines, or a claim that no group heeds.'],
        ['GH070', 'A wildcard under any, which reaches destructive tools that nobody has named.'],
      ],
    );
    assert.deepEqual(
      results.map(({ level }: { level: string }) => level),
      ['error', 'warning'],
    );
    assert.equal(code, 1);
  });

  it('writes a case that failed or passed for test pages', async (context) => {
    const folder = await tree(context);
    assert.match(
      (await check(folder, { format: 'junit' })).out,
      /tests="1" failures="0">\n {2}<testcase name="gateway\.config\.yaml"[^>]*\/>/,
    );
    await put(join(folder, 'policies', 'more.yaml'), misspelt);
    assert.match((await check(folder, { format: 'junit' })).out, /tests="1" failures="1">\n {2}<testcase name="GH051"/);
  });

  it('writes a comment with verdict and counts first', async (context) => {
    const folder = await tree(context);
    await put(join(folder, 'policies', 'more.yaml'), misspelt);
    const { out } = await check(folder, { format: 'markdown' });
    assert.match(out, /^<!-- gatehouse-check -->\n### gatehouse check: 1 error, 0 warnings\n/);
    assert.match(
      out,
      /\n\| error \| <code>policies\/more\.yaml&#58;3<\/code> \| <code>GH051<\/code><br>expected a group/,
    );
  });

  it('writes at most nine annotations of a level for GitHub, and how many more', async (context) => {
    const folder = await tree(context);
    const grants = Array.from({ length: 12 }, (_, n) => `  - { to: "robot:a,b%${n}", roles: [look] }\n`).join('');
    await put(join(folder, 'policies', 'more.yaml'), `apiVersion: gatehouse/v1\ngrants:\n${grants}`);
    const lines = (await check(folder, { format: 'github' })).out.trimEnd().split('\n');
    assert.equal(lines.length, 10);
    assert.equal(
      lines[0],
      '::error file=policies/more.yaml,line=3,col=11,title=GH052::expected a robot that exists, found a,b%250',
    );
    assert.equal(lines[9], '::error title=gatehouse check::+3 more');
  });

  it('colours only when it may', async (context) => {
    const folder = await tree(context);
    await put(join(folder, 'policies', 'more.yaml'), misspelt);
    const mark = String.fromCharCode(27);
    assert.equal((await check(folder)).out.includes(mark), false);
    assert.equal((await check(folder, {}, { color: true })).out.includes(mark), true);
  });

  it('cannot run without a configuration file or with a format nobody knows', async (context) => {
    const folder = await temporaryFolder(context);
    await assert.rejects(check(folder), UsageError);
    await assert.rejects(check(await tree(context), { format: 'xml' }), UsageError);
    await assert.rejects(checkCommand.run({ values: {}, positionals: ['x'] }, {} as Io), UsageError);
  });

  it('has help that fits 80 columns', () => {
    for (const line of checkCommand.help.split('\n')) assert.equal(line.length <= 80, true, line);
  });
});
