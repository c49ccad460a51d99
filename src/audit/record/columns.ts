import type { ContentMode } from '../../config/audit-settings.ts';
import type { AuditEvent } from './event.ts';

/** What a field holds: decides how it is written, read by SQL and described in the schema. */
export type ColumnKind = 'text' | 'list' | 'integer' | 'number' | 'time' | 'json';

export interface Column {
  readonly kind: ColumnKind;
  /** The longest text kept, in UTF-16 units; of each entry in a list. Absent: the writer makes the value itself. */
  readonly max?: number;
  /** Every value the field can have, when it is a closed set. */
  readonly values?: readonly string[];
  /** One sentence for `audit/record.md` and the schema. */
  readonly about: string;
}

/** Fields the writer adds; all others come from the event. */
type WriterField =
  | 'v'
  | 'seq'
  | 'ts'
  | 'writer'
  | 'args_mode'
  | 'args_n'
  | 'args_bytes'
  | 'args_red'
  | 'res_mode'
  | 'res_bytes'
  | 'res_mac'
  | 'res_red'
  | 'prev';
export type ColumnName = Exclude<keyof AuditEvent, 'at' | 'redaction'> | WriterField;

/** Makes a missing or an extra word a type error: the compiler compares the list with the union it repeats. */
type Words<T extends string | undefined> = { readonly [K in Exclude<T, undefined>]: true };
const words = <T extends string | undefined>(all: Words<T>): readonly string[] => Object.keys(all);

const EVENTS: readonly string[] = words<AuditEvent['ev']>({
  'tool.call': true,
  'tool.attempt': true,
  'tool.list': true,
  'auth.ok': true,
  'auth.fail': true,
  'config.reload': true,
  'config.reject': true,
  'gateway.start': true,
  'gateway.stop': true,
  'upstream.error': true,
  'cred.use_fail': true,
  'tool.drift': true,
  'audit.rotate': true,
  'audit.read': true,
  'audit.seal': true,
  'audit.archive': true,
  'audit.retention': true,
  'audit.hold': true,
  'audit.erase': true,
  'audit.review': true,
  'admin.cli': true,
  'audit.recover': true,
  'audit.gap': true,
  'audit.full': true,
});
const OUTCOMES: readonly string[] = words<AuditEvent['outcome']>({
  ok: true,
  tool_error: true,
  denied: true,
  upstream_error: true,
  timeout: true,
  cancelled: true,
  unknown: true,
});
const ACTORS: readonly string[] = words<AuditEvent['actor_type']>({
  human: true,
  robot: true,
  system: true,
  anonymous: true,
});
const RISKS: readonly string[] = words<AuditEvent['risk']>({ read: true, write: true, destructive: true });
const DECISIONS: readonly string[] = words<AuditEvent['decision']>({ allow: true, deny: true });

const MODES: readonly string[] = words<ContentMode>({ none: true, hash: true, redact: true, full: true });
/** The longest JSON pointer kept, in UTF-16 units. */
const POINTER_MAX = 64;

/**
 * The record, field by field, in the order of the line. The writer, the SQL views, `schema/audit-record.schema.json`
 * and `audit/record.md` all follow this one table.
 */
