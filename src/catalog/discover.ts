import type { Limits, Server } from '../config/configuration.ts';
import { elementsOf } from '../protocol/elements.ts';
import { member, textOf } from '../protocol/members.ts';
import type { UpstreamAnswer, UpstreamConnection } from '../upstream/connection.ts';
import { type Classify, readDefinition } from './definition.ts';
import type { DiscoveredTool } from './tool.ts';

export type Discovery =
  | { readonly ok: true; readonly tools: readonly DiscoveredTool[]; readonly refused: readonly string[] }
  /** `busy`: it could not even be asked, for all the requests that wait for it already. */
  | { readonly ok: false; readonly reason: string; readonly busy: boolean };

export interface DiscoverParts {
  readonly server: Server;
  readonly connection: UpstreamConnection;
  readonly limits: Limits;
  readonly classify: Classify;
  readonly signal: AbortSignal;
}

/** Asks one server for all its tools, page by page. A definition that breaks the rules is refused by itself. */
export async function discover(parts: DiscoverParts): Promise<Discovery> {
  const found: Found = { tools: new Map(), refused: [] };
  let cursor: string | null = null;
  for (let page = 0; page < parts.limits.listPagesMax; page += 1) {
    const answer = await ask(parts, cursor);
    if (answer.kind === 'error' && answer.code === methodNotFound) break;
    if (answer.kind !== 'result') return failure(answer);
    const list = member(answer.value, 'tools');
    if (list?.kind !== 'array') return wrong('its tools/list result has no tools array');
    collectAll(parts, found, elementsOf(answer.bytes, list));
    const next = member(answer.value, 'nextCursor');
    if (next?.kind !== 'string') break;
    if (page === parts.limits.listPagesMax - 1) return wrong(`its tools/list has over ${page + 1} pages`);
    cursor = textOf(answer.bytes, next);
  }
  return { ok: true, tools: [...found.tools.values()], refused: found.refused };
}

/** Definitions refused before the rest of a list is left unread: each is a line in the log. */
const refusedMax = 100;

interface Found {
  readonly tools: Map<string, DiscoveredTool>;
  readonly refused: string[];
}

function collectAll(parts: DiscoverParts, found: Found, definitions: Iterable<Buffer>): void {
  for (const definition of definitions) {
    if (found.refused.length >= refusedMax) return;
    collect(parts, found, definition);
  }
}

function collect({ server, classify, limits }: DiscoverParts, { tools, refused }: Found, definition: Buffer): void {
  const read = readDefinition(definition, server, classify);
  if (!read.ok) refused.push(read.reason);
  else if (tools.has(read.tool.name)) refused.push(`${read.tool.name}: named twice`);
  else if (tools.size >= limits.toolsPerServerMax) refused.push(`${read.tool.name}: over tools_per_server`);
  else tools.set(read.tool.name, read.tool);
}

/** What a server without the tools capability answers: it has none, which is not a failure. */
const methodNotFound = -32601;

function ask(parts: DiscoverParts, cursor: string | null): Promise<UpstreamAnswer> {
  return parts.connection.request({
    method: 'tools/list',
    params: cursor === null ? [] : [{ key: 'cursor', value: Buffer.from(JSON.stringify(cursor)) }],
    meta: [],
    name: null,
    headers: {},
    onProgress: null,
    signal: parts.signal,
    timeoutMs: parts.server.timeoutMs,
  });
}

function failure(answer: Exclude<UpstreamAnswer, { kind: 'result' }>): Discovery {
  if (answer.kind === 'error') return wrong(`it answered tools/list with error ${answer.code}: ${answer.message}`);
  return { ok: false, reason: `${answer.reason}: ${answer.detail}`, busy: answer.reason === 'overloaded' };
}

function wrong(reason: string): Discovery {
  return { ok: false, reason, busy: false };
}
