import { createHash } from 'node:crypto';
import type { Server, ToolClass } from '../config/configuration.ts';
import type { Era } from '../protocol/eras.ts';
import { readHeaderParams } from '../protocol/header-params.ts';
import { joinMembers, rawMembers } from '../protocol/members.ts';
import { scanJson } from '../protocol/scan.ts';
import type { RawMember } from '../upstream/connection.ts';
import type { DiscoveredTool } from './tool.ts';

/** Assigns a tool its class from the registry's override or the server's annotations. */
export type Classify = (server: Server, tool: { readonly name: string; readonly annotations: unknown }) => ToolClass;

export type Definition =
  | { readonly ok: true; readonly tool: DiscoveredTool }
  | { readonly ok: false; readonly reason: string };

/** Reads one element of an upstream's `tools/list`; the bytes are kept, since re-serialising changes large numbers. */
export function readDefinition(bytes: Buffer, server: Server, classify: Classify): Definition {
  const scan = scanJson(bytes, { depthMax, membersDepth: 1, uniqueKeys: true });
  if (!scan.ok) return { ok: false, reason: scan.message };
  if (scan.root.members === null) return { ok: false, reason: 'a tool definition must be an object' };
  const members = rawMembers(bytes, scan.root.members);
  const parsed = JSON.parse(bytes.toString()) as Readonly<Record<string, unknown>>;
  const { name, inputSchema, annotations } = parsed;
  if (typeof name !== 'string' || name === '' || name.length > nameMax) {
    return { ok: false, reason: `a tool needs a name of 1 to ${nameMax} characters` };
  }
  if (!isObject(inputSchema)) return { ok: false, reason: `${name}: inputSchema must be an object` };
  const headerParams = readHeaderParams(inputSchema);
  if (!headerParams.ok) return { ok: false, reason: `${name}: ${headerParams.reason}` };
  return {
    ok: true,
    tool: {
      name,
      class: classify(server, { name, annotations }),
      hash: createHash('sha256').update(bytes).digest('hex').slice(0, 16),
      headerParams: headerParams.params,
      define: remember((exposed) => ({
        legacy: define(members, exposed, 'legacy'),
        modern: define(members, exposed, 'modern'),
      })),
    },
  };
}

/** The catalog is merged anew at every change of any server; names hardly ever change, so the last one is kept. */
function remember<T>(make: (exposed: string) => T): (exposed: string) => T {
  let last: { readonly exposed: string; readonly made: T } | null = null;
  return (exposed) => {
    if (last?.exposed !== exposed) last = { exposed, made: make(exposed) };
    return last.made;
  };
}

const nameMax = 128;
const depthMax = 64;

function define(members: readonly RawMember[], exposed: string, era: Era): Buffer {
  return joinMembers(
    members.flatMap((member) => {
      if (member.key === 'name') return [{ key: 'name', value: Buffer.from(JSON.stringify(exposed)) }];
      // In-core tasks are of the legacy era only (MCP 2026-07-28 moved them to an extension).
      if (member.key === 'execution') return era === 'modern' ? [] : [member];
      if (member.key === 'outputSchema' && era === 'legacy') return wrapOutputSchema(member);
      return [member];
    }),
  );
}

/**
 * The legacy era only knows object outputs: any other schema is wrapped as `{result: …}`, as the result itself will be
 * (`endpoint/render.ts`). One with references cannot be moved without breaking them, so it is left out.
 */
function wrapOutputSchema(member: RawMember): readonly RawMember[] {
  const schema: unknown = JSON.parse(member.value.toString());
  if (isObject(schema) && schema['type'] === 'object') return [member];
  if (member.value.includes('"$ref"')) return [];
  const wrapped = [
    Buffer.from('{"type":"object","properties":{"result":'),
    member.value,
    Buffer.from('},"required":["result"]}'),
  ];
  return [{ key: member.key, value: Buffer.concat(wrapped) }];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
