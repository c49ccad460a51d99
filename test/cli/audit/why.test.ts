import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Ajv } from 'ajv';
import { filesIn } from '../../audit/log.ts';
import { gatehouse, type Said } from '../console.ts';
import { type RecordedGateway, startRecorded } from '../recorded-gateway.ts';

const role = (rule: string) => `roles:
  reader:
    description: Reads
    allow:
      - ${rule}
`;
const toAna = 'grants:\n  - { to: user:ana@acme.co, roles: [reader], ticket: OPS-1 }\n';
const open = `${role('read: db/*')}${toAna}`;
const conditional = `${role(`{ read: db/get, when: 'args.table == "orders"' }`)}${toAna}`;

function why({ folder }: RecordedGateway, words: string): Promise<Said> {
  return gatehouse(`audit why ${words}`, folder, { PATH: process.env['PATH'] });
}

/** Everything in the log replaced by something else, as somebody could who may write there. */
function forge({ log }: RecordedGateway, from: string, to: string): void {
  for (const file of filesIn(log)) writeFileSync(file, readFileSync(file, 'utf8').replaceAll(from, to));
}

async function agreeing(gateway: RecordedGateway, name: string): Promise<string> {
  const { code, out, err } = await why(gateway, name);
  assert.equal(err, '');
  assert.match(out, new RegExp(`^agrees {2}${name}\n`));
  assert.equal(code, 0, out);
  return out;
}

