import { isIP } from 'node:net';
import { type ExportedRecord, microseconds, numberOf, rest, textOf } from './exported-record.ts';

/**
 * A record as an event of the Open Cybersecurity Schema Framework 1.2.0 (https://schema.ocsf.io/1.2.0): a refused
 * credential is Authentication (3002), a start or stop Application Lifecycle (6002), all else API Activity (6003).
 * What has no attribute there stands in `unmapped`, under its own name.
 */
export function toOcsf(record: ExportedRecord): Readonly<Record<string, unknown>> {
  const { class_uid, category_uid, activity_id, own, fields } = classOf(record);
  const status_id = statusOf(record);
  const [detail, code] = [firstIn(record, ['why', 'err']), firstIn(record, ['err_code', 'http'])];
  return {
    ...{ class_uid, category_uid, activity_id, type_uid: class_uid * 100 + activity_id },
    // What is Other is to be called by the source's own name.
    ...(activity_id === OTHER && { activity_name: record.ev }),
    severity_id: severityOf(record),
    time: Math.floor(microseconds(record) / 1000),
    ...(status_id !== null && { status_id }),
    ...(detail !== null && { status_detail: String(record[detail]) }),
    ...(code !== null && { status_code: String(record[code]) }),
    ...defined({ duration: rounded(numberOf(record, 'dur_ms')) }),
    metadata: metadataOf(record),
    ...own,
    unmapped: rest(record, new Set([...OF_ALL, ...fields, detail ?? '', code ?? ''])),
  };
}

/** The first of these fields that the record has. */
function firstIn(record: ExportedRecord, fields: readonly string[]): string | null {
  return fields.find((field) => record[field] !== undefined && record[field] !== null) ?? null;
}

/** Fields that have an attribute in every class, in those with a user, and in API Activity alone. */
const OF_ALL = ['v', 'seq', 'ts', 'ev', 'writer', 'trace', 'dur_ms'];
const OF_USER = ['actor', 'iss', 'email', 'groups', 'ip', 'client', 'agent'];
const OF_API = [...OF_USER, 'req', 'tool_as'];
const OTHER = 99;
const PRODUCT = { name: 'Gatehouse', vendor_name: 'Gatehouse' };
/** By the class of the tool; any other event is Other. */
const ACTIVITIES: Readonly<Record<string, number>> = { read: 2, write: 3, destructive: 4 };

interface OcsfClass {
  readonly class_uid: number;
  readonly category_uid: number;
  readonly activity_id: number;
  /** What this class alone has. */
  readonly own: Readonly<Record<string, unknown>>;
  /** The fields that stand in it. */
  readonly fields: readonly string[];
}

function classOf(record: ExportedRecord): OcsfClass {
  const { ev, writer } = record;
  if (ev === 'gateway.start' || ev === 'gateway.stop') {
    const own = { app: { ...PRODUCT, uid: writer } };
    return { class_uid: 6002, category_uid: 6, activity_id: ev === 'gateway.start' ? 3 : 4, own, fields: [] };
  }
  const agent = textOf(record, 'agent');
  const from = {
    src_endpoint: endpointOf(record),
    ...(agent !== undefined && { http_request: { user_agent: agent } }),
  };
  if (ev === 'auth.fail') {
    const own = { user: userOf(record), service: { name: writer }, ...from };
    return { class_uid: 3002, category_uid: 3, activity_id: 1, own, fields: OF_USER };
  }
  const own = { actor: { user: userOf(record) }, api: apiOf(record), ...from };
  return { class_uid: 6003, category_uid: 6, activity_id: activityOf(record), own, fields: OF_API };
}

function activityOf(record: ExportedRecord): number {
  if (record.ev === 'tool.list' || record.ev === 'audit.read') return 2;
  return record.ev.startsWith('tool.') ? (ACTIVITIES[textOf(record, 'risk') ?? ''] ?? 0) : OTHER;
}

function apiOf(record: ExportedRecord): Readonly<Record<string, unknown>> {
  const [server, req] = [textOf(record, 'server'), textOf(record, 'req')];
  return {
    operation: textOf(record, 'tool_as') ?? textOf(record, 'tool') ?? textOf(record, 'method') ?? record.ev,
    ...(server !== undefined && { service: { name: server } }),
    ...(req !== undefined && { request: { uid: req } }),
  };
}

/** 1 user, 3 system; 1.2 has no type for services yet. */
const USER_TYPES: Readonly<Record<string, number>> = { human: 1, system: 3, robot: OTHER };

function userOf(record: ExportedRecord): Readonly<Record<string, unknown>> {
  const actor = textOf(record, 'actor') ?? textOf(record, 'actor_type') ?? 'unknown';
  const email = textOf(record, 'email');
  const groups = Array.isArray(record['groups']) ? record['groups'].map((name) => ({ name })) : [];
  const type = textOf(record, 'actor_type') ?? '';
  const type_id = USER_TYPES[type] ?? 0;
  return {
    ...{ name: actor, uid: actor, type_id },
    ...(type_id === OTHER && { type }),
    ...(email !== undefined && email !== '' && { email_addr: email }),
    ...(groups.length > 0 && { groups }),
    ...defined({ domain: textOf(record, 'iss') }),
  };
}

/** Without an address, such as for the gateway's own events: whoever spoke. */
function endpointOf(record: ExportedRecord): Readonly<Record<string, unknown>> {
  const ip = textOf(record, 'ip') ?? '';
  return { ...(isIP(ip) !== 0 && { ip }), name: textOf(record, 'client') ?? record.writer };
}

/** 0 unknown, 1 success, 2 failure; null of what has no outcome. */
function statusOf({ ev, outcome }: ExportedRecord): number | null {
  if (ev === 'auth.fail' || ev === 'config.reject' || ev === 'cred.use_fail' || ev === 'upstream.error') return 2;
  if (outcome === undefined) return null;
  if (outcome === 'ok') return 1;
  return outcome === 'unknown' ? 0 : 2;
}

const GRAVE: ReadonlySet<string> = new Set(['audit.gap', 'audit.full']);
const NOTABLE: ReadonlySet<string> = new Set(['auth.fail', 'config.reject', 'tool.drift', 'audit.retention']);

/** 1 informational, 3 medium, 4 high. */
function severityOf({ ev, outcome }: ExportedRecord): number {
  if (GRAVE.has(ev)) return 4;
  return NOTABLE.has(ev) || outcome === 'denied' ? 3 : 1;
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
