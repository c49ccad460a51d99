/** One row of the published table of JSON-RPC errors the gateway gives. */
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
  | 'unknownTool'
  | 'headerMismatch'
  | 'missingCapability'
  | 'unsupportedVersion'
  | 'upstreamFailed'
  | 'internal';

/**
 * Every JSON-RPC error of ours, from JSON-RPC 2.0 section 5.1 and MCP 2026-07-28 basic/transports. That revision tells
 * implementations to mint no codes in -32000..-32019, so an upstream's failure is -32603 with `data.reason`.
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
  // The same for a tool that does not exist and one that is not granted.
  unknownTool: { code: -32602, status: 200, text: 'Unknown tool.' },
  headerMismatch: { code: -32020, status: 400, text: 'Headers and body disagree.' },
  missingCapability: { code: -32021, status: 400, text: 'The request needs a capability the client did not declare.' },
  unsupportedVersion: { code: -32022, status: 400, text: 'Unsupported protocol version.' },
  upstreamFailed: { code: -32603, status: 200, text: 'The server behind the gateway did not answer properly.' },
  // A fault of the gateway itself; nothing else is a 500.
  internal: { code: -32603, status: 500, text: 'Internal error.' },
};

export interface ErrorDetail {
  /** Instead of the entry's text. */
  readonly message?: string;
  /** Raw JSON. */
  readonly data?: Buffer | null;
}

/** An error response; `id` is raw JSON text, `null` when it could not be read. */
export function errorResponse(id: string, entry: Pick<ErrorEntry, 'code' | 'text'>, detail: ErrorDetail = {}): Buffer {
  const { message = entry.text, data = null } = detail;
  const head = `{"jsonrpc":"2.0","id":${id},"error":{"code":${entry.code},"message":${JSON.stringify(message)}`;
  if (data === null) return Buffer.from(`${head}}}`);
  return Buffer.concat([Buffer.from(`${head},"data":`), data, Buffer.from('}}')]);
}
