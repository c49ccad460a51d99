import type { Unmet } from '../access/decision.ts';
import type { CallOutcome } from '../calls/outcome.ts';
import { type Era, metaKeys } from '../protocol/eras.ts';
import { type ErrorDetail, type ErrorEntry, errorResponse, errors } from '../protocol/errors.ts';
import type { JsonMember, JsonValue } from '../protocol/json.ts';
import { joinMembers, member, type RawMember, rawMembers, rawOf } from '../protocol/members.ts';

/** A JSON-RPC response and the HTTP status it has while nothing has been streamed yet. */
export interface Rendered {
  readonly status: number;
  readonly message: Buffer;
}

/** The one place that turns a call's outcome into the wire. `id` is raw; `era` is the client's. */
export function renderOutcome(outcome: CallOutcome, id: string, era: Era): Rendered {
  switch (outcome.kind) {
    case 'answered':
      return { status: 200, message: response(id, bridgeResult(outcome, era)) };
    case 'upstream-error':
      return renderUpstreamError(outcome, id, era);
    case 'upstream-failed':
      return renderError(errors.upstreamFailed, id, {
        message: `The tool's server did not answer (${outcome.reason}).`,
        data: Buffer.from(`{"reason":"${outcome.reason}"}`),
      });
    case 'denied': {
      const { unmet } = outcome.decision;
      if (unmet !== undefined) return { status: 200, message: response(id, refusal(unmet, era)) };
      // The same words as for a tool that is not there: the existence of one that may not be used is hidden.
      return renderError(errors.unknownTool, id);
    }
    case 'unknown-tool':
      return renderError(errors.unknownTool, id);
    case 'no-audit-space':
      return renderError(errors.upstreamFailed, id, {
        message: 'The audit log is short of room: tools that change something are refused until its disk has some.',
        data: Buffer.from('{"reason":"audit_space"}'),
      });
    case 'header-mismatch':
      return renderError(errors.headerMismatch, id, { message: outcome.detail });
    case 'fault':
      return renderError(errors.internal, id);
    default:
      return outcome satisfies never;
  }
}

/** A tool result, so that the model reads what its next call must be like; the caller sees this tool in its list. */
function refusal({ by, name, detail }: Unmet, era: Era): Buffer {
  const text = `Not allowed with these arguments (${by} ${name}): ${detail}.`;
  const result = { content: [{ type: 'text', text: text }], isError: true };
  return Buffer.from(JSON.stringify(era === 'modern' ? { resultType: 'complete', ...result } : result));
}

export function renderError(entry: ErrorEntry, id: string, detail?: ErrorDetail): Rendered {
  return { status: entry.status, message: errorResponse(id, entry, detail) };
}

/** A JSON-RPC success response around a raw result. */
export function response(id: string, result: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`{"jsonrpc":"2.0","id":${id},"result":`), result, Buffer.from('}')]);
}

/** Codes of the hop between the gateway and its upstream; they would mislead the client about its own request. */
const hopCodes = { first: -32099, last: -32020 };

/** Legacy for "not found"; MCP 2026-07-28 has given it up for invalid params. */
const legacyNotFound = -32002;

type UpstreamError = Extract<CallOutcome, { kind: 'upstream-error' }>;

function renderUpstreamError(error: UpstreamError, id: string, era: Era): Rendered {
  if (error.code >= hopCodes.first && error.code <= hopCodes.last) {
    const message = `The tool's server refused the request: ${error.message}`;
    return renderError(errors.upstreamFailed, id, { message, data: Buffer.from('{"reason":"bad_answer"}') });
  }
  const code = era === 'modern' && error.code === legacyNotFound ? errors.invalidParams.code : error.code;
  const body = [
    { key: 'code', value: Buffer.from(String(code)) },
    { key: 'message', value: Buffer.from(JSON.stringify(error.message)) },
    ...(error.data === null ? [] : [{ key: 'data', value: error.data }]),
  ];
  const message = [Buffer.from(`{"jsonrpc":"2.0","id":${id},"error":`), joinMembers(body), Buffer.from('}')];
  return { status: 200, message: Buffer.concat(message) };
}

type Answered = Extract<CallOutcome, { kind: 'answered' }>;

/** The result as the client's era has it: untouched within an era, else with the era's own fields added or dropped. */
function bridgeResult(answered: Answered, client: Era): Buffer {
  const { bytes, value, era: upstream, wrapsOutput } = answered;
  if (client === 'modern') return upstream === 'modern' ? rawOf(bytes, value) : toModern(rawOf(bytes, value), value);
  return upstream === 'modern' || wrapsOutput ? toLegacy(answered) : rawOf(bytes, value);
}

const resultType = Buffer.from('{"resultType":"complete"');

function toModern(raw: Buffer, value: JsonValue): Buffer {
  if (member(value, 'resultType') !== null) return raw;
  if (value.members?.length === 0) return Buffer.from(`${resultType}}`);
  return Buffer.concat([Buffer.from(`${resultType},`), raw.subarray(1)]);
}

/** Fields of the modern era that a legacy result must not grow (MCP 2026-07-28, basic/versioning). */
const modernOnly = new Set(['resultType', 'ttlMs', 'cacheScope']);

function toLegacy({ bytes, value, wrapsOutput }: Answered): Buffer {
  const members = (value.members ?? []).filter(({ key }) => !modernOnly.has(key));
  return joinMembers(members.flatMap((one) => legacyMember(bytes, one, wrapsOutput)));
}

function legacyMember(bytes: Buffer, { key, value }: JsonMember, wrapsOutput: boolean): readonly RawMember[] {
  if (key === '_meta' && value.members !== null) {
    const kept = value.members.filter((one) => one.key !== metaKeys.serverInfo);
    return kept.length === 0 ? [] : [{ key, value: joinMembers(rawMembers(bytes, kept)) }];
  }
  // The legacy era only knows objects here; `catalog/definition.ts` wraps the schema alike.
  const wraps = key === 'structuredContent' && (wrapsOutput || value.kind !== 'object');
  return [{ key, value: wraps ? joinMembers([{ key: 'result', value: rawOf(bytes, value) }]) : rawOf(bytes, value) }];
}
