import { type ExportedRecord, microseconds, textOf } from './exported-record.ts';

/**
 * A record as OpenTelemetry logs in the JSON encoding of OTLP: each line is a whole `LogsData`, as the collector's
 * `otlpjsonfile` receiver reads it. Every field is an attribute `gatehouse.FIELD`; some have their name from the
 * semantic conventions as well.
 */
export function toOtel(record: ExportedRecord): Readonly<Record<string, unknown>> {
  const { writer, ev } = record;
  const time = `${microseconds(record)}000`;
  const severity = severityOf(record);
  const trace = textOf(record, 'trace');
  const logRecord = {
    ...{ timeUnixNano: time, observedTimeUnixNano: time, eventName: `gatehouse.${ev}` },
    ...{ severityNumber: severity, severityText: SEVERITIES[severity] },
    body: { stringValue: sentence(record) },
    attributes: [...conventional(record), ...own(record)],
    ...(trace !== undefined && TRACE_ID.test(trace) && { traceId: trace }),
  };
  const resource = [attribute('service.name', 'gatehouse'), attribute('service.instance.id', writer)].flat();
  return {
    resourceLogs: [
      {
        resource: { attributes: resource },
        scopeLogs: [{ scope: { name: 'gatehouse.audit' }, logRecords: [logRecord] }],
      },
    ],
  };
}

/** W3C Trace Context: not all zero. */
const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/;

/** SeverityNumber of the log data model. */
type Severity = 9 | 13 | 17;
const SEVERITIES: Readonly<Record<Severity, string>> = { 9: 'INFO', 13: 'WARN', 17: 'ERROR' };
const WARNINGS: ReadonlySet<unknown> = new Set(['auth.fail', 'config.reject', 'tool.drift', 'denied', 'cancelled']);
const ERRORS: ReadonlySet<unknown> = new Set([
  'audit.gap',
  'audit.full',
  'upstream.error',
  'upstream_error',
  'timeout',
]);

function severityOf({ ev, outcome }: ExportedRecord): Severity {
  if (ERRORS.has(ev) || ERRORS.has(outcome)) return 17;
  return WARNINGS.has(ev) || WARNINGS.has(outcome) ? 13 : 9;
}

/** `tool.call github/create denied`. */
function sentence(record: ExportedRecord): string {
  const target = [textOf(record, 'server'), textOf(record, 'tool')].filter((part) => part !== undefined).join('/');
  return [record.ev, target, textOf(record, 'outcome') ?? ''].filter((part) => part !== '').join(' ');
}

const CONVENTIONAL: Readonly<Record<string, string>> = {
  actor: 'user.id',
  email: 'user.email',
  ip: 'client.address',
  agent: 'user_agent.original',
  method: 'mcp.method.name',
  proto: 'mcp.protocol.version',
  req: 'jsonrpc.request.id',
  tool: 'gen_ai.tool.name',
  http: 'http.response.status_code',
};

function conventional(record: ExportedRecord): KeyValue[] {
  const code = record['err_code'];
  return [
    ...attribute('log.record.uid', `${record.writer}:${record.seq}`),
    ...Object.entries(CONVENTIONAL).flatMap(([field, name]) => attribute(name, record[field])),
    // There a text, since codes of other protocols are words.
    ...attribute('rpc.response.status_code', code === undefined ? code : String(code)),
  ];
}

function own(record: ExportedRecord): KeyValue[] {
  return Object.entries(record).flatMap(([field, value]) => attribute(`gatehouse.${field}`, value));
}

interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

type AnyValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  /** 64-bit integers are texts in the JSON of protocol buffers. */
  | { readonly intValue: string }
  | { readonly doubleValue: number }
  | { readonly arrayValue: { readonly values: readonly AnyValue[] } };

/** None for what is absent or null. */
function attribute(key: string, value: unknown): KeyValue[] {
  return value === undefined || value === null ? [] : [{ key, value: anyValue(value) }];
}

function anyValue(value: unknown): AnyValue {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number')
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  const isList = Array.isArray(value) && value.every((entry) => typeof entry === 'string');
  if (isList) return { arrayValue: { values: value.map((entry) => ({ stringValue: entry })) } };
  return { stringValue: JSON.stringify(value) };
}
