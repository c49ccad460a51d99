import type { AuditEvent, AuditOutcome } from '../audit/record/event.ts';
import { rawOf } from '../protocol/members.ts';
import type { CallTrail, ToolCall } from './call.ts';
import { callerFields } from './caller.ts';
import type { CallOutcome } from './outcome.ts';
import { redactionFor } from './redaction.ts';

interface Ended {
  readonly call: ToolCall;
  readonly trail: CallTrail;
  readonly outcome: CallOutcome;
  readonly endedAt: number;
}

/** The audit record of one tool call. */
export function callEvent({ call, trail, outcome, endedAt }: Ended): AuditEvent {
  return {
    ev: 'tool.call',
    ...askedFields({ call, trail }),
    ...credentialFields({ call, trail }),
    ...(trail.attempt !== null && { of: trail.attempt }),
    ...outcomeFields(outcome),
    dur_ms: endedAt - trail.at,
    ...(trail.upstreamMs !== null && { up_ms: trail.upstreamMs }),
  };
}

/** The record that a call is about to be forwarded: who and what, with a MAC of the arguments at most. */
export function attemptEvent(asked: Pick<Ended, 'call' | 'trail'>): AuditEvent {
  const fields = askedFields(asked);
  const { redaction } = fields;
  if (redaction === undefined || redaction.arguments === 'none') return { ...fields, ev: 'tool.attempt' };
  return { ...fields, ev: 'tool.attempt', redaction: { ...redaction, arguments: 'hash' } };
}

/** A call's credential that was of no use to its server, or missing; null when it was not that. */
export function credentialEvent({ call, trail, outcome }: Omit<Ended, 'endedAt'>): AuditEvent | null {
  if (outcome.kind !== 'upstream-failed') return null;
  const { reason, detail } = outcome;
  if (reason !== 'no_credential' && reason !== 'refused') return null;
  const { args, redaction, ...asked } = askedFields({ call, trail });
  return { ev: 'cred.use_fail', ...asked, ...credentialFields({ call, trail }), why: reason, err: detail };
}

function askedFields({ call, trail: { at, tool, decision } }: Pick<Ended, 'call' | 'trail'>): Omit<AuditEvent, 'ev'> {
  const redaction = redactionFor(call.snapshot.configuration.audit, tool);
  return {
    at: new Date(at),
    ...callerFields(call.caller, call.snapshot),
    req: call.id,
    method: 'tools/call',
    ...(tool === null
      ? { tool_as: call.name }
      : { server: tool.server, tool: tool.name, tool_as: tool.exposed, tool_def: tool.hash, risk: tool.class }),
    ...decisionFields(decision),
    ...(redaction.label !== '' && { label: redaction.label }),
    ...(call.arguments !== null && { args: call.arguments }),
    redaction,
  };
}

/** What was presented upstream, by the name the configuration has for it. */
function credentialFields({ call, trail: { tool, upstreamMs } }: Pick<Ended, 'call' | 'trail'>): Partial<AuditEvent> {
  const auth = tool && call.snapshot.configuration.servers.get(tool.server)?.auth;
  if (upstreamMs === null || !auth || auth.kind === 'none') return {};
  const references = auth.kind === 'bearer' ? [auth.token] : Object.values(auth.headers);
  return { cred: references.map((one) => (one.kind === 'env' ? `env:${one.name}` : `file:${one.path}`)).join(' ') };
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
      return {
        outcome: outcome.isError ? 'tool_error' : 'ok',
        res: rawOf(outcome.bytes, outcome.value),
      };
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
    case 'no-audit-space':
      return { outcome: 'denied', decision: 'deny', why: 'audit_space' };
    case 'header-mismatch':
      return { outcome: 'denied', err: outcome.detail };
    case 'fault':
      return { outcome: 'unknown', err: 'internal fault' };
    default:
      return outcome satisfies never;
  }
}
