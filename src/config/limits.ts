import type { Limits } from './configuration.ts';

/** One row of the `limits` block. */
export interface LimitRow {
  /** Name in YAML. */
  readonly yaml: string;
  readonly default: number;
  readonly min: number;
  readonly max: number;
  /** What is bounded, its unit, and what happens at the bound; the schema's hover text. */
  readonly meaning: string;
}

const KiB = 1024;
const MiB = 1024 * KiB;
const minute = 60_000;

/** Every bound by its name in `Limits`. `schema/gateway.schema.json` repeats it for editors; a test compares the two. */
export const limitTable: Readonly<Record<keyof Limits, LimitRow>> = {
  bodyBytesMax: {
    yaml: 'body_bytes_max',
    default: MiB,
    min: KiB,
    max: 64 * MiB,
    meaning: 'Bytes of one request body; a larger one is answered with 413.',
  },
  jsonDepthMax: {
    yaml: 'json_depth_max',
    default: 64,
    min: 8,
    max: 512,
    meaning: 'Levels of nesting in a JSON message, from clients and from servers; a deeper one is refused.',
  },
  resultBytesMax: {
    yaml: 'result_bytes_max',
    default: 16 * MiB,
    min: KiB,
    max: 256 * MiB,
    meaning: 'Bytes of one answer from a server; a larger one becomes an error.',
  },
  connectionsMax: {
    yaml: 'connections_max',
    default: 10_000,
    min: 1,
    max: 1_000_000,
    meaning: 'Open client connections; further ones are closed at once. A change needs a restart.',
  },
  callsPerPrincipalMax: {
    yaml: 'calls_per_principal_max',
    default: 256,
    min: 1,
    max: 100_000,
    meaning: 'Requests one person or robot may have in flight; further ones are answered with 429.',
  },
  sessionsMax: {
    yaml: 'sessions_max',
    default: 10_000,
    min: 1,
    max: 1_000_000,
    meaning: 'Legacy sessions in all; the longest idle one makes room for a new one.',
  },
  sessionsPerPrincipalMax: {
    yaml: 'sessions_per_principal_max',
    default: 100,
    min: 1,
    max: 100_000,
    meaning: 'Legacy sessions of one person or robot; the longest idle one makes room for a new one.',
  },
  sessionIdleMs: {
    yaml: 'session_idle_ms',
    default: 30 * minute,
    min: 1_000,
    max: 24 * 60 * minute,
    meaning: 'Milliseconds without a request after which a legacy session ends.',
  },
  streamsPerPrincipalMax: {
    yaml: 'streams_per_principal_max',
    default: 64,
    min: 1,
    max: 10_000,
    meaning: 'Open event streams of one person or robot; further ones are answered with 429.',
  },
  streamBufferBytesMax: {
    yaml: 'stream_buffer_bytes_max',
    default: MiB,
    min: 4 * KiB,
    max: 64 * MiB,
    meaning: 'Bytes waiting for a client that does not read its stream; beyond them the stream is closed.',
  },
  toolsPerServerMax: {
    yaml: 'tools_per_server_max',
    default: 1_000,
    min: 1,
    max: 100_000,
    meaning: 'Tools taken from one server; the rest are left out and logged.',
  },
  listPagesMax: {
    yaml: 'list_pages_max',
    default: 100,
    min: 1,
    max: 10_000,
    meaning: "Pages asked of one server's tool list; a longer one counts as no answer.",
  },
  listPageTools: {
    yaml: 'list_page_tools',
    default: 500,
    min: 1,
    max: 10_000,
    meaning: "Tools on one page of the gateway's own list.",
  },
  listTtlMs: {
    yaml: 'list_ttl_ms',
    default: minute,
    min: 1_000,
    max: 24 * 60 * minute,
    meaning: "Milliseconds a server's tool list is kept before it is asked for again.",
  },
  discoveryWaitMs: {
    yaml: 'discovery_wait_ms',
    default: 3_000,
    min: 0,
    max: minute,
    meaning: 'Milliseconds a list waits for servers that have not answered yet; then it goes without them.',
  },
  historyWaitMs: {
    yaml: 'history_wait_ms',
    default: 2_000,
    min: 0,
    max: minute,
    meaning:
      'Milliseconds the record of a start or reload waits for git; then it is made without who wrote the change.',
  },
  callsPerServerMax: {
    yaml: 'calls_per_server_max',
    default: 256,
    min: 1,
    max: 100_000,
    meaning: 'Requests in flight to one server; further ones are refused as overloaded.',
  },
  auditQueueMax: {
    yaml: 'audit_queue_max',
    default: 10_000,
    min: 1,
    max: 1_000_000,
    meaning: 'Audit records waiting for the disk; beyond them calls are refused. A change needs a restart.',
  },
  auditReserveBytes: {
    yaml: 'audit_reserve_bytes',
    default: 16 * MiB,
    min: 64 * KiB,
    max: 1024 * MiB,
    meaning: 'Bytes held in a file beside the log, given back when the disk is full. A change needs a restart.',
  },
  auditSpaceLowBytes: {
    yaml: 'audit_space_low_bytes',
    default: 1024 * MiB,
    min: MiB,
    max: 1024 * 1024 * MiB,
    meaning:
      "Free bytes on the log's disk below which the gateway warns and only counts failed authentications. A change needs a restart.",
  },
  auditSpaceScarceBytes: {
    yaml: 'audit_space_scarce_bytes',
    default: 256 * MiB,
    min: 0,
    max: 1024 * 1024 * MiB,
    meaning:
      "Free bytes on the log's disk below which tools that change or destroy something are refused. A change needs a restart.",
  },
  authFailuresPerSecondMax: {
    yaml: 'auth_failures_per_second_max',
    default: 10,
    min: 1,
    max: 10_000,
    meaning: 'Failed authentications written to the audit log each second; the rest are counted.',
  },
  drainMs: {
    yaml: 'drain_ms',
    default: 10_000,
    min: 0,
    max: 10 * minute,
    meaning: 'Milliseconds calls in flight may take to finish when the gateway stops.',
  },
};

/** The table with what the file says laid over the defaults. `said` has passed the schema. */
export function resolveLimits(said: Readonly<Record<string, number>>): Limits {
  const entries = Object.entries(limitTable).map(([key, row]) => [key, said[row.yaml] ?? row.default]);
  // The keys are those of the table, which the type of the table makes those of Limits.
  return Object.fromEntries(entries) as unknown as Limits;
}
