import type { Logger } from 'pino';
import type { Limits, Server } from '../config/configuration.ts';
import type { Era } from '../protocol/eras.ts';
import type { JsonValue } from '../protocol/json.ts';
import type { RawMember } from '../protocol/members.ts';
import type { StopSignal } from '../protocol/stop.ts';

/** One upstream server reached with one credential. Opens on first use and again after a loss, with back-off. */
export interface UpstreamConnection {
  /**
   * Sends one request and waits for its response. Never throws for anything an upstream can do. Never retries, save
   * once on a new session when the server answered 404 to the old one, which proves that nothing was processed.
   */
  request(request: UpstreamRequest): Promise<UpstreamAnswer>;
  /** Known after the first successful contact. */
  era(): Era | null;
  /** Ends the process, sessions and sockets after `graceMs`; requests in flight then answer `failed: closed`. */
  close(graceMs: number): Promise<void>;
}

export interface UpstreamRequest {
  readonly method: string;
  /** Members of `params` except `_meta`. */
  readonly params: readonly RawMember[];
  /** The caller's `_meta` members that belong to neither hop: without `progressToken` and the envelope's keys. */
  readonly meta: readonly RawMember[];
  /** `Mcp-Name` for modern HTTP (the upstream's own tool name), plain text. */
  readonly name: string | null;
  /** Further `Mcp-Param-*` header values for modern HTTP, plain text by header name. */
  readonly headers: Readonly<Record<string, string>>;
  /** When set, a progress token is sent, and this hears the members of each `notifications/progress` but the token. */
  readonly onProgress: ((params: readonly RawMember[]) => void) | null;
  /** Aborting cancels the request at the upstream in its era's way. */
  readonly signal: StopSignal;
  /** Milliseconds, whatever progress arrives. */
  readonly timeoutMs: number;
}

export type UpstreamAnswer =
  /** `value` is the place of the result inside `bytes`, members recorded one level deep. */
  | { readonly kind: 'result'; readonly bytes: Buffer; readonly value: JsonValue; readonly era: Era }
  /** The upstream's own JSON-RPC error. `data` is raw JSON or null. */
  | { readonly kind: 'error'; readonly code: number; readonly message: string; readonly data: Buffer | null }
  | { readonly kind: 'failed'; readonly reason: UpstreamFailure; readonly detail: string };

/**
 * `no_credential`: there is nothing to present to it · `unreachable`: no connection or process · `timeout`: no answer in time · `bad_answer`: not the protocol, or over a
 * limit · `refused`: it rejected our credential (401, 403) · `overloaded`: its concurrency limit here is reached ·
 * `closed`: it went away mid-call · `cancelled`: the caller's signal.
 */
export type UpstreamFailure =
  | 'no_credential'
  | 'unreachable'
  | 'timeout'
  | 'bad_answer'
  | 'refused'
  | 'overloaded'
  | 'closed'
  | 'cancelled';

/** What to present to an upstream; the values are secrets and go into requests or the child's environment only. */
export type Credential =
  | {
      readonly kind: 'ready';
      readonly headers: Readonly<Record<string, string>>;
      readonly env: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'missing'; readonly detail: string };

export interface ConnectionParts {
  readonly server: Server;
  readonly limits: Limits;
  /** Asked at each opening and again after the upstream refused what it gave; never per request. */
  readonly credential: () => Promise<Credential>;
  readonly events: UpstreamEvents;
  readonly log: Logger;
  /** The gateway's own version, told to upstreams. */
  readonly version: string;
  /** The process's environment: a child gets the few variables of it that programs need to run at all. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** What an upstream says without being asked, once per event. */
export interface UpstreamEvents {
  /** `notifications/tools/list_changed` in either era, or a new connection after a loss. */
  toolsChanged(): void;
  /** Connection gained or lost, with a reason a person can use. */
  stateChanged(state: 'up' | 'down', detail: string): void;
}
