import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuditEvent } from '../../src/audit/record/event.ts';
import { createEncoder, sealLine } from '../../src/audit/record/record.ts';
import { createAuthFailures } from '../../src/endpoint/auth-failures.ts';
import { startTestGateway } from '../fixtures/gateway.ts';

const DAY_MS = 86_400_000;

test('a day of nothing but refused credentials takes a bounded number of bytes', async () => {
  const events: AuditEvent[] = [];
  const clock = { now: 0 };
  const record = createAuthFailures({
    record: async (event) => events.push(event),
    perSecondMax: () => 10,
    authFailed: () => undefined,
    now: () => clock.now,
  });
  const worst = '\u0001'.repeat(256);
  // One hundredth of a day, at a thousand a second.
  for (; clock.now < DAY_MS / 100; clock.now += 1)
    await record({ why: 'malformed', ip: '2001:db8::1', agent: worst, cfg: '0123456789abcdef' });
  const encode = createEncoder('acme-1a2b3c4d', { kid: '00000000', key: Buffer.alloc(32) });
  const bytes = events.reduce(
    (sum, event) => sum + sealLine(encode(event, new Date(0)), 1, 'x'.repeat(43)).length + 1,
    0,
  );
  assert(events.length <= (DAY_MS / 100_000) * 10, `${events.length}`);
  assert(bytes * 100 < 1024 ** 3, `${bytes * 100} bytes a day`);
});

test('below the low-water mark refused credentials are counted and not recorded', async (t) => {
  for (const [bytes, recorded] of [
    [1_048_576, 1],
    [1_099_511_627_776, 0],
  ] as const) {
    const gateway = await startTestGateway({
      servers: ' {}',
      policies: 'roles: {}',
      settings: `limits: { audit_space_low_bytes: ${bytes} }`,
    });
    t.after(() => gateway.close());
    const headers = { authorization: 'Bearer nonsense', 'content-type': 'application/json' };
    const { status } = await fetch(gateway.url, { method: 'POST', headers, body: '{}' });
    assert.equal(status, 401);
    const fails = (await gateway.records()).filter(({ ev }) => ev === 'auth.fail');
    assert.equal(fails.length, recorded);
    const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
    assert.match(metrics, /gatehouse_auth_failures_total\{reason="\w+"\} 1/);
  }
});
