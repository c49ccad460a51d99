import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { COLUMNS } from '../../../src/audit/record/columns.ts';
import type { AuditEvent, AuditEventName } from '../../../src/audit/record/event.ts';
import { gatehouse, type Said } from '../../cli/console.ts';
import { call, filesIn, folder, openLog, recordsIn } from '../log.ts';
import { compileSchema, ecsSchema, ocsfSchema, otelSchema } from './export-schemas.ts';

const OUTCOMES = COLUMNS.outcome.values ?? [];
const EVENTS = COLUMNS.ev.values ?? [];
const ACTORS = COLUMNS.actor_type.values ?? [];

/** Every event, every outcome, full and bare. */
async function everything(t: TestContext): Promise<string> {
  const dir = folder(t);
  const log = await openLog(t, dir);
  for (const ev of EVENTS) await log.record({ ev: ev as AuditEventName, actor_type: 'system', detail: { a: [1] } });
  for (const outcome of OUTCOMES) {
    const more = {
      outcome: outcome as NonNullable<AuditEvent['outcome']>,
      risk: 'write',
      actor_type: 'human',
    } as const;
    await log.record(call('create', { ...more, ...person }));
  }
  for (const actor_type of ACTORS)
    await log.record(call('create', { ...person, actor_type: actor_type as NonNullable<AuditEvent['actor_type']> }));
  for (const ev of ['auth.fail', 'gateway.start', 'tool.list'] as const) await log.record({ ev, ...person });
  await log.record({ ev: 'tool.call' });
  await log.close();
  return dir;
}

const person: Partial<AuditEvent> = {
  ...{ iss: 'https://idp', email: 'ana@acme.co', groups: ['staff'], client: 'claude-code', agent: 'a/1', ip: '::1' },
  ...{ trace: '0af7651916cd43dd8448eb211c80319c', req: '17', method: 'tools/call', server: 'github' },
  ...{ decision: 'deny', rule: 'everyday a.yaml:3', why: 'no_grant', err: 'e', err_code: -32603, http: 403 },
  ...{ dur_ms: 1.5, args: Buffer.from('{"a":"b"}') },
};

async function run(dir: string, args: string): Promise<Said> {
  return gatehouse(`audit export --dir ${dir} ${args}`, dir);
}

