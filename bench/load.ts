/**
 * The load generator: closed loop, one MCP session a connection, every answer checked. Run as a child of the
 * benchmark; each message in is a plan, each message out what came of it.
 */
import { createHistogram } from 'node:perf_hooks';
import { type Answer, createHttpClient, type HttpClient } from './http-client.ts';

export interface LoadPlan {
  readonly port: number;
  readonly era: 'legacy' | 'modern';
  readonly tool: string;
  readonly connections: number;
  /** Load before the clock starts, and then for how long it runs, in milliseconds. */
  readonly warmMs: number;
  readonly runMs: number;
}

export interface Load {
  /** From first to last, the warm-up included. */
  readonly calls: number;
  readonly callsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export type LoadReport = { readonly ok: true; readonly load: Load } | { readonly ok: false; readonly error: string };

/** One client with what its requests carry. */
interface Session {
  readonly client: HttpClient;
  readonly headers: string;
  /** Between the id and the end of a call's body. */
  readonly call: string;
}

const modernVersion = '2026-07-28';
const legacyVersion = '2025-11-25';
const message = 'the quick brown fox jumps over the lazy dog, again and again, until there are a hundred bytes of it';
/** How the upstream's constant begins. */
const marker = '"text":"xxxxxxxxxxxxxxxx';
/** Ids of one length, so that Content-Length is the same for every call. */
const firstId = 1_000_000;

process.on('disconnect', () => process.exit());
process.on('message', (plan: LoadPlan) => void report(plan));

async function report(plan: LoadPlan): Promise<void> {
  const told: LoadReport = await run(plan).then(
    (load) => ({ ok: true, load }),
    (error: unknown) => ({ ok: false, error: error instanceof Error ? error.message : String(error) }),
  );
  process.send?.(told);
}

async function run(plan: LoadPlan): Promise<Load> {
  const sessions = await Promise.all(Array.from({ length: plan.connections }, () => openSession(plan)));
  const durations = createHistogram({ figures: 3 });
  const startAt = performance.now() + plan.warmMs;
  const stopAt = startAt + plan.runMs;
  const calls = await Promise.all(
    sessions.map((session) =>
      callUntil(stopAt, session, (sentAt, endedAt) => {
        if (sentAt >= startAt) durations.record(Math.max(1, Math.round((endedAt - sentAt) * 1e6)));
      }),
    ),
  );
  await Promise.all(sessions.map(closeSession));
  return {
    calls: calls.reduce((sum, count) => sum + count, 0),
    callsPerSecond: durations.count / (plan.runMs / 1000),
    p50Ms: durations.percentile(50) / 1e6,
    p99Ms: durations.percentile(99) / 1e6,
  };
}

/** Calls one after another and returns how many. */
async function callUntil(
  stopAt: number,
  session: Session,
  record: (sentAt: number, endedAt: number) => void,
): Promise<number> {
  let id = firstId;
  for (let sentAt = performance.now(); sentAt < stopAt; id++) {
    const answer = await session.client.exchange(post(session.headers, `{"jsonrpc":"2.0","id":${id},${session.call}`));
    const endedAt = performance.now();
    const isResult = answer.status === 200 && answer.body.includes(`"id":${id}`) && answer.body.includes(marker);
    if (!isResult) throw new Error(`not a result: ${answer.head}\n${answer.body}`);
    record(sentAt, endedAt);
    sentAt = endedAt;
  }
  return id - firstId;
}

async function openSession(plan: LoadPlan): Promise<Session> {
  return plan.era === 'legacy' ? await openLegacySession(plan) : modernSession(plan);
}

async function openLegacySession({ port, tool }: LoadPlan): Promise<Session> {
  const client = createHttpClient(port);
  const initialize = {
    jsonrpc: '2.0',
    id: 0,
    method: 'initialize',
    params: { protocolVersion: legacyVersion, capabilities: {}, clientInfo: { name: 'bench', version: '1' } },
  };
  const opened = await client.exchange(post('', JSON.stringify(initialize)));
  expectStatus(opened, 200);
  const session = /\r\nmcp-session-id: ([^\r]+)/i.exec(opened.head)?.[1];
  const headers = `MCP-Protocol-Version: ${legacyVersion}\r\n${session === undefined ? '' : `Mcp-Session-Id: ${session}\r\n`}`;
  expectStatus(await client.exchange(post(headers, '{"jsonrpc":"2.0","method":"notifications/initialized"}')), 202);
  return { client, headers, call: callText(tool, {}) };
}

function modernSession({ port, tool }: LoadPlan): Session {
  const headers = `MCP-Protocol-Version: ${modernVersion}\r\nMcp-Method: tools/call\r\nMcp-Name: ${tool}\r\n`;
  const envelope = {
    'io.modelcontextprotocol/protocolVersion': modernVersion,
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  return { client: createHttpClient(port), headers, call: callText(tool, { _meta: envelope }) };
}

/** Without a DELETE the sessions of every round would pile up in the gateway. */
async function closeSession({ client, headers }: Session): Promise<void> {
  if (headers.includes('Mcp-Session-Id'))
    await client.exchange(`DELETE /mcp HTTP/1.1\r\n${fixedHeaders}${headers}\r\n`);
  client.close();
}

function callText(tool: string, members: object): string {
  const params = JSON.stringify({ name: tool, arguments: { message }, ...members });
  return `"method":"tools/call","params":${params}}`;
}

const fixedHeaders =
  'Host: 127.0.0.1\r\nAccept: application/json, text/event-stream\r\nContent-Type: application/json\r\n';

function post(headers: string, body: string): string {
  return `POST /mcp HTTP/1.1\r\n${fixedHeaders}${headers}Content-Length: ${body.length}\r\n\r\n${body}`;
}

function expectStatus({ status, head, body }: Answer, expected: number): void {
  if (status !== expected) throw new Error(`expected ${expected}: ${head}\n${body}`);
}
