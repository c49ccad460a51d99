import { eraOf, metaKeys, modernVersion } from './eras.ts';
import { type ErrorEntry, errors } from './errors.ts';
import { decodeHeaderValue, type HeaderLookup } from './header-params.ts';
import type { JsonValue } from './json.ts';
import { member, textOf } from './members.ts';
import type { Message, NotificationMessage, RequestMessage } from './message.ts';

export type ModernCheck = { readonly kind: 'sound' } | ModernRefusal;

export interface ModernRefusal {
  readonly kind: 'refused';
  readonly entry: ErrorEntry;
  readonly message: string;
  /** Raw JSON, or null. */
  readonly data: Buffer | null;
}

/**
 * Whether a message classified as modern has its envelope in `_meta`, a version we speak, and headers that agree with
 * the body (MCP 2026-07-28, Streamable HTTP). A notification owes neither envelope nor headers, but must not
 * contradict itself. `Mcp-Param-*` headers need the tool's schema and have their own check in `header-params.ts`.
 */
export function checkModern(message: Message, lookup: HeaderLookup): ModernCheck {
  if (message.kind === 'response') return refused(errors.invalidRequest, 'Clients send no responses in this version.');
  const fault =
    envelopeFault(message) ??
    versionFault(message, lookup) ??
    methodFault(message, lookup) ??
    nameFault(message, lookup);
  return fault ?? { kind: 'sound' };
}

type Call = RequestMessage | NotificationMessage;

function envelopeFault(message: Call): ModernRefusal | null {
  if (message.kind === 'notification') return null;
  for (const [key, kind] of envelope) {
    if (metaOf(message, key)?.kind !== kind) return refused(errors.envelope, `_meta needs ${key}, of type ${kind}.`);
  }
  return null;
}

const envelope = [
  [metaKeys.protocolVersion, 'string'],
  [metaKeys.clientCapabilities, 'object'],
] as const;

/** A version that is contradicted says nothing, so agreement comes before support, and support before presence. */
function versionFault(message: Call, lookup: HeaderLookup): ModernRefusal | null {
  const value = metaOf(message, metaKeys.protocolVersion);
  const told = value?.kind === 'string' ? textOf(message.bytes, value) : null;
  const sent = lookup('mcp-protocol-version');
  if (told !== null && sent !== null && told !== sent) return disagreeing('MCP-Protocol-Version');
  const version = told ?? sent;
  if (version !== null && eraOf(version) !== 'modern') return unsupported(version);
  return sent === null ? missing('MCP-Protocol-Version', message) : null;
}

function methodFault(message: Call, lookup: HeaderLookup): ModernRefusal | null {
  const sent = lookup('mcp-method');
  if (sent === null) return missing('Mcp-Method', message);
  return sent === message.method ? null : disagreeing('Mcp-Method');
}

/** The member of `params` that `Mcp-Name` repeats, by method. */
const namedBy: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
]);

function nameFault(message: Call, lookup: HeaderLookup): ModernRefusal | null {
  const key = namedBy.get(message.method);
  if (key === undefined) return null;
  const sent = lookup('mcp-name');
  if (sent === null) return missing('Mcp-Name', message);
  const decoded = decodeHeaderValue(sent);
  if (decoded === null) return refused(errors.headerMismatch, 'Mcp-Name is not valid base64 of UTF-8.');
  const named = member(message.params, key);
  // Without a name these are bad params, not disagreement; whoever handles the method says so.
  if (named?.kind !== 'string') return null;
  return textOf(message.bytes, named) === decoded ? null : disagreeing('Mcp-Name');
}

function metaOf({ meta }: Call, key: string): JsonValue | null {
  return meta.find((candidate) => candidate.key === key)?.value ?? null;
}

function missing(header: string, message: Call): ModernRefusal | null {
  return message.kind === 'request' ? refused(errors.headerMismatch, `The header ${header} is missing.`) : null;
}

function disagreeing(header: string): ModernRefusal {
  return refused(errors.headerMismatch, `The header ${header} differs from the body.`);
}

function unsupported(requested: string): ModernRefusal {
  const data = Buffer.from(JSON.stringify({ supported: [modernVersion], requested }));
  return { ...refused(errors.unsupportedVersion, errors.unsupportedVersion.text), data };
}

function refused(entry: ErrorEntry, message: string): ModernRefusal {
  return { kind: 'refused', entry, message, data: null };
}