describe('gatehouse audit why', () => {
  it('decides each call again under the commit it was decided under, whatever is committed since', async (t) => {
    const policy = (
      conditions: string,
    ) => `${role(`{ read: db/get${conditions} }`)}  other: { allow: [{ read: db/put }] }
grants:
  - { to: user:ana@acme.co, roles: [reader], ticket: OPS-1 }
  - { to: robot:bot, roles: [reader, other] }
  - { to: robot:spare, roles: [other], expires: 2020-01-01 }
guardrails: { frozen: { deny: db/put, to: robot:bot } }
`;
    const gateway = await startRecorded(t, policy(''));
    const first = gateway.git('rev-parse', 'HEAD');
    const allowed = await gateway.call('db_get');
    const guarded = await gateway.call('db_put', '{}', 'bot');
    const expired = await gateway.call('db_put', '{}', 'spare');
    const ungranted = await gateway.call('db_put');
    const unknown = await gateway.call('elsewhere_get');
    const second = await gateway.enact(`# Two lines\n# more\n${policy(', when: args.table == "orders"')}`);
    const met = await gateway.call('db_get', '{"table":"orders"}');
    const unmet = await gateway.call('db_get', '{"table":"people"}');

    const told = await agreeing(gateway, allowed);
    assert.match(told, /recorded +allow, reader policies\/access\.yaml:10, OPS-1\n/);
    assert.match(told, new RegExp(`policy +${first.slice(0, 12)}, whose files have the recorded hash \\w{16}\n`));
    assert.match(told, /\nallow {2}user:ana@acme\.co in group:support -> db\/get\n/);
    assert.match(told, /role +reader, policies\/access\.yaml:10\n/);
    assert.match(
      await agreeing(gateway, met),
      new RegExp(`${second.slice(0, 12)}[\\s\\S]*reader, policies/access\\.yaml:12\n`),
    );
    assert.match(await agreeing(gateway, unmet), /args\.table == "orders" does not hold/);
    assert.match(await agreeing(gateway, guarded), /deny {2}robot:bot -> db\/put\n[\s\S]*guardrail frozen/);
    assert.match(await agreeing(gateway, expired), /dates +the grant ended/);
    assert.match(await agreeing(gateway, ungranted), /no grant allows it/);
    assert.match(await agreeing(gateway, unknown), /called +elsewhere_get at 2/);
  });

  it('says of masked arguments what depends on them, and decides where nothing does', async (t) => {
    const policy = `${role(`{ read: db/get, when: 'args.token == "a" || args.table == "orders"' }`)}${toAna}`;
    const gateway = await startRecorded(t, policy, { audit: 'redact' });
    const hidden = await gateway.call('db_get', '{"token":"b","table":"people"}');
    await gateway.enact(conditional);
    const known = await gateway.call('db_get', '{"token":"b","table":"people"}');
    const unfit = await gateway.call('db_get', '{"table":"orders","table":"orders"}');
    const { code, out } = await why(gateway, hidden);
    assert.match(out, /^cannot be decided again {2}[\s\S]*but +it depends on an argument that the record masks\n/);
    assert.equal(code, 2);
    await agreeing(gateway, known);
    await agreeing(gateway, unfit);
  });

  it('is loud when the record says something else', async (t) => {
    const gateway = await startRecorded(t, conditional, { audit: 'none' });
    const name = await gateway.call('db_get', '{"table":"people"}');
    assert.equal((await why(gateway, name)).code, 2);
    forge(gateway, '"why":"condition"', '"why":"no_grant"');
    const impossible = await why(gateway, name);
    assert.match(impossible.out, /^DISAGREES {2}[\s\S]*but +it does not decide so, whatever the arguments\. Run/);
    assert.equal(impossible.code, 1);
    forge(gateway, '"server":"db"', '"server":"dc"');
    assert.match((await why(gateway, name)).out, /^DISAGREES[\s\S]*it has no server dc/);
  });

  it('finds an altered caller, class and rule', async (t) => {
    const gateway = await startRecorded(t, open);
    const name = await gateway.call('db_get');
    for (const [from, to] of [
      ['"actor":"ana@acme.co"', '"actor":"bob@acme.co"'],
      ['"risk":"read"', '"risk":"write"'],
      ['access.yaml:10', 'access.yaml:11'],
    ] as const) {
      forge(gateway, from, to);
      const { code, out } = await why(gateway, name);
      assert.match(out, /^DISAGREES[\s\S]*decided {4}/, to);
      assert.equal(code, 1);
      forge(gateway, to, from);
    }
    await agreeing(gateway, name);
  });

  it('decides nothing when the files in force were not those of the commit, until told which were', async (t) => {
    const gateway = await startRecorded(t, conditional);
    await gateway.sneak(open);
    const name = await gateway.call('db_get');
    const { code, out, err } = await why(gateway, name);
    assert.match(err, /the files in force were not those of [0-9a-f]{40}: their hash is recorded as \w{16}/);
    assert.deepEqual([code, out], [2, '']);
    const commit = gateway.commit();
    assert.equal((await why(gateway, `${name} --commit HEAD`)).code, 0);
    assert.match((await why(gateway, `${name} --commit HEAD`)).out, new RegExp(commit.slice(0, 12)));
  });

  it('answers as its schema says, from another folder as well', async (t) => {
    const gateway = await startRecorded(t, conditional);
    const name = await gateway.call('db_get', '{"table":"people"}');
    const unknown = await gateway.call('nowhere');
    const read = (file: string) =>
      JSON.parse(readFileSync(new URL(`../../../schema/${file}`, import.meta.url), 'utf8'));
    const explained = 'explain-output.schema.json';
    const ajv = new Ajv({ strict: true, allowUnionTypes: true }).addSchema(read(explained), explained);
    const validate = ajv.compile(read('audit-why-output.schema.json'));
    for (const each of [name, unknown]) {
      const { out } = await elsewhere(gateway, `${each} --format json`);
      assert.equal(validate(JSON.parse(out)), true, JSON.stringify(validate.errors));
    }
    const { verdict, decided } = JSON.parse((await elsewhere(gateway, `${name} --format json`)).out);
    assert.deepEqual([verdict, decided.why], ['agrees', 'condition']);
  });

  it('says what a record is that holds no decision, and what it cannot find', async (t) => {
    const gateway = await startRecorded(t, open);
    const [writer] = (await gateway.call('db_get')).split(':');
    assert.match((await why(gateway, `${writer}:1`)).err, /:1 is gateway\.start\. There is no decision in it/);
    assert.match((await why(gateway, `${writer}:99`)).err, /has no record 99/);
    assert.match((await why(gateway, 'acme-00000000:1')).err, new RegExp(`of the writer acme-00000000: .*${writer}`));
    assert.match((await why(gateway, 'acme')).err, /expected one WRITER:SEQ .*, found acme/);
    assert.match((await why(gateway, `${writer}:1 --dir none`)).err, /there is no audit log in/);
    for (const file of filesIn(gateway.log)) appendFileSync(file, '{"v":1,"seq":50,"ts":');
    assert.match((await why(gateway, `${writer}:50`)).err, /jsonl:\d+ is no record: run gatehouse audit verify/);
  });
});

function elsewhere({ folder, log }: RecordedGateway, words: string): Promise<Said> {
  return gatehouse(`audit why ${words} --repo ${folder} --dir ${log}`, join(folder, '..'), {
    PATH: process.env['PATH'],
  });
}