export const COLUMNS: { readonly [K in ColumnName]: Column } = {
  v: { kind: 'integer', about: 'Version of this shape: 1.' },
  seq: { kind: 'integer', about: 'Counts from 1 within a writer, without gaps, across its files.' },
  ts: { kind: 'time', about: 'When it happened, UTC, `YYYY-MM-DDTHH:MM:SS.ffffffZ`; for a call, when it arrived.' },
  ev: { kind: 'text', max: 24, values: EVENTS, about: 'What happened.' },
  writer: {
    kind: 'text',
    about: 'Who wrote it: gateway name and 8 hex digits of this start; the file name begins with it.',
  },
  actor: { kind: 'text', max: 128, about: "The verified subject: a token's user, a robot's name." },
  actor_type: { kind: 'text', max: 16, values: ACTORS, about: 'What the actor is.' },
  iss: { kind: 'text', max: 80, about: 'Who vouched for the actor: the issuer, `gatehouse` for keys, `local`.' },
  email: { kind: 'text', max: 128, about: 'E-mail address of the actor; empty for robots.' },
  groups: { kind: 'list', max: 64, about: 'Groups as evaluated; at most 64.' },
  auth: { kind: 'text', max: 16, about: 'How the actor was proved: jwt, robot-key, workload, local.' },
  tok: { kind: 'text', max: 16, about: "Traces one token or key: the key's id or a hash of the token's id." },
  client: { kind: 'text', max: 64, about: 'Client name, as the client says: untrusted.' },
  client_ver: { kind: 'text', max: 64, about: 'Client version, as the client says: untrusted.' },
  agent: { kind: 'text', max: 64, about: 'User-Agent header, as the client says: untrusted.' },
  ip: { kind: 'text', max: 45, about: 'Address of the peer, or what a trusted proxy says it is.' },
  trace: { kind: 'text', max: 32, about: 'Trace id from `traceparent`, as the client says.' },
  req: { kind: 'text', max: 64, about: 'JSON-RPC id of the request.' },
  flow: { kind: 'text', max: 16, about: 'Made by the gateway: joins the requests of one multi-round-trip call.' },
  method: { kind: 'text', max: 40, about: 'MCP method.' },
  proto: { kind: 'text', max: 16, about: 'Protocol version spoken with the client.' },
  server: { kind: 'text', max: 64, about: 'Registry name of the upstream server.' },
  tool: { kind: 'text', max: 128, about: "The tool's own name at that server." },
  tool_as: { kind: 'text', max: 128, about: 'The name the client called.' },
  tool_def: { kind: 'text', max: 16, about: "First 16 hex digits of a hash of the tool's definition." },
  risk: { kind: 'text', max: 16, values: RISKS, about: 'Class of the tool.' },
  decision: { kind: 'text', max: 8, values: DECISIONS, about: 'What the policy said.' },
  rule: { kind: 'text', max: 128, about: 'The rule that allowed: role and place.' },
  why: { kind: 'text', max: 64, about: 'Why it was refused.' },
  ticket: { kind: 'text', max: 96, about: 'Ticket of the grant that allowed.' },
  cfg: { kind: 'text', max: 16, about: 'Hash of the configuration in force.' },
  git: { kind: 'text', max: 40, about: 'Commit of the configuration in force.' },
  outcome: { kind: 'text', max: 16, values: OUTCOMES, about: 'How it ended; `tool_error` is a result with `isError`.' },
  err: { kind: 'text', max: 256, about: 'What went wrong, in words.' },
  err_code: { kind: 'integer', about: 'JSON-RPC error code answered.' },
  http: { kind: 'integer', about: 'HTTP status answered.' },
  dur_ms: { kind: 'number', about: 'From arrival to answer, in milliseconds.' },
  up_ms: { kind: 'number', about: 'Of that, waiting for the upstream, in milliseconds.' },
  cred: { kind: 'text', max: 96, about: 'Id of the credential presented upstream, never the secret.' },
  of: { kind: 'integer', about: 'Of an outcome: `seq` of its `tool.attempt`.' },
  of_writer: { kind: 'text', max: 64, about: 'Whose attempt that is, when another writer made it.' },
  label: { kind: 'text', max: 16, about: 'What the tool handles, as the configuration says: pii, phi, secret.' },
  args_n: { kind: 'integer', about: 'Number of arguments given.' },
  args_mode: { kind: 'text', values: MODES, about: 'What was kept of the arguments; see below.' },
  args_bytes: { kind: 'integer', about: 'Size of the arguments as they came, in bytes.' },
  args_mac: { kind: 'text', max: 32, about: 'HMAC of the arguments byte for byte as they came, under the key `kid`.' },
  args: { kind: 'json', about: "The call's arguments as `args_mode` says; at most 8 KiB, depth 32." },
  args_red: { kind: 'list', max: POINTER_MAX, about: 'JSON pointers to what was masked in them; at most 64.' },
  res_mode: { kind: 'text', values: MODES, about: 'What was kept of the result; see below.' },
  res_bytes: { kind: 'integer', about: 'Size of the result as it came, in bytes.' },
  res_mac: {
    kind: 'text',
    max: 32,
    about: 'HMAC of the result byte for byte as the server gave it, under the key `kid`.',
  },
  res: { kind: 'json', about: 'The result as `res_mode` says; at most 4 KiB, depth 32.' },
  res_red: { kind: 'list', max: POINTER_MAX, about: 'JSON pointers to what was masked in it; at most 64.' },
  kid: { kind: 'text', max: 16, about: 'Which key made the MACs of this record.' },
  detail: { kind: 'json', about: 'More, depending on `ev`; at most 4 KiB.' },
  prev: {
    kind: 'text',
    about: "SHA-256 (base64url) of the line before, without its line feed; of the writer's name for the first.",
  },
};