async function exported(dir: string, args: string): Promise<Record<string, unknown>[]> {
  const { code, out, err } = await run(dir, args);
  assert.deepEqual([code, err], [0, '']);
  return out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

for (const [format, schema] of Object.entries({ ocsf: ocsfSchema, otel: otelSchema, ecs: ecsSchema })) {
  test(`every kind of record is a valid ${format} event, one a line`, async (t) => {
    const dir = await everything(t);
    const validate = compileSchema(schema);
    const events = await exported(dir, `--as ${format}`);
    assert.equal(events.length, recordsIn(dir).length);
    for (const event of events) assert(validate(event), `${JSON.stringify(event)}\n${JSON.stringify(validate.errors)}`);
  });
}

for (const format of ['ocsf', 'otel', 'ecs']) {
  test(`no text of a record is lost in ${format}`, async (t) => {
    const dir = await everything(t);
    const events = await exported(dir, `--as ${format}`);
    for (const [index, { ts: _ts, args: _args, detail: _detail, ...record }] of recordsIn(dir).entries()) {
      const texts = Object.values(record).filter((value) => typeof value === 'string' && value !== '');
      const event = JSON.stringify(events[index]);
      assert.deepEqual(
        texts.filter((value) => !event.includes(JSON.stringify(value).slice(1, -1))),
        [],
        event,
      );
    }
  });
}

test('a refused call says who, what and why in each of the three', async (t) => {
  const dir = folder(t);
  const log = await openLog(t, dir);
  await log.record(
    call('create', { ...person, at: new Date('2026-11-22T10:00:00.123Z'), outcome: 'denied', risk: 'write' }),
  );
  await log.close();
  const [record] = recordsIn(dir);
  const id = `${record?.['writer']}:1`;
  const [[ocsf] = [], [otel] = [], [ecs] = []] = await Promise.all(
    ['ocsf', 'otel', 'ecs'].map((as) => exported(dir, `--as ${as}`)),
  );
  const { metadata, actor, api, unmapped, ...activity } = Object(ocsf);
  assert.deepEqual(
    [activity.class_uid, activity.type_uid, activity.status_id, activity.status_detail, activity.time],
    [6003, 600303, 2, 'no_grant', Date.parse('2026-11-22T10:00:00.123Z')],
  );
  assert.deepEqual(
    [metadata.uid, actor.user.uid, api.service.name, api.operation],
    [id, 'ana@acme.co', 'github', 'create'],
  );
  assert.deepEqual([unmapped.outcome, unmapped.rule], ['denied', 'everyday a.yaml:3']);
  const [{ logRecords }] = Object(otel).resourceLogs[0].scopeLogs;
  const attributes = new Map(
    logRecords[0].attributes.map(({ key, value }: Record<string, object>) => [key, Object.values(value ?? {})[0]]),
  );
  assert.equal(logRecords[0].timeUnixNano, '1795341600123000000');
  assert.deepEqual(
    ['user.id', 'gen_ai.tool.name', 'gatehouse.why', 'gatehouse.seq'].map((key) => attributes.get(key)),
    ['ana@acme.co', 'create', 'no_grant', '1'],
  );
  const { event, user } = Object(ecs);
  assert.deepEqual(
    [event.id, event.outcome, event.type, event.reason],
    [id, 'failure', ['access', 'denied'], 'no_grant'],
  );
  assert.deepEqual([event.duration, user.name], [1_500_000, 'ana@acme.co']);
});

test('bounds and writers choose the records, and the files need not be open', async (t) => {
  const dir = await everything(t);
  assert.equal((await run(dir, '--as ecs --until 1h')).out, '');
  assert.equal((await exported(dir, '--as ecs --since 1h --writer acme')).length, recordsIn(dir).length);
  assert.equal((await run(dir, '--as ecs --writer other')).out, '');
  for (const args of ['', '--as csv', '--as ecs more', '--as ecs --since soon'])
    assert.equal((await run(dir, args)).code, 2, args);
  assert.match((await gatehouse(`audit export --as ecs --dir ${dir}/none`, dir)).err, /there is no audit log/);
});

test('lines that are no records are left out, told, and end it with 3', async (t) => {
  const dir = await everything(t);
  const [file = ''] = filesIn(dir);
  const records = recordsIn(dir).length;
  chmodSync(file, 0o640);
  appendFileSync(file, 'garbage\n');
  chmodSync(file, 0o440);
  const { code, out, err } = await run(dir, '--as ocsf');
  assert.deepEqual([code, out.trim().split('\n').length], [3, records]);
  assert.match(err, /left out 1 line of .*: unreadable \(run gatehouse audit verify\)/);
});

test('a line that has no end yet is told by a run that does not come back for it', async (t) => {
  const dir = await everything(t);
  const [file = ''] = filesIn(dir);
  chmodSync(file, 0o640);
  appendFileSync(file, '{"v":1,"seq":');
  const { code, err } = await run(dir, '--as ocsf');
  assert.deepEqual([code, /left out the last line of .*: it has no end yet/.test(err)], [0, true]);
});

test('a reader slower than the log keeps it waiting: memory stays bounded', async (t) => {
  const dir = folder(t);
  mkdirSync(join(dir, 'dt=2026-11-22'));
  const line = (seq: number) =>
    `{"v":1,"seq":${seq},"ts":"2026-11-22T10:00:00.000000Z","ev":"tool.call","writer":"acme-1a2b3c4d","err":"${'x'.repeat(200)}"}\n`;
  const lines = Array.from({ length: 150_000 }, (_, n) => line(n + 1)).join('');
  writeFileSync(join(dir, 'dt=2026-11-22', 'acme-1a2b3c4d-000001.jsonl'), lines);
  const program = join(import.meta.dirname, '../../../src/main.ts');
  const args = ['--max-old-space-size=64', '--import', 'tsx', program, 'audit', 'export', '--as', 'ecs', '--dir', dir];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await new Promise((resolve) => setTimeout(resolve, 1500));
  let count = 0;
  for await (const chunk of child.stdout) count += String(chunk).split('\n').length - 1;
  assert.deepEqual([await ended, count], [0, 150_000]);
});
