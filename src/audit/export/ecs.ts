import { isIP } from 'node:net';
import { type ExportedRecord, numberOf, rest, textOf } from './exported-record.ts';

/**
 * A record as an event of the Elastic Common Schema 8.11. What has no field there stands under `gatehouse`; contents
 * whose shape differs from call to call are text, so that an index keeps one mapping.
 */
export function toEcs(record: ExportedRecord): Readonly<Record<string, unknown>> {
  const { ts, writer, seq, ev } = record;
  const ip = textOf(record, 'ip');
  const duration = numberOf(record, 'dur_ms');
  const [trace, agent, error] = [textOf(record, 'trace'), textOf(record, 'agent'), textOf(record, 'err')];
  const http = numberOf(record, 'http');
  const name = textOf(record, 'actor');
  return {
    '@timestamp': ts,
    ecs: { version: '8.11.0' },
    event: {
      ...{ kind: 'event', ...categoryOf(record), action: ev, dataset: 'gatehouse.audit', module: 'gatehouse' },
      ...{ id: `${writer}:${seq}`, sequence: seq, outcome: outcomeOf(record) },
      ...(duration !== undefined && { duration: Math.round(duration * 1e6) }),
      ...(textOf(record, 'why') !== undefined && { reason: record['why'] }),
    },
    observer: { vendor: 'Gatehouse', product: 'Gatehouse', type: 'proxy', name: writer },
    ...(name !== undefined && { related: { user: [name] } }),
    ...userOf(record),
    ...(ip !== undefined && isIP(ip) !== 0 && { source: { ip, address: ip } }),
    ...(trace !== undefined && { trace: { id: trace } }),
    ...(agent !== undefined && { user_agent: { original: agent } }),
    ...(http !== undefined && { http: { response: { status_code: http } } }),
    ...(error !== undefined && { error: { message: error } }),
    ...(textOf(record, 'rule') !== undefined && { rule: { name: record['rule'] } }),
    gatehouse: asText(rest(record, MAPPED)),
  };
}

const MAPPED: ReadonlySet<string> = new Set(
  'ts seq ev writer actor email ip trace agent http err rule why dur_ms'.split(' '),
);

interface Category {
  readonly category: readonly string[];
  readonly type: readonly string[];
}

function categoryOf({ ev, decision, outcome }: ExportedRecord): Category {
  if (ev === 'auth.fail') return { category: ['authentication'], type: ['start'] };
  if (ev === 'gateway.start') return { category: ['process'], type: ['start'] };
  if (ev === 'gateway.stop') return { category: ['process'], type: ['end'] };
  if (ev.startsWith('config.') || ev === 'audit.hold') return { category: ['configuration'], type: ['change'] };
  if (ev.startsWith('audit.') || ev === 'upstream.error' || ev === 'tool.drift')
    return { category: ['configuration'], type: ['info'] };
  const denied = decision === 'deny' || outcome === 'denied';
  if (ev === 'cred.use_fail') return { category: ['api'], type: ['access'] };
  return { category: ['api'], type: ['access', denied ? 'denied' : 'allowed'] };
}

const FAILED: ReadonlySet<string> = new Set(['auth.fail', 'config.reject', 'cred.use_fail', 'upstream.error']);

function outcomeOf({ ev, outcome }: ExportedRecord): 'success' | 'failure' | 'unknown' {
  if (FAILED.has(ev)) return 'failure';
  if (outcome === undefined || outcome === 'unknown') return 'unknown';
  return outcome === 'ok' ? 'success' : 'failure';
}

/** The gateway's own events have none. */
function userOf(record: ExportedRecord): Readonly<Record<string, unknown>> {
  const [name, email = ''] = [textOf(record, 'actor'), textOf(record, 'email')];
  const user = { ...(name !== undefined && { id: name, name }), ...(email !== '' && { email }) };
  return Object.keys(user).length === 0 ? {} : { user };
}

function asText(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const contents = ['args', 'res', 'detail'];
  const entries = Object.entries(fields).map(([name, value]) => [
    name,
    contents.includes(name) ? JSON.stringify(value) : value,
  ]);
  return Object.fromEntries(entries);
}
