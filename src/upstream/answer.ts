import type { Era } from '../protocol/eras.ts';
import { errors } from '../protocol/errors.ts';
import type { RawMember } from '../protocol/members.ts';
import { member, rawMembers, rawOf, textOf } from '../protocol/members.ts';
import type { NotificationMessage, ResponseMessage } from '../protocol/message.ts';
import type { UpstreamAnswer } from './connection.ts';
import { failed } from './pending.ts';

/**
 * What a response means to the caller. Header and version errors concern the gateway's own hop and are never
 * relayed (MCP 2026-07-28, basic/versioning).
 */
export function answerOf({ bytes, outcome, value }: ResponseMessage, era: Era): UpstreamAnswer {
  if (outcome === 'result') return { kind: 'result', bytes, value, era };
  const { code, message, data } = readError(bytes, value);
  if (era === 'modern' && ownHopErrors.has(code)) return failed('bad_answer', `refused our request: error ${code}`);
  return { kind: 'error', code, message, data };
}

const ownHopErrors: ReadonlySet<number> = new Set([errors.headerMismatch.code, errors.unsupportedVersion.code]);

/** A JSON-RPC error; `readMessage` has checked that it has a code and a message. */
export function readError(bytes: Buffer, error: ResponseMessage['value']): Extract<UpstreamAnswer, { kind: 'error' }> {
  const code = member(error, 'code');
  const message = member(error, 'message');
  const data = member(error, 'data');
  return {
    kind: 'error',
    code: code === null ? 0 : Number(rawOf(bytes, code)),
    message: message === null ? '' : textOf(bytes, message),
    data: data === null ? null : rawOf(bytes, data),
  };
}

export interface Progress {
  /** Raw JSON text. */
  readonly token: string;
  /** The members beside the token. */
  readonly members: readonly RawMember[];
}

/** What a `notifications/progress` says, or null when the message is another one. */
export function readProgress({ bytes, method, params }: NotificationMessage): Progress | null {
  const token = method === 'notifications/progress' ? member(params, 'progressToken') : null;
  if (params === null || token === null) return null;
  const members = rawMembers(
    bytes,
    (params.members ?? []).filter(({ key }) => key !== 'progressToken'),
  );
  return { token: rawOf(bytes, token).toString(), members };
}

/** Either era's word that the list of tools is another one now. */
export function saysToolsChanged({ method }: NotificationMessage): boolean {
  return method === 'notifications/tools/list_changed';
}
