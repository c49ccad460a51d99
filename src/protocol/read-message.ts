import type { JsonMember, JsonValue, Scan } from './json.ts';
import { member, textOf } from './members.ts';
import type { Malformed, Message } from './message.ts';
import { scanJson } from './scan.ts';

export interface ReadOptions {
  /** Containers nested deeper than this are refused. */
  readonly depthMax: number;
  /** Refuse an object that names a key twice, at any depth. */
  readonly uniqueKeys: boolean;
}

/** The longest `id`, in bytes as written. */
const idBytesMax = 256;

/** The longest `method`, in bytes as written. */
const methodBytesMax = 128;

/** Deep enough to record the members of `params._meta` and `params.arguments`, and of a result's `_meta`. */
const membersDepth = 3;

/**
 * Reads exactly one JSON-RPC 2.0 message of MCP, which is stricter than JSON-RPC: no batch, ids are strings or
 * integers, `params` and `result` are objects.
 */
export function readMessage(bytes: Buffer, options: ReadOptions): Message | Malformed {
  const scan = scanJson(bytes, { depthMax: options.depthMax, uniqueKeys: options.uniqueKeys, membersDepth });
  if (!scan.ok) return unreadable(scan);
  const { root } = scan;
  if (root.kind === 'array') return invalid('Batches are not supported: send one message per request.', null);
  if (root.members === null) return invalid('A message must be a JSON object.', null);
  const envelope = openEnvelope(bytes, root.members);
  if (!envelope.versioned) return invalid('jsonrpc must be "2.0".', envelope);
  return envelope.method === null ? readResponse(envelope) : readCall(envelope, envelope.method);
}

interface Envelope {
  readonly bytes: Buffer;
  versioned: boolean;
  /** Raw; undefined when absent, null when illegal. */
  id: string | null | undefined;
  method: JsonValue | null;
  params: JsonValue | null;
  result: JsonValue | null;
  error: JsonValue | null;
}

/** Members of other names are ignored, as JSON-RPC leaves them undefined. */
function openEnvelope(bytes: Buffer, members: readonly JsonMember[]): Envelope {
  const envelope: Envelope = {
    bytes,
    versioned: false,
    id: undefined,
    method: null,
    params: null,
    result: null,
    error: null,
  };
  for (const { key, value } of members) {
    if (key === 'jsonrpc') envelope.versioned = value.kind === 'string' && textOf(bytes, value) === '2.0';
    else if (key === 'id') envelope.id = readId(bytes, value);
    else if (key === 'method' || key === 'params' || key === 'result' || key === 'error') envelope[key] = value;
  }
  return envelope;
}

function readCall(envelope: Envelope, method: JsonValue): Message | Malformed {
  const { bytes, id, params } = envelope;
  if (id === null) return invalid('id must be a string or an integer.', envelope);
  if (envelope.result !== null || envelope.error !== null) {
    return invalid('A message with a method has neither result nor error.', envelope);
  }
  if (method.kind !== 'string') return invalid('method must be a string.', envelope);
  const methodBytes = method.end - method.start - 2;
  if (methodBytes === 0 || methodBytes > methodBytesMax) {
    return invalid(`method must have 1 to ${methodBytesMax} bytes.`, envelope);
  }
  if (params !== null && params.kind !== 'object') return invalid('params must be an object.', envelope);
  const call = { bytes, method: textOf(bytes, method), params, meta: member(params, '_meta')?.members ?? [] };
  return id === undefined ? { kind: 'notification', ...call } : { kind: 'request', id, ...call };
}

function readResponse(envelope: Envelope): Message | Malformed {
  const { bytes, id, result, error } = envelope;
  if (result !== null && error !== null) return invalid('A response has only one of result and error.', envelope);
  if (result !== null) {
    if (typeof id !== 'string') return invalid('A result needs the id of its request.', envelope);
    if (result.kind !== 'object') return invalid('result must be an object.', envelope);
    return { kind: 'response', bytes, id, outcome: 'result', value: result };
  }
  if (error === null) return invalid('A message has a method, a result or an error.', envelope);
  if (!isError(bytes, error)) return invalid('error must have an integer code and a message.', envelope);
  return { kind: 'response', bytes, id: id ?? 'null', outcome: 'error', value: error };
}

function isError(bytes: Buffer, error: JsonValue): boolean {
  const code = member(error, 'code');
  return code !== null && isInteger(bytes, code) && member(error, 'message')?.kind === 'string';
}

function readId(bytes: Buffer, value: JsonValue): string | null {
  if (value.end - value.start > idBytesMax + 2) return null;
  const legal = value.kind === 'string' || isInteger(bytes, value);
  return legal ? bytes.toString('utf8', value.start, value.end) : null;
}

/** As JSON writes it plainly: `1.0` and `1e3` are refused, since peers disagree on whether they are integers. */
function isInteger(bytes: Buffer, { kind, start, end }: JsonValue): boolean {
  if (kind !== 'number') return false;
  for (let at = start + 1; at < end; at++) if (!isDigit(bytes[at])) return false;
  return true;
}

function isDigit(byte = 0): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function unreadable(scan: Extract<Scan, { ok: false }>): Malformed {
  const syntax = scan.reason === 'syntax' || scan.reason === 'encoding';
  return { kind: 'malformed', code: syntax ? -32700 : -32600, message: scan.message, id: 'null' };
}

function invalid(message: string, envelope: Envelope | null): Malformed {
  return { kind: 'malformed', code: -32600, message, id: envelope?.id ?? 'null' };
}
