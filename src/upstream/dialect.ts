import type { Era } from '../protocol/eras.ts';
import type { JsonValue } from '../protocol/json.ts';
import type { RawMember } from '../protocol/members.ts';
import type { UpstreamRequest } from './connection.ts';

/** How one era writes to a server: `legacy.ts` and `modern.ts` hold one each, in the same order. */
export interface Dialect {
  readonly era: Era;
  /** What to ask of a server before anything else. */
  opening(client: ClientInfo): Opening;
  /** What the opening's result agrees on, or null when it names no version of this era. */
  readAgreement(bytes: Buffer, result: JsonValue): Agreement | null;
  /** One request as JSON-RPC; `id` is raw JSON text and serves as progress token. */
  encode(id: string, request: Sendable, client: ClientInfo): Buffer;
  /** The HTTP headers this era asks for on a request, in an object of the caller's own. */
  headers(request: Addressed, agreement: Agreement | null): Record<string, string>;
}

/** The `clientInfo` told to servers, as raw JSON: self-reported, for their display and log. */
export type ClientInfo = Buffer;

export interface Opening {
  readonly method: string;
  readonly params: readonly RawMember[];
}

/** What both sides hold to after the opening. */
export interface Agreement {
  readonly version: string;
  /** The server says it tells when its list of tools changes. */
  readonly listChanged: boolean;
}

export type Sendable = Pick<UpstreamRequest, 'method' | 'params' | 'meta' | 'onProgress'>;

export type Addressed = Pick<UpstreamRequest, 'method' | 'name' | 'headers'>;

/** The opening's result as plain data: nothing of it is passed on, so it may be parsed. */
export function readOpening(bytes: Buffer, result: JsonValue): OpeningResult {
  return JSON.parse(bytes.toString('utf8', result.start, result.end));
}

/** Nothing of it has been checked. */
export interface OpeningResult {
  readonly protocolVersion?: unknown;
  readonly supportedVersions?: unknown;
  readonly capabilities?: { readonly tools?: { readonly listChanged?: unknown } | null } | null;
}

export function offersListChanged({ capabilities }: OpeningResult): boolean {
  return capabilities?.tools?.listChanged === true;
}
