import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gatewayYaml, put, temporaryFolder } from '../config/tree.ts';
import { acme, gatehouse } from './console.ts';

describe('commands about the policy', () => {
  const mistakes: readonly (readonly [string, RegExp])[] = [
    ['explain user:a', /expected WHO and SERVER\/TOOL/],
    ['explain lea notion/search', /expected user:NAME or robot:NAME, found lea/],
    ['explain triage-bot notion/search', /did you mean robot:triage-bot\?/],
    ['explain robot:triage notion/search', /there is no robot triage: /],
    ['explain robot:triage-bot notion/search --groups staff', /a robot is in no group/],
    ['explain user:a notoin/search', /there is no server notoin: did you mean notion\?/],
    ['explain user:a notion/*', /expected one SERVER\/TOOL/],
    ['explain user:a notion', /expected one SERVER\/TOOL/],
    ['explain user:a notion/search --groups suport', /found suport: did you mean support\?/],
    ['explain user:a notion/search --groups dba', /whose members are listed: ask as one of them: user:raj@acme\.co/],
    ['explain user:a notion/search --at 2027-02-30', /--at is a UTC day/],
    ['explain user:a notion/search --format yaml', /--format is one of human, json/],
    ['explain user:a notion/search --args [1]', /--args is a JSON object, found array/],
    ['explain user:a notion/search --args {"a"', /--args is a JSON object: Byte 4: expected ":"/],
    ['who', /expected one SERVER\/TOOL/],
    ['what', /expected one WHO/],
    ['what user:a --config none.yaml', /there is no none\.yaml/],
    ['test none.test.yaml', /there is no file none\.test\.yaml/],
  ];
  for (const [args, expected] of mistakes) {
    it(`tells the mistake in: ${args}`, async () => {
      const { code, out, err } = await gatehouse(args, acme);
      assert.match(err, expected);
      assert.deepEqual([code, out], [2, '']);
    });
  }

  it('takes a bare e-mail address for a user and says so', async () => {
    const { code, err } = await gatehouse('explain raj@acme.co orders-db/get_order', acme);
    assert.deepEqual([code, err], [0, 'taking raj@acme.co as user:raj@acme.co\n']);
  });

  it('takes the values of the groups claim as well as names of groups', async () => {
    const { out } = await gatehouse('explain user:a notion/search --groups acme-all --format json', acme);
    assert.deepEqual(JSON.parse(out).claims, ['acme-all']);
  });

  it('tells the problems of wrong files and answers nothing', async (context) => {
    const folder = await temporaryFolder(context);
    await put(join(folder, 'gateway.config.yaml'), gatewayYaml());
    await put(join(folder, 'policies', 'a.yaml'), 'apiVersion: gatehouse/v1\nroels: {}\n');
    const { code, out, err } = await gatehouse('who alpha/x', folder);
    assert.match(err, /GH030/);
    assert.deepEqual([code, out], [2, '']);
  });

  it('under lock: strict a tool that nobody reviewed is nobody’s, and what says so', async (context) => {
    const folder = await temporaryFolder(context);
    const yaml = gatewayYaml().replace('gateway: {', 'gateway: { lock: strict,');
    await put(join(folder, 'gateway.config.yaml'), yaml);
    const policy = 'roles: { look: { allow: [{ any: alpha/x }] } }\ngrants: [{ to: everyone, roles: [look] }]\n';
    await put(join(folder, 'policies', 'a.yaml'), `apiVersion: gatehouse/v1\n${policy}`);
    const { code, out } = await gatehouse('explain user:a alpha/x --format json', folder);
    const { verdict, reason, decidedBy } = JSON.parse(out);
    assert.deepEqual([code, verdict, reason, decidedBy], [1, 'deny', 'hidden', null]);
    assert.match((await gatehouse('who alpha/x', folder)).out, /^Nobody: lock: strict hides it from everyone/m);
    assert.match(
      (await gatehouse('what user:a', folder)).out,
      /^Hidden by lock: strict, for they have no lock: alpha/m,
    );
  });

  for (const args of ['explain user:lea@acme.co snowflake/run_query', 'what user:lea.de.la.cruz@acme.co']) {
    it(`names somebody of many groups within the width of a terminal: ${args}`, async () => {
      const { out } = await gatehouse(`${args} --groups support,staff,eng,oncall,finance`, acme);
      assert.deepEqual(
        out.split('\n').filter((line) => line.length > 80),
        [],
      );
    });
  }

  it('what: names the servers whose tools it cannot know', async (context) => {
    const folder = await temporaryFolder(context);
    await put(join(folder, 'gateway.config.yaml'), gatewayYaml());
    const policy = 'roles: { look: { allow: [{ read: alpha/* }] } }\ngrants: [{ to: everyone, roles: [look] }]\n';
    await put(join(folder, 'policies', 'a.yaml'), `apiVersion: gatehouse/v1\n${policy}`);
    const { out } = await gatehouse('what user:a --at 2026-12-01', folder);
    assert.equal(
      out,
      'user:a, at 2026-12-01T00:00Z\n\nNo tool of the lock.\n\nNot listed, for they have no lock: alpha.\n',
    );
  });
});
