/** One row of the published table of errors the gateway gives. */
export interface ErrorEntry {
  readonly code: number;
  /** HTTP status of the answer when nothing has been streamed. */
  readonly status: number;
  readonly text: string;
}

type ErrorName =
  | 'parse'
  | 'invalidRequest'
  | 'sessionMissing'
  | 'sessionUnknown'
  | 'methodNotFound'
  | 'envelope'
  | 'invalidParams'
  | 'badCursor'
  | 'unknownTool'
  | 'headerMismatch'
  | 'missingCapability'
  | 'unsupportedVersion'
  | 'upstreamFailed'
  | 'internal'
  | HttpErrorName;

type HttpErrorName =
  | 'badRequest'
  | 'unauthorized'
  | 'forbidden'
  | 'notFound'
  | 'methodNotAllowed'
  | 'notAcceptable'
  | 'tooLarge'
  | 'wrongType'
  | 'quota'
  | 'headersTooLarge'
  | 'unavailable';

/**
 * Every error of ours, from JSON-RPC 2.0 section 5.1 and MCP 2026-07-28 basic/transports. That revision tells
 * implementations to mint no codes in -32000..-32019, so an upstream's failure is -32603 with `data.reason`. What HTTP
 * alone decides has its status for a code, which is outside the range JSON-RPC reserves.
 */
export const errors: Readonly<Record<ErrorName, ErrorEntry>> = {
  parse: { code: -32700, status: 400, text: 'The body is not JSON.' },
  invalidRequest: { code: -32600, status: 400, text: 'The body is not one JSON-RPC message.' },
  sessionMissing: { code: -32600, status: 400, text: 'Mcp-Session-Id is missing.' },
  // 404 tells the client to initialize anew (MCP 2025-11-25, session management).
  sessionUnknown: { code: -32600, status: 404, text: 'The session is unknown or has ended.' },
  methodNotFound: { code: -32601, status: 404, text: 'Unknown method.' },
  envelope: { code: -32602, status: 400, text: 'The request has no metadata.' },
  invalidParams: { code: -32602, status: 200, text: 'Invalid params.' },
  badCursor: { code: -32602, status: 200, text: 'Invalid cursor.' },
  // The same for a tool that does not exist and one that is not granted.
  unknownTool: { code: -32602, status: 200, text: 'Unknown tool.' },
  headerMismatch: { code: -32020, status: 400, text: 'Headers and body disagree.' },
  missingCapability: { code: -32021, status: 400, text: 'The request needs a capability the client did not declare.' },
  unsupportedVersion: { code: -32022, status: 400, text: 'Unsupported protocol version.' },
  upstreamFailed: { code: -32603, status: 200, text: 'The server behind the gateway did not answer properly.' },
  // A fault of the gateway itself; nothing else is a 500.
  internal: { code: -32603, status: 500, text: 'Internal error.' },
  badRequest: { code: 400, status: 400, text: 'Bad request.' },
  unauthorized: { code: 401, status: 401, text: 'A valid credential is needed.' },
  forbidden: { code: 403, status: 403, text: 'Forbidden.' },
  notFound: { code: 404, status: 404, text: 'Not found.' },
  methodNotAllowed: { code: 405, status: 405, text: 'Method not allowed.' },
  notAcceptable: { code: 406, status: 406, text: 'Accept must allow application/json and text/event-stream.' },
  tooLarge: { code: 413, status: 413, text: 'The body is too large.' },
  wrongType: { code: 415, status: 415, text: 'Content-Type must be application/json, without Content-Encoding.' },
  quota: { code: 429, status: 429, text: 'Too many requests at once.' },
  headersTooLarge: { code: 431, status: 431, text: 'Too many or too large headers.' },
  unavailable: { code: 503, status: 503, text: 'Unavailable for the moment.' },
};

export interface ErrorDetail {
  /** Instead of the entry's text. */
  readonly message?: string;
  /** Any JSON value. */
  readonly data?: unknown;
}

/** An error response; `id` is raw JSON text, `null` when it could not be read. */
export function errorResponse(id: string, entry: ErrorEntry, detail: ErrorDetail = {}): Buffer {
  const { message = entry.text, data } = detail;
  const error = JSON.stringify({ code: entry.code, message, data });
  return Buffer.from(`{"jsonrpc":"2.0","id":${id},"error":${error}}`);
}
