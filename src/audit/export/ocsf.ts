import { type ExportedRecord, microseconds, numberOf, rest, textOf } from './exported-record.ts';

/**
 * A record as an event of the Open Cybersecurity Schema Framework 1.2.0 (https://schema.ocsf.io/1.2.0): a refused
 * credential is Authentication (3002), a start or stop Application Lifecycle (6002), all else API Activity (6003).
 * What has no attribute there stands in `unmapped`, under its own name.
 */
export function toOcsf(record: ExportedRecord): Readonly<Record<string, unknown>> {
  const { class_uid, category_uid, activity_id, own } = classOf(record);
  const status_id = statusOf(record);
  return {
    ...{ class_uid, category_uid, activity_id, type_uid: class_uid * 100 + activity_id },
    severity_id: severityOf(record),
    time: Math.floor(microseconds(record) / 1000),
    ...(status_id !== null && { status_id }),
    ...defined({ status_detail: textOf(record, 'why') ?? textOf(record, 'err'), status_code: codeOf(record) }),
    ...defined({ duration: rounded(numberOf(record, 'dur_ms')) }),
    metadata: metadataOf(record),
    ...own,
    unmapped: rest(record, MAPPED),
  };
}

const MAPPED: ReadonlySet<string> = new Set(
  'v seq ts ev writer actor iss email groups ip trace req agent client tool_as dur_ms err why err_code http'.split(' '),
);
const PRODUCT = { name: 'Gatehouse', vendor_name: 'Gatehouse' };
/** By the class of the tool; any other event is 99, Other. */
const ACTIVITIES: Readonly<Record<string, number>> = { read: 2, write: 3, destructive: 4 };

interface OcsfClass {
  readonly class_uid: number;
  readonly category_uid: number;
  readonly activity_id: number;
  /** What this class alone has. */
  readonly own: Readonly<Record<string, unknown>>;
}

function classOf(record: ExportedRecord): OcsfClass {
  const { ev, writer } = record;
  if (ev === 'auth.fail') {
    const own = { user: userOf(record), src_endpoint: endpointOf(record), service: { name: writer } };
    return { class_uid: 3002, category_uid: 3, activity_id: 1, own };
  }
  if (ev === 'gateway.start' || ev === 'gateway.stop') {
    const own = { app: { ...PRODUCT, uid: writer } };
    return { class_uid: 6002, category_uid: 6, activity_id: ev === 'gateway.start' ? 3 : 4, own };
  }
  const agent = textOf(record, 'agent');
  const own = {
    actor: { user: userOf(record) },
    api: apiOf(record),
    src_endpoint: endpointOf(record),
    ...(agent !== undefined && { http_request: { user_agent: agent } }),
  };
  return { class_uid: 6003, category_uid: 6, activity_id: activityOf(record), own };
}

function activityOf(record: ExportedRecord): number {
  if (record.ev === 'tool.list' || record.ev === 'audit.read') return 2;
  return record.ev.startsWith('tool.') ? (ACTIVITIES[textOf(record, 'risk') ?? ''] ?? 0) : 99;
}

function apiOf(record: ExportedRecord): Readonly<Record<string, unknown>> {
  const [server, req] = [textOf(record, 'server'), textOf(record, 'req')];
  return {
    operation: textOf(record, 'tool_as') ?? textOf(record, 'tool') ?? textOf(record, 'method') ?? record.ev,
    ...(server !== undefined && { service: { name: server } }),
    ...(req !== undefined && { request: { uid: req } }),
  };
}

/** 1 user, 3 system, 4 service. */
const USER_TYPES: Readonly<Record<string, number>> = { human: 1, system: 3, robot: 4 };

function userOf(record: ExportedRecord): Readonly<Record<string, unknown>> {
  const actor = textOf(record, 'actor') ?? textOf(record, 'actor_type') ?? 'unknown';
  const email = textOf(record, 'email');
  const groups = Array.isArray(record['groups']) ? record['groups'].map((name) => ({ name })) : [];
  return {
    ...{ name: actor, uid: actor, type_id: USER_TYPES[textOf(record, 'actor_type') ?? ''] ?? 0 },
    ...(email !== undefined && email !== '' && { email_addr: email }),
    ...(groups.length > 0 && { groups }),
    ...defined({ domain: textOf(record, 'iss') }),
  };
}

/** Without an address, such as for the gateway's own events: whoever spoke. */
function endpointOf(record: ExportedRecord): Readonly<Record<string, unknown>> {
  return { ...defined({ ip: textOf(record, 'ip') }), name: textOf(record, 'client') ?? record.writer };
}

/** 1 success, 2 failure, 99 other; null of what has no outcome. */
function statusOf({ ev, outcome }: ExportedRecord): number | null {
  if (ev === 'auth.fail' || ev === 'config.reject' || ev === 'cred.use_fail' || ev === 'upstream.error') return 2;
  if (outcome === undefined) return null;
  if (outcome === 'ok') return 1;
  return outcome === 'unknown' ? 99 : 2;
}

const GRAVE: ReadonlySet<string> = new Set(['audit.gap', 'audit.full']);
const NOTABLE: ReadonlySet<string> = new Set(['auth.fail', 'config.reject', 'tool.drift', 'audit.retention']);

/** 1 informational, 3 medium, 4 high. */
function severityOf({ ev, outcome }: ExportedRecord): number {
  if (GRAVE.has(ev)) return 4;
  return NOTABLE.has(ev) || outcome === 'denied' ? 3 : 1;
}

function codeOf(record: ExportedRecord): string | undefined {
  const code = numberOf(record, 'err_code') ?? numberOf(record, 'http');
  return code === undefined ? undefined : String(code);
}

function metadataOf(record: ExportedRecord): Readonly<Record<string, unknown>> {
  const { writer, seq, ev, ts } = record;
  return {
    ...{ version: '1.2.0', product: PRODUCT, log_name: 'gatehouse.audit', event_code: ev },
    ...{ uid: `${writer}:${seq}`, sequence: seq, original_time: ts },
    ...defined({ correlation_uid: textOf(record, 'trace') }),
  };
}

function rounded(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value);
}

function defined(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
