import type { Agreement, Dialect } from './dialect.ts';
import type { Web, WebRequest } from './web.ts';

/** What the opening of an HTTP link settled. */
export interface Terms {
  readonly dialect: Dialect;
  readonly agreement: Agreement;
  /** Legacy only, and only from a server that keeps sessions. */
  readonly session: string | null;
}

/** The headers that tie a legacy message to its session; none in the modern era. */
export function sessionHeaders({ session }: Terms): Readonly<Record<string, string>> {
  return session === null ? {} : { 'mcp-session-id': session };
}

/** How long a message without an answer may take to be accepted. */
const acceptMs = 10_000;

/** A notification or a reply of ours as a request of its own. */
export function messageOn(web: Web, terms: Terms, body: Buffer): WebRequest {
  const headers = { 'mcp-protocol-version': terms.agreement.version, ...sessionHeaders(terms) };
  return { method: 'POST', path: web.path, headers, body, timeoutMs: acceptMs };
}
