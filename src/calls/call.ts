import type { Logger } from 'pino';
import { decide } from '../access/decide.ts';
import type { Decision } from '../access/decision.ts';
import type { Snapshot } from '../access/snapshot.ts';
import { type AuditEvent, type AuditHealth, AuditUnavailable } from '../audit/record/event.ts';
import type { CatalogTool, CatalogView } from '../catalog/tool.ts';
import type { Server } from '../config/configuration.ts';
import { eraOf } from '../protocol/eras.ts';
import { type HeaderLookup, headersOf, mismatch } from '../protocol/header-params.ts';
import type { RawMember } from '../protocol/members.ts';
import type { UpstreamConnection, UpstreamRequest } from '../upstream/connection.ts';
import { judgedArguments } from './arguments.ts';
import type { Caller } from './caller.ts';
import { type CallOutcome, outcomeOf } from './outcome.ts';
import { attemptEvent, callEvent, credentialEvent } from './record.ts';

/** One `tools/call` as it came in, its arguments untouched. */
export interface ToolCall {
  /** What the request is decided on, from its beginning to its end. */
  readonly snapshot: Snapshot;
  readonly caller: Caller;
  /** Raw JSON-RPC id. */
  readonly id: string;
  /** The exposed name asked for. */
  readonly name: string;
  /** The raw text of `arguments`, or null when absent. */
  readonly arguments: Buffer | null;
  /** Members of `params` except `name` and `_meta`: arguments and whatever else the client sent. */
  readonly params: readonly RawMember[];
  /** Members of `_meta` that are meant for the upstream. */
  readonly meta: readonly RawMember[];
  /** The request's headers where the era mirrors arguments into them (modern); null elsewhere. */
  readonly mirrored: HeaderLookup | null;
  readonly onProgress: UpstreamRequest['onProgress'];
  readonly signal: UpstreamRequest['signal'];
}

export interface CallParts {
  readonly view: () => CatalogView;
  /** The view once every server has been asked. */
  readonly settled: () => Promise<CatalogView>;
  readonly connectionFor: (server: Server) => UpstreamConnection;
  readonly record: (event: AuditEvent) => Promise<number | null>;
  /** Which calls the audit log has room for. */
  readonly accepting: () => AuditHealth['accepting'];
  /** Epoch milliseconds, with fractions. */
  readonly now: () => number;
  readonly log: Logger;
}

/** What was found out on the way, for the record. */
export interface CallTrail {
  readonly at: number;
  tool: CatalogTool | null;
  decision: Decision | null;
  /** `seq` of the attempt's record. */
  attempt: number | null;
  upstreamMs: number | null;
}

/** Answers one tool call. Every way out, refusal and fault included, leaves one audit record before the answer. */
export function createCall(parts: CallParts): (call: ToolCall) => Promise<CallOutcome> {
  return async function answer(call) {
    const trail: CallTrail = { at: parts.now(), tool: null, decision: null, attempt: null, upstreamMs: null };
    const outcome = await attempt(call, trail).catch(fault);
    const useless = credentialEvent({ call, trail, outcome });
    if (useless !== null) await keep(useless, trail);
    await keep(callEvent({ call, trail, outcome, endedAt: parts.now() }), trail);
    return outcome;
  };

  function fault(err: unknown): CallOutcome {
    if (err instanceof AuditUnavailable) throw err;
    parts.log.error({ err }, 'a call ended in a fault of the gateway');
    return { kind: 'fault' };
  }

  async function keep(event: AuditEvent, { upstreamMs }: CallTrail): Promise<void> {
    try {
      await parts.record(event);
    } catch (err) {
      const { actor, server, tool } = event;
      // What the upstream has done cannot be taken back; this line is the only trace of it.
      if (upstreamMs !== null) parts.log.error({ err, actor, server, tool }, 'a call was made and is not recorded');
      throw err;
    }
  }

  async function attempt(call: ToolCall, trail: CallTrail): Promise<CallOutcome> {
    const tool = parts.view().byExposed.get(call.name) ?? (await parts.settled()).byExposed.get(call.name);
    const server = tool && call.snapshot.configuration.servers.get(tool.server);
    if (tool === undefined || server === undefined) return { kind: 'unknown-tool' };
    trail.tool = tool;
    const decision = decide(call.snapshot.access, {
      who: call.caller.identity,
      target: { server: tool.server, tool: tool.name, class: tool.class },
      at: trail.at,
      args: judgedArguments(call.arguments),
    });
    trail.decision = decision;
    if (decision.effect === 'deny') return { kind: 'denied', decision };
    const wrong = call.mirrored && mismatch(tool.headerParams, call.arguments, call.mirrored);
    if (wrong !== null) return { kind: 'header-mismatch', detail: wrong };
    if (tool.class !== 'read' && parts.accepting() === 'reads') return { kind: 'no-audit-space' };
    if (isAttempted(call, tool)) trail.attempt = await parts.record(attemptEvent({ call, trail }));
    return send(call, tool, { server, trail });
  }

  async function send(
    call: ToolCall,
    tool: CatalogTool,
    on: { server: Server; trail: CallTrail },
  ): Promise<CallOutcome> {
    const sentAt = parts.now();
    const answer = await parts.connectionFor(on.server).request({
      method: 'tools/call',
      params: [{ key: 'name', value: Buffer.from(JSON.stringify(tool.name)) }, ...call.params],
      meta: call.meta,
      name: tool.name,
      headers: headersOf(tool.headerParams, call.arguments),
      onProgress: call.onProgress,
      signal: call.signal,
      timeoutMs: on.server.timeoutMs,
    });
    on.trail.upstreamMs = parts.now() - sentAt;
    return outcomeOf(answer, { tool, client: eraOf(call.caller.proto) });
  }
}

/** Whether a record is to be durable before the upstream is asked, so that nothing it does is without a trace. */
function isAttempted({ snapshot }: ToolCall, tool: CatalogTool): boolean {
  const { attempts } = snapshot.configuration.audit;
  return attempts === 'all' || (attempts === 'writes' && tool.class !== 'read');
}
