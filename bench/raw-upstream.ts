/**
 * The fixed upstream every path ends at: the least a legacy MCP server over Streamable HTTP can be. A `tools/call` is
 * answered from a constant, so that what is compared is the way to it. Run as a child of the benchmark.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { serveAsChild } from './child.ts';

const text = 'x'.repeat(440);
const callResult = JSON.stringify({ content: [{ type: 'text', text }], isError: false });

const results: Readonly<Record<string, string>> = {
  initialize: JSON.stringify({
    protocolVersion: '2025-11-25',
    capabilities: { tools: {} },
    serverInfo: { name: 'raw', version: '1' },
  }),
  'tools/list': JSON.stringify({
    tools: [
      {
        name: 'echo',
        description: 'Answers always the same.',
        inputSchema: { type: 'object', properties: { message: { type: 'string' } } },
        annotations: { readOnlyHint: true },
      },
    ],
  }),
  'tools/call': callResult,
  ping: '{}',
};

serveAsChild(
  createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
    if (request.method !== 'POST') {
      response.writeHead(request.method === 'DELETE' ? 200 : 405, { 'content-length': 0 }).end();
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => answer(request, response, Buffer.concat(chunks).toString()));
  }),
);

function answer(request: IncomingMessage, response: ServerResponse, body: string): void {
  const { id, method } = JSON.parse(body) as { id?: string | number; method: string };
  if (id === undefined) {
    response.writeHead(202, { 'content-length': 0 }).end();
    return;
  }
  // What a legacy server says to a modern request: it knows no such version.
  const modern = request.headers['mcp-protocol-version'] === '2026-07-28' && method !== 'tools/call';
  const result = modern ? undefined : results[method];
  const outcome = result === undefined ? '"error":{"code":-32601,"message":"Method not found"}' : `"result":${result}`;
  const answered = `{"jsonrpc":"2.0","id":${JSON.stringify(id)},${outcome}}`;
  response.writeHead(modern ? 400 : 200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(answered),
    ...(method === 'initialize' ? { 'mcp-session-id': randomUUID() } : {}),
  });
  response.end(answered);
}
