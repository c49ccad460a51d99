import type { TestContext } from 'node:test';
import { modern, responseTo, sendJson, startRawServer } from '../upstream/fixtures/raw-server.ts';

const tool = (name: string) => ({
  name,
  inputSchema: { type: 'object', properties: { n: { type: 'number' } } },
  annotations: { readOnlyHint: true },
});

/** A modern server in this process, with these tools that answer at once; resolves to its address. */
export async function startEchoUpstream(t: TestContext, tools: readonly string[]): Promise<string> {
  const listed = JSON.stringify({
    tools: tools.map(tool),
    ttlMs: 60_000,
    cacheScope: 'public',
    resultType: 'complete',
  });
  const called = '{"content":[{"type":"text","text":"ok"}],"resultType":"complete"}';
  const server = await startRawServer(
    t,
    modern((request, response) => {
      const { method } = request.message;
      if (method === 'tools/list') sendJson(response, responseTo(request, `"result":${listed}`));
      else if (method === 'tools/call') sendJson(response, responseTo(request, `"result":${called}`));
      else sendJson(response, responseTo(request, '"error":{"code":-32601,"message":"Method not found"}'), 404);
    }),
  );
  return server.url;
}
