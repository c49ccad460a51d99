import { errorResponse, errors } from '../protocol/errors.ts';
import type { RawMember } from '../protocol/members.ts';
import type { RequestMessage } from '../protocol/message.ts';

/** A request, or a notification when `id` is null. */
export interface OutgoingCall {
  /** Raw JSON text. */
  readonly id: string | null;
  readonly method: string;
  readonly params: readonly RawMember[];
  /** Members of `params._meta`, which is left out when there are none. */
  readonly meta: readonly RawMember[];
}

/** Writes a call as JSON-RPC; the values of its members go out byte for byte. */
export function composeCall({ id, method, params, meta }: OutgoingCall): Buffer {
  const pieces: Piece[] = ['{"jsonrpc":"2.0",'];
  if (id !== null) pieces.push(`"id":${id},`);
  pieces.push(`"method":${JSON.stringify(method)},"params":{`);
  addMembers(pieces, params);
  if (meta.length > 0) {
    pieces.push(params.length > 0 ? ',"_meta":{' : '"_meta":{');
    addMembers(pieces, meta);
    pieces.push('}');
  }
  pieces.push('}}');
  return join(pieces);
}

/** A member whose value is written here, not passed through. */
export function ownMember(key: string, value: unknown): RawMember {
  return { key, value: Buffer.from(JSON.stringify(value)) };
}

/** `notifications/cancelled` for a request of ours; `id` is raw JSON text. */
export function composeCancellation(id: string): Buffer {
  const params = [{ key: 'requestId', value: Buffer.from(id) }];
  return composeCall({ id: null, method: 'notifications/cancelled', params, meta: [] });
}

/** Answers a server's own request, so that it does not wait for ever: `ping` works, all else is not offered. */
export function composeReply({ id, method }: RequestMessage): Buffer {
  if (method === 'ping') return Buffer.from(`{"jsonrpc":"2.0","id":${id},"result":{}}`);
  return errorResponse(id, errors.methodNotFound);
}

type Piece = string | Buffer;

function addMembers(pieces: Piece[], members: readonly RawMember[]): void {
  for (const [index, { key, value }] of members.entries()) {
    pieces.push(`${index > 0 ? ',' : ''}${JSON.stringify(key)}:`, value);
  }
}

/** Writes all pieces into one buffer. */
function join(pieces: readonly Piece[]): Buffer {
  let length = 0;
  for (const piece of pieces) length += Buffer.byteLength(piece);
  const bytes = Buffer.allocUnsafe(length);
  let at = 0;
  for (const piece of pieces) at += typeof piece === 'string' ? bytes.write(piece, at) : piece.copy(bytes, at);
  return bytes;
}
