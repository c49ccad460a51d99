import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Snapshot } from '../access/snapshot.ts';
import type { AuditEvent } from '../audit/record/event.ts';
import type { ToolCall } from '../calls/call.ts';
import type { Listing } from '../calls/list.ts';
import type { CallOutcome } from '../calls/outcome.ts';
import type { CatalogView } from '../catalog/tool.ts';
import type { Authenticate, Identity, Proof } from '../identity/identity.ts';
import type { Streams } from './streams.ts';

/** One authenticated request on its way through the endpoint. */
export interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly proof: Proof;
  readonly identity: Identity;
  readonly ip: string;
  readonly agent: string;
  /** Read once, kept to the end. */
  readonly snapshot: Snapshot;
}

/** What both eras answer with. */
export interface EndpointParts {
  readonly version: string;
  readonly snapshot: () => Snapshot;
  readonly authenticate: Authenticate;
  readonly call: (call: ToolCall) => Promise<CallOutcome>;
  readonly list: (who: Identity, snapshot: Snapshot) => Listing;
  readonly view: () => CatalogView;
  readonly settled: () => Promise<CatalogView>;
  readonly record: (event: AuditEvent) => Promise<unknown>;
  readonly streams: Streams;
  /** Epoch milliseconds, with fractions. */
  readonly now: () => number;
  /** How long an answer may take before it becomes an event stream that is kept alive, in milliseconds. */
  readonly silenceMs: number;
}
