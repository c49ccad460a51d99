import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { HealthReport } from './health.ts';

export interface Metrics {
  /** One tool call, however it ended. */
  call(call: MeasuredCall): void;
  /** One refused credential; `reason` is a word of a closed union, never something a caller sent. */
  authFailure(reason: string): void;
  /** One attempt to put changed files in force. */
  reload(outcome: 'applied' | 'refused'): void;
  /** Everything in the Prometheus text format. */
  text(): Promise<string>;
}

export interface MeasuredCall {
  /** A registered server, or empty when the name called belongs to none: the only label that grows, with the registry. */
  readonly server: string;
  readonly outcome: 'ok' | 'tool_error' | 'denied' | 'upstream_error' | 'timeout' | 'cancelled' | 'unknown';
  readonly durationMs: number;
  /** The upstream's part of it; null when it was not asked. */
  readonly upstreamMs: number | null;
}

const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Counts what is told and reads `health` at each scrape; people and tools are never labels. */
export function createMetrics(health: () => HealthReport): Metrics {
  const register = new Registry();
  collectDefaultMetrics({ register });
  observeHealth(register, health);
  const registers = [register];
  const calls = new Counter({
    name: 'gatehouse_calls_total',
    help: 'Tool calls by server and outcome.',
    labelNames: ['server', 'outcome'],
    registers,
  });
  const seconds = { labelNames: ['server'], buckets: secondsBuckets, registers };
  const callSeconds = new Histogram({
    ...seconds,
    name: 'gatehouse_call_duration_seconds',
    help: 'From the request read to the answer ready, its audit record included.',
  });
  const upstreamSeconds = new Histogram({
    ...seconds,
    name: 'gatehouse_upstream_duration_seconds',
    help: 'The part of a call spent waiting for the upstream server.',
  });
  const authFailures = new Counter({
    name: 'gatehouse_auth_failures_total',
    help: 'Refused credentials by reason.',
    labelNames: ['reason'],
    registers,
  });
  const reloads = new Counter({
    name: 'gatehouse_config_reloads_total',
    help: 'Changed files put in force (applied) or not (refused).',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of ['applied', 'refused']) reloads.inc({ outcome }, 0);
  return {
    call({ server, outcome, durationMs, upstreamMs }) {
      calls.inc({ server, outcome });
      callSeconds.observe({ server }, durationMs / 1000);
      if (upstreamMs !== null) upstreamSeconds.observe({ server }, upstreamMs / 1000);
    },
    authFailure: (reason) => authFailures.inc({ reason }),
    reload: (outcome) => reloads.inc({ outcome }),
    text: () => register.metrics(),
  };
}

interface Reading {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  readonly read: (
    report: HealthReport,
  ) => readonly { readonly labels?: Record<string, string>; readonly value: number }[];
}

const readings: readonly Reading[] = [
  {
    name: 'gatehouse_info',
    help: 'Always 1; the labels say what runs.',
    labels: ['version', 'config', 'git'],
    read: ({ version, config, git }) => [{ labels: { version, config, git: git ?? '' }, value: 1 }],
  },
  {
    name: 'gatehouse_config_generation',
    help: 'Configurations put in force since the start.',
    read: ({ generation }) => [{ value: generation }],
  },
  {
    name: 'gatehouse_config_refused',
    help: '1 while the files on disk are not in force because a reload was refused.',
    read: ({ refused }) => [{ value: refused === null ? 0 : 1 }],
  },
  {
    name: 'gatehouse_upstream_up',
    help: '1 when the upstream server answers, 0 when it does not or was never asked.',
    labels: ['server'],
    read: ({ servers }) =>
      servers.map(({ name, state }) => ({ labels: { server: name }, value: state === 'up' ? 1 : 0 })),
  },
  {
    name: 'gatehouse_upstream_tools',
    help: 'Tools of the upstream server that can be listed and called.',
    labels: ['server'],
    read: ({ servers }) => servers.map(({ name, tools }) => ({ labels: { server: name }, value: tools })),
  },
  {
    name: 'gatehouse_upstream_tools_unreviewed',
    help: 'Tools the upstream server offers otherwise than in the lock (changed) or that are not in it (unlisted).',
    labels: ['server', 'kind'],
    read: ({ servers }) =>
      servers.flatMap(({ name, drifted, unlisted }) => [
        { labels: { server: name, kind: 'changed' }, value: drifted },
        { labels: { server: name, kind: 'unlisted' }, value: unlisted },
      ]),
  },
  {
    name: 'gatehouse_audit_ok',
    help: '1 when the next audit record is expected to be kept; at 0 calls are refused, unless on_failure is allow.',
    read: ({ audit }) => [{ value: audit.ok ? 1 : 0 }],
  },
  {
    name: 'gatehouse_audit_lost',
    help: 'Audit records that could not be kept since the start.',
    read: ({ audit }) => [{ value: audit.lost }],
  },
  {
    name: 'gatehouse_audit_free_bytes',
    help: "Free bytes on the audit log's disk.",
    read: ({ audit }) => (audit.freeBytes === null ? [] : [{ value: audit.freeBytes }]),
  },
  {
    name: 'gatehouse_audit_seq',
    help: 'Sequence number of the last durable audit record.',
    read: ({ audit }) => [{ value: audit.seq }],
  },
  {
    name: 'gatehouse_audit_signed',
    help: 'Sequence number of the last audit record that a signed checkpoint covers.',
    read: ({ audit }) => [{ value: audit.signed }],
  },
  { name: 'gatehouse_sessions', help: 'Legacy sessions open.', read: ({ sessions }) => [{ value: sessions }] },
  { name: 'gatehouse_streams', help: 'Event streams open.', read: ({ streams }) => [{ value: streams }] },
];

/** Gauges hold nothing between scrapes, so a server that left the registry leaves the metrics too. */
function observeHealth(register: Registry, health: () => HealthReport): void {
  for (const { name, help, labels = [], read } of readings) {
    new Gauge({
      name,
      help,
      labelNames: labels,
      registers: [register],
      collect() {
        this.reset();
        for (const { labels = {}, value } of read(health())) this.set(labels, value);
      },
    });
  }
}
