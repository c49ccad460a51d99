/** What the rest of the gateway tells the audit log; the writer adds `v`, `seq`, `writer` and `prev`. */

export type AuditEventName =
  | 'tool.call'
  | 'tool.list'
  | 'auth.fail'
  | 'config.reload'
  | 'config.reject'
  | 'gateway.start'
  | 'gateway.stop'
  | 'upstream.error'
  /** A tool is not as it was reviewed, or never was: `detail` says how it differs. */
  | 'tool.drift'
  | 'audit.rotate'
  | 'audit.read'
  /** Writing failed and works again: `detail` names the last good file, its good bytes and what was refused. */
  | 'audit.recover';

export type AuditOutcome = 'ok' | 'tool_error' | 'denied' | 'upstream_error' | 'timeout' | 'cancelled' | 'unknown';

/** A flat object; an absent field is not written. Field meanings: `audit/record.md`. */
export interface AuditEvent {
  readonly ev: AuditEventName;
  /** Defaults to the time the event is recorded. */
  readonly at?: Date;
  readonly actor?: string;
  readonly actor_type?: 'human' | 'robot' | 'system' | 'anonymous';
  readonly iss?: string;
  readonly email?: string;
  readonly groups?: readonly string[];
  readonly auth?: string;
  readonly tok?: string;
  readonly client?: string;
  readonly client_ver?: string;
  readonly agent?: string;
  readonly ip?: string;
  readonly trace?: string;
  readonly req?: string;
  readonly flow?: string;
  readonly method?: string;
  readonly proto?: string;
  readonly server?: string;
  readonly tool?: string;
  readonly tool_as?: string;
  readonly tool_def?: string;
  readonly risk?: 'read' | 'write' | 'destructive';
  readonly decision?: 'allow' | 'deny';
  readonly rule?: string;
  readonly why?: string;
  readonly ticket?: string;
  readonly cfg?: string;
  readonly git?: string;
  /** Raw JSON text of the arguments; the writer redacts, caps and re-serialises it. */
  readonly args?: Buffer;
  readonly outcome?: AuditOutcome;
  readonly err?: string;
  readonly err_code?: number;
  readonly http?: number;
  readonly res_bytes?: number;
  readonly dur_ms?: number;
  readonly up_ms?: number;
  readonly cred?: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

export interface AuditLog {
  /** Resolves when the record is as durable as configured; rejects with `AuditUnavailable` when it cannot be. */
  record(event: AuditEvent): Promise<void>;
  /** Whether the next record is expected to be kept, and why not. */
  health(): { readonly ok: boolean; readonly detail: string; readonly head: string; readonly seq: number };
  /** Writes what is queued, closes the file and makes it read-only. */
  close(): Promise<void>;
}

/** The record could not be kept: the caller must not act as if it had been. */
export class AuditUnavailable extends Error {
  override readonly name = 'AuditUnavailable';
  readonly code = 'audit_unavailable';
}
