import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HealthReport } from '../../src/admin/health.ts';
import { createMetrics } from '../../src/admin/metrics.ts';
import { healthy } from './report.ts';

test('calls are counted and timed in seconds, by server and outcome', async () => {
  const metrics = createMetrics(() => healthy);
  metrics.call({ server: 'memory', outcome: 'ok', durationMs: 30, upstreamMs: 20 });
  metrics.call({ server: 'memory', outcome: 'ok', durationMs: 50, upstreamMs: 40 });
  metrics.call({ server: '', outcome: 'denied', durationMs: 1, upstreamMs: null });
  const text = await metrics.text();
  assert.match(text, /^gatehouse_calls_total\{server="memory",outcome="ok"\} 2$/m);
  assert.match(text, /^gatehouse_calls_total\{server="",outcome="denied"\} 1$/m);
  assert.match(text, /^gatehouse_call_duration_seconds_sum\{server="memory"\} 0.08$/m);
  assert.match(text, /^gatehouse_call_duration_seconds_bucket\{le="0.05",server="memory"\} 2$/m);
  assert.match(text, /^gatehouse_upstream_duration_seconds_count\{server="memory"\} 2$/m);
  assert.doesNotMatch(text, /^gatehouse_upstream_duration_seconds_count\{server=""\}/m);
});

test('refused credentials, reloads and audit batches are counted', async () => {
  const metrics = createMetrics(() => healthy);
  metrics.authFailure('expired');
  metrics.reload('refused');
  const text = await metrics.text();
  assert.match(text, /^gatehouse_auth_failures_total\{reason="expired"\} 1$/m);
  assert.match(text, /^gatehouse_config_reloads_total\{outcome="applied"\} 0$/m);
  assert.match(text, /^gatehouse_config_reloads_total\{outcome="refused"\} 1$/m);
});

test('a scrape shows the state of that moment', async () => {
  let report: HealthReport = healthy;
  const metrics = createMetrics(() => report);
  const before = await metrics.text();
  assert.match(before, /^gatehouse_info\{version="0.1.0",config="00112233aabbccdd",git=""\} 1$/m);
  assert.match(before, /^gatehouse_config_generation 3$/m);
  assert.match(before, /^gatehouse_upstream_up\{server="memory"\} 1$/m);
  assert.match(before, /^gatehouse_upstream_tools\{server="memory"\} 9$/m);
  assert.match(before, /^gatehouse_audit_seq 41$/m);
  assert.match(before, /^gatehouse_audit_signed 40$/m);
  assert.match(before, /^gatehouse_sessions 2$/m);
  assert.match(before, /^process_cpu_seconds_total /m);

  report = { ...healthy, generation: 4, refused: 'bad', servers: [], audit: { ...healthy.audit, ok: false } };
  const after = await metrics.text();
  assert.match(after, /^gatehouse_config_generation 4$/m);
  assert.match(after, /^gatehouse_config_refused 1$/m);
  assert.match(after, /^gatehouse_audit_ok 0$/m);
  assert.doesNotMatch(after, /server="memory"/);
});
