import type { Deny } from '../access/decision.ts';
import type { CatalogTool } from '../catalog/tool.ts';
import type { Era } from '../protocol/eras.ts';
import type { JsonValue } from '../protocol/json.ts';
import { member, textOf } from '../protocol/members.ts';
import type { UpstreamAnswer, UpstreamFailure } from '../upstream/connection.ts';

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
  | { readonly kind: 'denied'; readonly decision: Deny }
  | { readonly kind: 'unknown-tool' }
  /** The disk of the audit log is nearly full: what it can still hold is kept for calls that change nothing. */
  | { readonly kind: 'no-audit-space' }
  /** A mirrored `Mcp-Param-*` header disagrees with the argument (MCP 2026-07-28, streamable HTTP). */
  | { readonly kind: 'header-mismatch'; readonly detail: string }
  /** A bug of the gateway's own; the log says which. */
  | { readonly kind: 'fault' };

/** What an upstream's answer to a call of `tool` comes to for a client of era `client`. */
export function outcomeOf(answer: UpstreamAnswer, on: { tool: CatalogTool; client: Era | null }): CallOutcome {
  switch (answer.kind) {
    case 'result': {
      const { bytes, value, era } = answer;
      if (on.client === 'legacy' && !isComplete(bytes, value)) {
        return { kind: 'upstream-failed', reason: 'bad_answer', detail: 'it asks more than a legacy client can give' };
      }
      const isError = member(value, 'isError')?.kind === 'true';
      return { kind: 'answered', bytes, value, era, wrapsOutput: on.tool.wrapsOutput, isError };
    }
    case 'error':
      return { kind: 'upstream-error', code: answer.code, message: answer.message, data: answer.data };
    case 'failed':
      return { kind: 'upstream-failed', reason: answer.reason, detail: answer.detail };
    default:
      return answer satisfies never;
  }
}

/** Anything but `complete`, such as `input_required`, is not the call's result yet (MCP 2026-07-28, patterns/mrtr). */
function isComplete(bytes: Buffer, result: JsonValue): boolean {
  const type = member(result, 'resultType');
  return type === null || (type.kind === 'string' && textOf(bytes, type) === 'complete');
}
