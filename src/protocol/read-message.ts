import type { JsonValue, Scan } from './json.ts';
import { memberOf, rawOf, textOf } from './members.ts';
import type { Malformed, Message } from './message.ts';
import { scanJson } from './scan.ts';

export interface ReadOptions {
  /** Containers nested deeper than this are refused. */
  readonly depthMax: number;
  /** Refuse an object that names a key twice, at any depth. */
  readonly uniqueKeys: boolean;
}

/** The longest `id`, in bytes as written. */
export const idBytesMax = 256;

/** The longest `method`, in bytes as written. */
export const methodBytesMax = 128;

/** Deep enough to record the members of `params._meta` and `params.arguments`, and of a result's `_meta`. */
const membersDepth = 3;

/**
 * Reads exactly one JSON-RPC 2.0 message of MCP, which is stricter than JSON-RPC: no batch, ids are strings or
 * integers, `params` and `result` are objects.
 */
export function readMessage(bytes: Buffer, options: ReadOptions): Message | Malformed {
  const scan = scanJson(bytes, { ...options, membersDepth });
  if (!scan.ok) return unreadable(scan);
  const { root } = scan;
  if (root.kind === 'array') return invalid('Batches are not supported: send one message per request.', 'null');
  if (root.kind !== 'object') return invalid('A message must be a JSON object.', 'null');
  const id = readId(bytes, memberOf(root, 'id'));
  const rawId = id ?? 'null';
  const version = memberOf(root, 'jsonrpc');
  if (version?.kind !== 'string' || textOf(bytes, version) !== '2.0') return invalid('jsonrpc must be "2.0".', rawId);
  if (memberOf(root, 'method') !== null) return readCall({ bytes, root, id });
  return readResponse({ bytes, root, id });
}

/** `id` is raw, undefined when absent, null when it is not a legal one. */
interface Envelope {
  readonly bytes: Buffer;
  readonly root: JsonValue;
  readonly id: string | null | undefined;
}

function readCall({ bytes, root, id }: Envelope): Message | Malformed {
  const rawId = id ?? 'null';
  if (id === null) return invalid('id must be a string or an integer.', rawId);
  if (memberOf(root, 'result') !== null || memberOf(root, 'error') !== null) {
    return invalid('A message with a method has neither result nor error.', rawId);
  }
  const method = memberOf(root, 'method');
  if (method?.kind !== 'string') return invalid('method must be a string.', rawId);
  const methodBytes = method.end - method.start - 2;
  if (methodBytes === 0 || methodBytes > methodBytesMax) {
    return invalid(`method must have 1 to ${methodBytesMax} bytes.`, rawId);
  }
  const params = memberOf(root, 'params');
  if (params !== null && params.kind !== 'object') return invalid('params must be an object.', rawId);
  const call = { bytes, method: textOf(bytes, method), params, meta: memberOf(params, '_meta')?.members ?? [] };
  return id === undefined ? { kind: 'notification', ...call } : { kind: 'request', id, ...call };
}

function readResponse({ bytes, root, id }: Envelope): Message | Malformed {
  const rawId = id ?? 'null';
  const result = memberOf(root, 'result');
  const error = memberOf(root, 'error');
  if (result !== null && error !== null) return invalid('A response has only one of result and error.', rawId);
  if (result !== null) {
    if (typeof id !== 'string') return invalid('A result needs the id of its request.', rawId);
    if (result.kind !== 'object') return invalid('result must be an object.', rawId);
    return { kind: 'response', bytes, id, outcome: 'result', value: result };
  }
  if (error === null) return invalid('A message has a method, a result or an error.', rawId);
  if (!isError(bytes, error)) return invalid('error must have an integer code and a message.', rawId);
  return { kind: 'response', bytes, id: rawId, outcome: 'error', value: error };
}

function isError(bytes: Buffer, error: JsonValue): boolean {
  const code = memberOf(error, 'code');
  return code !== null && isInteger(bytes, code) && memberOf(error, 'message')?.kind === 'string';
}

function readId(bytes: Buffer, value: JsonValue | null): string | null | undefined {
  if (value === null) return undefined;
  if (value.end - value.start > idBytesMax + 2) return null;
  const legal = value.kind === 'string' || isInteger(bytes, value);
  return legal ? rawOf(bytes, value).toString() : null;
}

function isInteger(bytes: Buffer, value: JsonValue): boolean {
  return value.kind === 'number' && /^-?\d+$/.test(rawOf(bytes, value).toString('latin1'));
}

function unreadable(scan: Extract<Scan, { ok: false }>): Malformed {
  const syntax = scan.reason === 'syntax' || scan.reason === 'encoding';
  return { kind: 'malformed', code: syntax ? -32700 : -32600, message: scan.message, id: 'null' };
}

function invalid(message: string, id: string): Malformed {
  return { kind: 'malformed', code: -32600, message, id };
}
