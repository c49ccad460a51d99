import type { Decision } from '../access/decision.ts';
import type { Era } from '../protocol/eras.ts';
import type { JsonValue } from '../protocol/json.ts';
import type { UpstreamFailure } from '../upstream/connection.ts';

/** Every way a tool call can end. Edges render it; nothing else decides what a client or an auditor sees. */
export type CallOutcome =
  /**
   * `value` is the result's place in `bytes`; `era` is the upstream's and `wrapsOutput` the tool's, so a bridging edge
   * knows what to add, drop or wrap.
   */
  | {
      readonly kind: 'answered';
      readonly bytes: Buffer;
      readonly value: JsonValue;
      readonly era: Era;
      readonly wrapsOutput: boolean;
      readonly isError: boolean;
    }
  | { readonly kind: 'upstream-error'; readonly code: number; readonly message: string; readonly data: Buffer | null }
  | { readonly kind: 'upstream-failed'; readonly reason: UpstreamFailure; readonly detail: string }
  | { readonly kind: 'denied'; readonly decision: Extract<Decision, { effect: 'deny' }> }
  | { readonly kind: 'unknown-tool' }
  /** A mirrored `Mcp-Param-*` header disagrees with the argument (MCP 2026-07-28, streamable HTTP). */
  | { readonly kind: 'header-mismatch'; readonly detail: string }
  /** A bug of the gateway's own; the log says which. */
  | { readonly kind: 'fault' };
