import { request } from 'undici';

/** What one HTTP exchange brought: the status and the message in the body. */
export interface CallAnswer {
  readonly status: number;
  readonly message: {
    readonly result?: { readonly isError?: boolean };
    readonly error?: { readonly code: number; readonly message: string };
  };
}

export interface ModernCall {
  readonly url: URL;
  readonly id: string;
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** A robot's key; without it the call is made with the local identity. */
  readonly key?: string;
}

/** One `tools/call` of MCP 2026-07-28 by hand; rejects when the connection breaks before the whole answer. */
export async function callModern({ url, id, tool, arguments: args, key }: ModernCall): Promise<CallAnswer> {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const { statusCode, body } = await request(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': tool,
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id,
      method: 'tools/call',
      params: { name: tool, arguments: args, _meta: meta },
    }),
  });
  return { status: statusCode, message: (await body.json()) as CallAnswer['message'] };
}
