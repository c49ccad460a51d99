import { eraOf, metaKeys, modernVersion } from './eras.ts';
import { type ErrorEntry, errors } from './errors.ts';
import { decodeHeaderValue, type HeaderLookup } from './header-params.ts';
import { member, textOf } from './members.ts';
import type { RequestMessage } from './message.ts';

/** What is wrong with a modern request, as its error response says it. */
export interface ModernFault {
  readonly entry: ErrorEntry;
  readonly message: string;
  readonly data?: unknown;
}

/**
 * Checks that a request classified as modern has its envelope in `_meta`, a version we speak, and headers that agree
 * with the body (MCP 2026-07-28, Streamable HTTP); null when all is well. `Mcp-Param-*` headers need the tool's schema
 * and have their own check in `header-params.ts`.
 */
export function checkModernRequest(message: RequestMessage, lookup: HeaderLookup): ModernFault | null {
  const version = textOfMeta(message, metaKeys.protocolVersion);
  if (version === null)
    return { entry: errors.envelope, message: `_meta needs the string ${metaKeys.protocolVersion}.` };
  const capabilities = message.meta.find(({ key }) => key === metaKeys.clientCapabilities);
  if (capabilities?.value.kind !== 'object') {
    return { entry: errors.envelope, message: `_meta needs the object ${metaKeys.clientCapabilities}.` };
  }
  // A version that is contradicted says nothing, so agreement comes before support, and support before the rest.
  const sentVersion = lookup('mcp-protocol-version');
  if (sentVersion !== undefined && sentVersion !== version) return disagreeing('MCP-Protocol-Version');
  if (eraOf(version) !== 'modern') return unsupported(version);
  if (sentVersion === undefined) return missing('MCP-Protocol-Version');
  return methodFault(message, lookup) ?? nameFault(message, lookup);
}

function methodFault({ method }: RequestMessage, lookup: HeaderLookup): ModernFault | null {
  const sent = lookup('mcp-method');
  if (sent === undefined) return missing('Mcp-Method');
  return sent === method ? null : disagreeing('Mcp-Method');
}

/** The member of `params` that `Mcp-Name` repeats, by method. */
const namedBy: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
]);

function nameFault({ bytes, method, params }: RequestMessage, lookup: HeaderLookup): ModernFault | null {
  const key = namedBy.get(method);
  if (key === undefined) return null;
  const sent = lookup('mcp-name');
  if (sent === undefined) return missing('Mcp-Name');
  const decoded = decodeHeaderValue(sent);
  if (decoded === null) return { entry: errors.headerMismatch, message: 'Mcp-Name is not valid base64 of UTF-8.' };
  const named = member(params, key);
  // Without a name these are bad params, not disagreement; whoever handles the method says so.
  if (named?.kind !== 'string') return null;
  return textOf(bytes, named) === decoded ? null : disagreeing('Mcp-Name');
}

function textOfMeta({ bytes, meta }: RequestMessage, key: string): string | null {
  const value = meta.find((candidate) => candidate.key === key)?.value;
  return value?.kind === 'string' ? textOf(bytes, value) : null;
}

function missing(header: string): ModernFault {
  return { entry: errors.headerMismatch, message: `The header ${header} is missing.` };
}

function disagreeing(header: string): ModernFault {
  return { entry: errors.headerMismatch, message: `The header ${header} differs from the body.` };
}

function unsupported(requested: string): ModernFault {
  const entry = errors.unsupportedVersion;
  return { entry, message: entry.text, data: { supported: [modernVersion], requested } };
}
