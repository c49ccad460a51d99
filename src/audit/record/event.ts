import type { Redaction } from '../../config/audit-settings.ts';

/** What the rest of the gateway tells the audit log; the writer adds `v`, `seq`, `writer` and `prev`. */

export type AuditEventName =
  | 'tool.call'
  /** A call that is about to be forwarded; the `tool.call` whose `of` is its `seq` says how it ended. */
  | 'tool.attempt'
  | 'tool.list'
  /** A credential was proven that had not been for a day. */
  | 'auth.ok'
  | 'auth.fail'
  | 'config.reload'
  | 'config.reject'
  | 'gateway.start'
  | 'gateway.stop'
  | 'upstream.error'
  /** There was nothing to present to a server, or it refused what was. */
  | 'cred.use_fail'
  /** A tool is not as it was reviewed, or never was: `detail` says how it differs. */
  | 'tool.drift'
  /** The first record of a file that follows another: `detail` names that one and its bytes. */
  | 'audit.rotate'
  | 'audit.read'
  /** What was done with the log itself: files compressed, days copied to Parquet, files removed, holds changed. */
  | 'audit.seal'
  | 'audit.archive'
  | 'audit.retention'
  | 'audit.hold'
  /** An old key was removed: what was kept under it can be matched with nothing any more. */
  | 'audit.erase'
  /** Somebody looked at a period of the log and stands for it. */
  | 'audit.review'
  /** A command used or changed the keys of the log. */
  | 'admin.cli'
  /** Records were lost, and which: with `on_failure: allow`, or when somebody took the file away. */
  | 'audit.gap'
  /** The disk is full: what was begun is still recorded, and nothing else is begun. */
  | 'audit.full'
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
  /** `writer` and `seq` of the attempt this is the outcome of; the writer is told when it is another one. */
  readonly of?: number;
  readonly of_writer?: string;
  readonly label?: string;
  /** Raw JSON texts; the writer keeps of them what `redaction` says. */
  readonly args?: Buffer;
  readonly res?: Buffer;
  /** Default: arguments redacted, results as a MAC. */
  readonly redaction?: Redaction;
  /** Made by the writer from `args`; of a record that repeats another's, that one's. */
  readonly args_mac?: string;
  readonly kid?: string;
  readonly outcome?: AuditOutcome;
  readonly err?: string;
  readonly err_code?: number;
  readonly http?: number;
  readonly dur_ms?: number;
  readonly up_ms?: number;
  readonly cred?: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

export interface AuditLog {
  /**
   * Resolves with the record's `seq` when it is as durable as configured. When it cannot be kept, rejects with
   * `AuditUnavailable`, or with `on_failure: allow` counts it and resolves with null.
   */
  record(event: AuditEvent): Promise<number | null>;
  health(): AuditHealth;
  /** `health().accepting`, which every request asks for. */
  accepting(): AuditHealth['accepting'];
  /** Writes what is queued, closes the file and makes it read-only. */
  close(): Promise<void>;
}

/** How much room the log has: below `low` noise is only counted, `scarce` is kept for calls that change nothing. */
export type SpaceLevel = 'ample' | 'low' | 'scarce' | 'full';

export interface AuditHealth {
  /** Whether the next record is expected to be kept. */
  readonly ok: boolean;
  /** Which calls may be begun: `reads` are those of read-class tools. */
  readonly accepting: 'everything' | 'reads' | 'nothing';
  /** The file written to, or why none can be. */
  readonly detail: string;
  /** Hash and `seq` of the last record that was kept. */
  readonly head: string;
  readonly seq: number;
  /** `seq` of the last record that a checkpoint covers; it stays behind when checkpoints cannot be written. */
  readonly signed: number;
  /** Records that could not be kept since the start. */
  readonly lost: number;
  readonly space: SpaceLevel;
  /** Free bytes on the log's disk; null when the system does not say. */
  readonly freeBytes: number | null;
}

/** The record could not be kept: the caller must not act as if it had been. */
export class AuditUnavailable extends Error {
  override readonly name = 'AuditUnavailable';
  readonly code = 'audit_unavailable';
}
