import { createHash } from 'node:crypto';
import { clippedLine } from '../access/compiled-condition.ts';
import type { Entitlement } from '../access/entitlement.ts';
import type { CatalogTool } from '../catalog/tool.ts';
import { overlaySchema } from '../condition/overlay.ts';
import type { Condition } from '../config/configuration.ts';
import { joinMembers, member, type RawMember, rawMembers, textOf } from '../protocol/members.ts';
import { scanJson } from '../protocol/scan.ts';

/** A tool as those see it who share a list. */
export interface ShownTool extends Pick<CatalogTool, 'exposed' | 'definition'> {
  /** Another when the definition is another. */
  readonly hash: string;
}

/** What conditions put into a definition. */
interface Overlay {
  /** One of these holds for every call that is allowed; empty leaves the input schema as it is. */
  readonly schemas: readonly object[];
  /** Ends the description; empty adds nothing. */
  readonly sentence: string;
}

type Entitled = Extract<Entitlement, { kind: 'some' }>;

/**
 * The tool with its conditions told, so that a model meets them at the first call: in its input schema where every way
 * to be allowed restricts the arguments, and in a sentence. Other members stay byte for byte.
 */
export function shownTool(tool: CatalogTool, entitled: Entitled): ShownTool {
  if (entitled.conditions[0] === null && entitled.except.length === 0) return tool;
  const overlay = overlayOf(entitled);
  if (overlay.schemas.length === 0 && overlay.sentence === '') return tool;
  const { legacy, modern } = tool.definition;
  const laid = laidOver(modern, overlay);
  return {
    exposed: tool.exposed,
    definition: { legacy: legacy.equals(modern) ? laid : laidOver(legacy, overlay), modern: laid },
    hash: createHash('sha256')
      .update(`${tool.hash} ${JSON.stringify(overlay)}`)
      .digest('base64url'),
  };
}

function overlayOf({ conditions, except }: Entitled): Overlay {
  const schemas = conditions.flatMap((condition): readonly object[] => (condition?.args ? [condition.args] : []));
  return {
    schemas: schemas.length === conditions.length ? schemas : [],
    sentence: sentenceOf(conditions, except),
  };
}

/** `Allowed only when A, or when B. Denied when C.`: of the conditions that nothing but expressions tell in full. */
function sentenceOf(conditions: Entitled['conditions'], except: readonly Condition[]): string {
  const allowed = conditions.flatMap((condition) => condition?.when ?? []);
  const denied = except.flatMap(({ when, args }) => (when === null || args !== null ? [] : when));
  return [
    ...(allowed.length === conditions.length ? [`Allowed only ${whenAny(allowed)}.`] : []),
    ...(denied.length > 0 ? [`Denied ${whenAny(denied)}.`] : []),
  ].join(' ');
}

function whenAny(expressions: readonly string[]): string {
  return [...new Set(expressions.map(clippedLine))].map((expression) => `when ${expression}`).join(', or ');
}

function laidOver(definition: Buffer, { schemas, sentence }: Overlay): Buffer {
  const scan = scanJson(definition, { depthMax, membersDepth: 1, uniqueKeys: false });
  if (!scan.ok) throw new TypeError(scan.message);
  const members = rawMembers(definition, scan.root.members ?? []);
  const written = member(scan.root, 'description');
  const description = [written === null ? '' : textOf(definition, written), sentence].filter(Boolean).join('\n\n');
  const changed = members.map(({ key, value }): RawMember => {
    if (key === 'inputSchema' && schemas.length > 0) return { key, value: overlaid(value, schemas) };
    return key === 'description' ? { key, value: Buffer.from(JSON.stringify(description)) } : { key, value };
  });
  const isNew = written === null && sentence !== '';
  return joinMembers(
    isNew ? [...changed, { key: 'description', value: Buffer.from(JSON.stringify(sentence)) }] : changed,
  );
}

function overlaid(schema: Buffer, schemas: readonly object[]): Buffer {
  return Buffer.from(JSON.stringify(overlaySchema(JSON.parse(schema.toString()), schemas)));
}

/** As deep as the catalog lets definitions be. */
const depthMax = 64;
