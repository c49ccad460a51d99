import assert from 'node:assert/strict';
import { appendFileSync, chmodSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { verify } from '../../../src/audit/integrity/verify.ts';
import type { AuditEvent, AuditLog } from '../../../src/audit/record/event.ts';
import { unfinishedCalls } from '../../../src/audit/write/unfinished.ts';
import { call, filesIn, folder, openLog, recordsIn } from '../log.ts';

function attempt(tool: string): AuditEvent {
  const more = { risk: 'destructive', server: 'crm', groups: ['dba'], args: Buffer.from('{"id":1}') } as const;
  return { ...call(tool, more), ev: 'tool.attempt' };
}

/** A gateway that was killed in the middle of two of three calls. */
async function killed(t: TestContext, dir: string): Promise<AuditLog> {
  const log = await openLog(t, dir);
  await log.record({ ev: 'gateway.start' });
  await log.record(attempt('open_1'));
  const of = await log.record(attempt('ended'));
  await log.record(attempt('open_2'));
  await log.record(call('ended', { of: of ?? 0 }));
  await log.close();
  return log;
}

test('the next start tells what became of calls that were under way: nobody knows', async (t) => {
  const dir = folder(t);
  await killed(t, dir);
  const [attempted, , second] = recordsIn(dir).slice(1);
  const next = await openLog(t, dir);
  await next.record({ ev: 'gateway.start' });
  const writer = attempted?.['writer'];
  const told = recordsIn(dir).filter((record) => record['writer'] !== writer);
  assert.deepEqual(
    told.map(({ ev, tool, outcome, of, of_writer }) => [ev, tool, outcome, of, of_writer]),
    [
      ['gateway.start', undefined, undefined, undefined, undefined],
      ['tool.call', 'open_1', 'unknown', attempted?.['seq'], writer],
      ['tool.call', 'open_2', 'unknown', second?.['seq'], writer],
    ],
  );
  const { actor, groups, risk, server, args_mac, kid, detail } = told[1] ?? {};
  assert.deepEqual([actor, groups, risk, server], ['ana@acme.co', ['dba'], 'destructive', 'crm']);
  assert.deepEqual([args_mac, kid], [attempted?.['args_mac'], attempted?.['kid']]);
  assert.deepEqual(detail, { attempted: attempted?.['ts'] });
  assert.deepEqual((await verify([dir])).problems, []);
});

test('it is told once, however often a gateway is killed after', async (t) => {
  const dir = folder(t);
  await killed(t, dir);
  for (let round = 0; round < 2; round += 1) {
    const log = await openLog(t, dir);
    await log.record({ ev: 'gateway.start' });
    await log.close();
  }
  assert.equal(recordsIn(dir).filter(({ outcome }) => outcome === 'unknown').length, 2);
});

test('nothing before a stop is read again, and nothing of another gateway', async (t) => {
  const dir = folder(t);
  await killed(t, dir);
  assert.equal((await unfinishedCalls(dir, 'acme')).length, 2);
  assert.deepEqual(await unfinishedCalls(dir, 'other'), []);
  const log = await openLog(t, dir);
  await log.record({ ev: 'gateway.stop' });
  await log.close();
  assert.deepEqual(await unfinishedCalls(dir, 'acme'), []);
});

test('a torn or edited line is passed over', async (t) => {
  const dir = folder(t);
  await killed(t, dir);
  const [file = ''] = filesIn(dir);
  chmodSync(file, 0o640);
  appendFileSync(
    file,
    '{"ev":"tool.attempt","seq":99,"actor":{"x":1},"groups":"y"}\n{"v":1,"seq":6,"ev":"tool.attempt"',
  );
  const found = await unfinishedCalls(dir, 'acme');
  assert.deepEqual(
    found.map(({ tool, of, actor, groups }) => [tool, of, actor, groups]),
    [
      ['open_1', 2, 'ana@acme.co', ['dba']],
      ['open_2', 4, 'ana@acme.co', ['dba']],
      [undefined, 99, undefined, undefined],
    ],
  );
});

test('of a chain of many days only the last two are read', async (t) => {
  const dir = folder(t);
  const clock = { now: new Date('2026-11-20T12:00:00Z') };
  const log = await openLog(t, dir, { now: () => clock.now });
  for (const day of ['2026-11-20', '2026-11-21', '2026-11-22']) {
    clock.now = new Date(`${day}T12:00:00Z`);
    await log.record(attempt(day));
  }
  await log.close();
  const found = await unfinishedCalls(dir, 'acme');
  assert.deepEqual(
    found.map(({ tool }) => tool),
    ['2026-11-21', '2026-11-22'],
  );
  const [first = ''] = filesIn(dir);
  renameSync(first, join(dirname(first), `x${basename(first)}`));
  assert.equal((await unfinishedCalls(dir, 'acme')).length, 2);
});
