import type { AuditEvent, AuditOutcome } from '../audit/event.ts';
import type { CallTrail, ToolCall } from './call.ts';
import { callerFields } from './caller.ts';
import type { CallOutcome } from './outcome.ts';

interface Ended {
  readonly call: ToolCall;
  readonly trail: CallTrail;
  readonly outcome: CallOutcome;
  readonly endedAt: number;
}

/** The audit record of one tool call. */
export function callEvent({ call, trail, outcome, endedAt }: Ended): AuditEvent {
  const { tool, decision } = trail;
  return {
    ev: 'tool.call',
    at: new Date(trail.at),
    ...callerFields(call.caller, call.snapshot),
    req: call.id,
    method: 'tools/call',
    ...(tool === null
      ? { tool_as: call.name }
      : { server: tool.server, tool: tool.name, tool_as: tool.exposed, tool_def: tool.hash, risk: tool.class }),
    ...decisionFields(decision),
    ...(call.arguments !== null && { args: call.arguments }),
    ...outcomeFields(outcome),
    dur_ms: endedAt - trail.at,
    ...(trail.upstreamMs !== null && { up_ms: trail.upstreamMs }),
  };
}

/** The fields that tell a decision; null is about a name that no tool has. */
export function decisionFields(
  decision: CallTrail['decision'],
): Pick<AuditEvent, 'decision' | 'why' | 'rule' | 'ticket'> {
  if (decision === null) return { decision: 'deny', why: 'unknown_tool' };
  if (decision.effect === 'deny') {
    const by = decision.by ?? decision.unmet;
    return { decision: 'deny', why: decision.why, ...(by && { rule: `${by.name} ${by.at.file}:${by.at.line}` }) };
  }
  const { file, line } = decision.rule;
  return {
    decision: 'allow',
    rule: `${decision.role} ${file}:${line}`,
    ...(decision.ticket !== '' && { ticket: decision.ticket }),
  };
}

function outcomeFields(outcome: CallOutcome): Partial<AuditEvent> & { readonly outcome: AuditOutcome } {
  switch (outcome.kind) {
    case 'answered':
      return { outcome: outcome.isError ? 'tool_error' : 'ok', res_bytes: outcome.value.end - outcome.value.start };
    case 'upstream-error':
      return { outcome: 'upstream_error', err: outcome.message, err_code: outcome.code };
    case 'upstream-failed': {
      const err = `${outcome.reason}: ${outcome.detail}`;
      if (outcome.reason === 'timeout' || outcome.reason === 'cancelled') return { outcome: outcome.reason, err };
      return { outcome: 'upstream_error', err };
    }
    case 'denied': {
      const { unmet } = outcome.decision;
      return { outcome: 'denied', ...(unmet && { err: unmet.detail }) };
    }
    case 'unknown-tool':
      return { outcome: 'denied' };
    case 'header-mismatch':
      return { outcome: 'denied', err: outcome.detail };
    case 'fault':
      return { outcome: 'unknown', err: 'internal fault' };
    default:
      return outcome satisfies never;
  }
}
