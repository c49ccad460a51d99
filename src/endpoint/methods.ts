import type { ToolCall } from '../calls/call.ts';
import { type Caller, callerFields } from '../calls/caller.ts';
import { caseFolded } from '../protocol/case-fold.ts';
import { type Era, metaKeys } from '../protocol/eras.ts';
import { errors } from '../protocol/errors.ts';
import type { JsonMember, JsonValue } from '../protocol/json.ts';
import { joinMembers, member, rawMembers, rawOf, textOf } from '../protocol/members.ts';
import type { RequestMessage } from '../protocol/message.ts';
import type { Answer } from './answer.ts';
import type { EndpointParts, Exchange } from './exchange.ts';
import { type Rendered, renderError, renderOutcome, response } from './render.ts';

/** The methods both eras share; what differs between them is passed in. */

export interface ListPage {
  readonly rendered: Rendered;
  /** Fingerprint of the whole list, when the first page of it was given out. */
  readonly listed: string | null;
}

/** Answers `tools/list`. `extra` are the era's own members of the result, raw, each with a leading comma. */
export async function answerList(
  parts: EndpointParts,
  on: { exchange: Exchange; caller: Caller; message: RequestMessage; era: Era; extra: string },
): Promise<ListPage> {
  const { message, era, exchange } = on;
  const cursor = member(message.params, 'cursor');
  await parts.settled();
  const listing = parts.list(exchange.identity, exchange.snapshot);
  const badCursor = cursor !== null && cursor.kind !== 'string';
  const page = badCursor ? null : listing.page(era, cursor && textOf(message.bytes, cursor));
  await parts.record({
    ev: 'tool.list',
    ...callerFields(on.caller, exchange.snapshot),
    req: message.id,
    method: message.method,
    outcome: page === null ? 'denied' : 'ok',
    detail: page === null ? { error: 'bad cursor' } : { tools: listing.tools.length },
  });
  if (page === null)
    return {
      rendered: renderError(errors.invalidParams, message.id, { message: 'The cursor is not one of ours.' }),
      listed: null,
    };
  const result = Buffer.concat([Buffer.from('{'), page, Buffer.from(`${on.extra}}`)]);
  return {
    rendered: { status: 200, message: response(message.id, result) },
    listed: cursor === null ? listing.fingerprint : null,
  };
}

/** Answers `tools/call`; progress goes out on the request's own stream under the caller's token. */
export async function answerCall(
  parts: EndpointParts,
  on: Pick<ToolCall, 'caller' | 'signal' | 'mirrored'> & {
    readonly exchange: Exchange;
    readonly message: RequestMessage;
    readonly era: Era;
    readonly answer: Answer;
  },
): Promise<Rendered> {
  const { message, era } = on;
  const name = member(message.params, 'name');
  const args = member(message.params, 'arguments');
  if (name?.kind !== 'string' || (args !== null && args.kind !== 'object')) {
    await parts.record({
      ev: 'tool.call',
      ...callerFields(on.caller, on.exchange.snapshot),
      req: message.id,
      method: message.method,
      ...(name?.kind === 'string' && { tool_as: textOf(message.bytes, name) }),
      decision: 'deny',
      why: 'bad_request',
      outcome: 'denied',
    });
    return renderError(errors.invalidParams, message.id, {
      message: 'tools/call needs a string "name"; "arguments", when present, must be an object.',
    });
  }
  const members = (message.params?.members ?? []).filter(({ key }) => key !== 'name' && key !== '_meta');
  if (members.some(isLookalike)) {
    return renderError(errors.invalidParams, message.id, {
      message: 'tools/call has a member that differs from "name", "arguments" or "_meta" only in case.',
    });
  }
  const outcome = await parts.call({
    snapshot: on.exchange.snapshot,
    caller: on.caller,
    id: message.id,
    name: textOf(message.bytes, name),
    arguments: args && rawOf(message.bytes, args),
    params: rawMembers(message.bytes, members),
    meta: rawMembers(message.bytes, message.meta.filter(isForUpstream)),
    mirrored: on.mirrored,
    onProgress: progressTo(on.answer, message),
    signal: on.signal,
  });
  return renderOutcome(outcome, message.id, era);
}

/** A server that overlooks case would read it for the one that was judged. */
function isLookalike({ key }: JsonMember): boolean {
  return key !== 'arguments' && judgedKeys.has(caseFolded(key));
}
const judgedKeys: ReadonlySet<string> = new Set(['name', 'arguments', '_meta']);

/** The envelope's keys and the progress token belong to one hop; everything else is the caller's word to the tool. */
function isForUpstream({ key }: JsonMember): boolean {
  return key !== 'progressToken' && !hopKeys.has(key);
}
const hopKeys: ReadonlySet<string> = new Set(Object.values(metaKeys));

function progressTo(answer: Answer, message: RequestMessage): ToolCall['onProgress'] {
  const token = message.meta.find(({ key }) => key === 'progressToken')?.value;
  if (token === undefined) return null;
  const progressToken = { key: 'progressToken', value: rawOf(message.bytes, token) };
  return (params) => answer.notify(notification('notifications/progress', joinMembers([progressToken, ...params])));
}

/** A JSON-RPC notification around raw params. */
export function notification(method: string, params: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`{"jsonrpc":"2.0","method":"${method}","params":`), params, Buffer.from('}')]);
}

/** What a client says of itself in an `Implementation` object (`clientInfo`), cut to size. */
export function implementationOf(bytes: Buffer, info: JsonValue | null): { client: string; clientVersion: string } {
  if (info?.kind !== 'object') return { client: '', clientVersion: '' };
  const { name, version } = JSON.parse(rawOf(bytes, info).toString()) as Readonly<Record<string, unknown>>;
  const text = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 64) : '');
  return { client: text(name), clientVersion: text(version) };
}

/** Who asks, and what their client says of itself. */
export function callerOf(
  { identity, ip, agent }: Exchange,
  message: RequestMessage,
  client: Pick<Caller, 'client' | 'clientVersion' | 'proto'>,
): Caller {
  return { identity, ip, agent, ...client, trace: traceOf(message) };
}

/** The trace id of a W3C `traceparent` in `_meta` (SEP-414), or empty. */
function traceOf(message: RequestMessage): string {
  const value = message.meta.find(({ key }) => key === 'traceparent')?.value;
  const text = value?.kind === 'string' ? textOf(message.bytes, value) : '';
  return /^[\da-f]{2}-([\da-f]{32})-[\da-f]{16}-[\da-f]{2}$/.exec(text)?.[1] ?? '';
}
