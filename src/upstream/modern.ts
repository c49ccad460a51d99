import { metaKeys, modernVersion } from '../protocol/eras.ts';
import { encodeHeaderValue } from '../protocol/header-params.ts';
import type { RawMember } from '../protocol/members.ts';
import type { ResponseMessage } from '../protocol/message.ts';
import { composeCall, ownMember } from './compose.ts';
import type { UpstreamRequest } from './connection.ts';
import { type Agreement, type ClientInfo, type Dialect, offersListChanged, readOpening } from './dialect.ts';

/** 2026-07-28: every request by itself, with its own envelope and headers. */
export const dialect: Dialect = {
  era: 'modern',

  opening() {
    return { method: 'server/discover', params: [] };
  },

  readAgreement(bytes, result) {
    const opening = readOpening(bytes, result);
    const versions = opening.supportedVersions;
    if (!Array.isArray(versions) || !versions.includes(modernVersion)) return null;
    return { version: modernVersion, listChanged: offersListChanged(opening) };
  },

  encode(id, request, client) {
    const progress = request.onProgress === null ? [] : [{ key: 'progressToken', value: Buffer.from(id) }];
    const meta = [...envelope(client), ...progress, ...request.meta];
    return composeCall({ id, method: request.method, params: request.params, meta });
  },

  headers(request) {
    const headers: Record<string, string> = { 'mcp-protocol-version': modernVersion, 'mcp-method': request.method };
    if (request.name === null) return headers;
    headers['mcp-name'] = encodeHeaderValue(request.name);
    for (const [name, value] of Object.entries(request.headers)) headers[name] = encodeHeaderValue(value);
    return headers;
  },
};

/** A server that answers discovery with a modern error is modern all the same, but has not said what it offers. */
export function agreementOf(reply: ResponseMessage | null): Agreement {
  const agreement = reply?.outcome === 'result' ? dialect.readAgreement(reply.bytes, reply.value) : null;
  return agreement ?? { version: modernVersion, listChanged: false };
}

/** A request for word of changes to the list of tools, answered when the server ends it. */
export const listening: Omit<UpstreamRequest, 'signal' | 'timeoutMs'> = {
  method: 'subscriptions/listen',
  params: [ownMember('notifications', { toolsListChanged: true })],
  meta: [],
  name: null,
  headers: {},
  onProgress: null,
};

/** The metadata every request carries. */
function envelope(client: ClientInfo): readonly RawMember[] {
  return [versionMember, capabilitiesMember, { key: metaKeys.clientInfo, value: client }];
}

const versionMember = ownMember(metaKeys.protocolVersion, modernVersion);
const capabilitiesMember = ownMember(metaKeys.clientCapabilities, {});
