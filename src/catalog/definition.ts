import { createHash } from 'node:crypto';
import type { Server, ToolClass } from '../config/configuration.ts';
import { lockHash } from '../config/lock-hash.ts';
import type { Era } from '../protocol/eras.ts';
import { readHeaderParams } from '../protocol/header-params.ts';
import type { JsonValue } from '../protocol/json.ts';
import type { RawMember } from '../protocol/members.ts';
import { joinMembers, member, rawMembers } from '../protocol/members.ts';
import { scanJson } from '../protocol/scan.ts';
import type { DiscoveredTool } from './tool.ts';
import { withoutUnseen } from './unseen.ts';

/** Assigns a tool its class from the registry's override or the server's annotations. */
export type Classify = (server: Server, tool: { readonly name: string; readonly annotations: unknown }) => ToolClass;

export type Definition =
  | { readonly ok: true; readonly tool: DiscoveredTool }
  | { readonly ok: false; readonly reason: string };

/**
 * Reads one element of an upstream's `tools/list`; the bytes are kept, since re-serialising changes large numbers.
 * Characters nobody can see are taken out of what clients get, and stay in what is compared and hashed.
 */
export function readDefinition(bytes: Buffer, server: Server, classify: Classify): Definition {
  const written = scanJson(bytes, scanOptions);
  if (!written.ok) return { ok: false, reason: written.message };
  const clean = withoutUnseen(bytes);
  const scan = clean === bytes ? written : scanJson(clean, scanOptions);
  if (!scan.ok) return { ok: false, reason: scan.message };
  const parsed: unknown = JSON.parse(bytes.toString());
  if (!isObject(parsed)) return { ok: false, reason: 'a tool definition must be an object' };
  const { name, annotations } = parsed;
  if (typeof name !== 'string' || name === '' || name.length > nameMax) {
    return { ok: false, reason: `a tool needs a name of 1 to ${nameMax} characters` };
  }
  const misfit = misfitIn(scan.root, kinds) ?? misfitIn(member(scan.root, 'annotations'), annotationKinds);
  if (misfit !== null) return { ok: false, reason: `${name}: ${misfit} is of the wrong type` };
  const { inputSchema, outputSchema } = clean === bytes ? parsed : JSON.parse(clean.toString());
  if (!isOfObjects(inputSchema)) return { ok: false, reason: `${name}: inputSchema must have the type object` };
  const headerParams = readHeaderParams(inputSchema);
  if (!headerParams.ok) return { ok: false, reason: `${name}: ${headerParams.reason}` };
  const members = rawMembers(clean, scan.root.members ?? []);
  return {
    ok: true,
    tool: {
      name,
      annotations,
      class: classify(server, { name, annotations }),
      hash: createHash('sha256').update(bytes).digest('hex').slice(0, 16),
      sha256: lockHash(parsed),
      headerParams: headerParams.params,
      wrapsOutput: outputSchema !== undefined && !isOfObjects(outputSchema),
      parsed: () => JSON.parse(bytes.toString()),
      define: remember((exposed) => ({
        legacy: define(members, exposed, 'legacy'),
        modern: define(members, exposed, 'modern'),
      })),
    },
  };
}

type Kinds = ReadonlyMap<string, readonly JsonValue['kind'][]>;

/**
 * The types that clients look at. A strict one that finds another refuses the whole list, and with it the tools of all
 * other servers; so such a definition is refused by itself here.
 */
const kinds: Kinds = new Map([
  ['title', ['string']],
  ['description', ['string']],
  ['inputSchema', ['object']],
  ['outputSchema', ['object']],
  ['annotations', ['object']],
  ['execution', ['object']],
  ['icons', ['array']],
  ['_meta', ['object']],
]);

const annotationKinds: Kinds = new Map([
  ['title', ['string']],
  ['readOnlyHint', ['true', 'false']],
  ['destructiveHint', ['true', 'false']],
  ['idempotentHint', ['true', 'false']],
  ['openWorldHint', ['true', 'false']],
]);

/** The first member that is of another type than it should be. */
function misfitIn(value: JsonValue | null, wanted: Kinds): string | null {
  const misfit = value?.members?.find(({ key, value: { kind } }) => wanted.get(key)?.includes(kind) === false);
  return misfit?.key ?? null;
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
const scanOptions = { depthMax: 64, membersDepth: 2, uniqueKeys: true } as const;

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
  if (isOfObjects(JSON.parse(member.value.toString()))) return [member];
  if (member.value.includes('"$ref"')) return [];
  const wrapped = [
    Buffer.from('{"type":"object","properties":{"result":'),
    member.value,
    Buffer.from('},"required":["result"]}'),
  ];
  return [{ key: member.key, value: Buffer.concat(wrapped) }];
}

/** Whether a schema says that its values are objects and nothing else. */
function isOfObjects(schema: unknown): schema is Readonly<Record<string, unknown>> {
  return isObject(schema) && schema['type'] === 'object';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
