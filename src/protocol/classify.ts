import { metaKeys, namesModernEra } from './eras.ts';
import type { HeaderLookup } from './header-params.ts';
import type { Message } from './message.ts';

/** What an inbound HTTP request of a client asks for, as far as eras go. */
export type RequestClass =
  /** To be checked with `checkModern`; it may still lack its envelope. */
  | { readonly kind: 'modern' }
  /** A legacy handshake: a new session. */
  | { readonly kind: 'initialize' }
  | { readonly kind: 'session'; readonly id: string }
  /** Legacy without a session. */
  | { readonly kind: 'stateless' }
  /** Answered 405. */
  | { readonly kind: 'method-not-allowed' };

export interface Inbound {
  readonly httpMethod: string;
  readonly lookup: HeaderLookup;
  /** Null when the HTTP method carries none. */
  readonly message: Message | null;
}

/**
 * Tells the era by what the body says, then by the version header. `Mcp-Method` is no evidence, since legacy clients
 * send it too, and neither is a session id in a modern request, which may be stale (MCP 2026-07-28, versioning).
 */
export function classify({ httpMethod, lookup, message }: Inbound): RequestClass {
  const session = lookup('mcp-session-id');
  const version = lookup('mcp-protocol-version');
  const modernHeader = version !== null && namesModernEra(version);
  if (httpMethod === 'POST' && message !== null) {
    if (modernHeader || hasEnvelope(message)) return { kind: 'modern' };
    if (message.kind === 'request' && message.method === 'initialize') return { kind: 'initialize' };
    return session === null ? { kind: 'stateless' } : { kind: 'session', id: session };
  }
  const ofSession = httpMethod === 'GET' || httpMethod === 'DELETE';
  return ofSession && session !== null && !modernHeader
    ? { kind: 'session', id: session }
    : { kind: 'method-not-allowed' };
}

function hasEnvelope(message: Message): boolean {
  return message.kind !== 'response' && message.meta.some(({ key }) => key === metaKeys.protocolVersion);
}
