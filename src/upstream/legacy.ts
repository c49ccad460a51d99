import { eraOf, latestLegacyVersion } from '../protocol/eras.ts';
import type { RawMember } from '../protocol/members.ts';
import { composeCall, ownMember } from './compose.ts';
import { type Dialect, offersListChanged, readOpening, type Sendable } from './dialect.ts';

/** 2024-11-05 to 2025-11-25: a handshake first, then requests on the session it opened. */
export const dialect: Dialect = {
  era: 'legacy',

  opening(client) {
    return {
      method: 'initialize',
      params: [
        ownMember('protocolVersion', latestLegacyVersion),
        ownMember('capabilities', {}),
        { key: 'clientInfo', value: client },
      ],
    };
  },

  readAgreement(bytes, result) {
    const opening = readOpening(bytes, result);
    const version = opening.protocolVersion;
    if (typeof version !== 'string' || eraOf(version) !== 'legacy') return null;
    return { version, listChanged: offersListChanged(opening) };
  },

  encode(id, request) {
    const progress = request.onProgress === null ? [] : [{ key: 'progressToken', value: Buffer.from(id) }];
    return composeCall({ id, method: request.method, params: paramsOf(request), meta: [...progress, ...request.meta] });
  },

  headers(_request, agreement) {
    return agreement === null ? {} : { 'mcp-protocol-version': agreement.version };
  },
};

/** What follows the handshake. */
export const initialized: Buffer = composeCall({
  id: null,
  method: 'notifications/initialized',
  params: [],
  meta: [],
});

/** Servers on version 1 of the TypeScript SDK reject a call without arguments (measured). */
function paramsOf({ method, params }: Sendable): readonly RawMember[] {
  if (method !== 'tools/call' || params.some(({ key }) => key === 'arguments')) return params;
  return [...params, { key: 'arguments', value: Buffer.from('{}') }];
}
