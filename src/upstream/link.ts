import type { Era } from '../protocol/eras.ts';
import type { ConnectionParts, Credential, UpstreamRequest } from './connection.ts';
import type { ClientInfo } from './dialect.ts';
import type { EraMemory } from './era.ts';
import type { Exchange, Failed } from './pending.ts';

/** An open way to one upstream, its era settled and its handshake done. */
export interface Link {
  readonly era: Era;
  /** For people: version and transport. */
  readonly detail: string;
  /** Sends the request; the answer, or the failure, settles the exchange. */
  send(request: UpstreamRequest, exchange: Exchange): void;
  /** Waits for what is in flight, then ends sessions, sockets and processes. */
  close(): Promise<void>;
}

export type Opened = { readonly kind: 'open'; readonly link: Link } | Failed;

/** What a link reports by itself. */
export interface LinkEvents {
  toolsChanged(): void;
  /** Nothing more can be sent on it; another may be opened after a wait. */
  lost(detail: string): void;
  /** It has run out in good order; the next request may open another at once. */
  expired(): void;
}

export interface OpenParts extends Omit<ConnectionParts, 'events'> {
  /** What `credential` gave for this opening. */
  readonly presented: Extract<Credential, { kind: 'ready' }>;
  readonly events: LinkEvents;
  readonly verdicts: EraMemory;
  readonly client: ClientInfo;
  /** Aborted when the connection is closed while this opening is under way. */
  readonly signal: AbortSignal;
}
