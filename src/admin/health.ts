/** What the gateway knows about itself, read at one moment. The composition root fills it; probes and metrics render it. */
export interface HealthReport {
  readonly phase: 'starting' | 'serving' | 'draining';
  /** Of the package. */
  readonly version: string;
  /** Counts the configurations put in force since the start, from 1. */
  readonly generation: number;
  /** Content hash and commit of the configuration in force; `git` is null outside a work tree. */
  readonly config: string;
  readonly git: string | null;
  /** Why the files on disk are not in force: the first problem of a refused reload; null when they are. */
  readonly refused: string | null;
  readonly servers: readonly ServerHealth[];
  readonly audit: LogHealth;
  /** Legacy sessions and event streams open now. */
  readonly sessions: number;
  readonly streams: number;
}

/** The audit log: `ok` when the next record is expected to be kept, `accepting` which calls may be begun. */
export interface LogHealth {
  readonly ok: boolean;
  readonly accepting: 'everything' | 'reads' | 'nothing';
  readonly detail: string;
  readonly head: string;
  readonly seq: number;
  /** `seq` of the last record that a checkpoint covers. */
  readonly signed: number;
  /** Records that could not be kept since the start. */
  readonly lost: number;
  readonly space: 'ample' | 'low' | 'scarce' | 'full';
  /** On its disk; null when the system does not say. */
  readonly freeBytes: number | null;
}

export interface ServerHealth {
  /** As registered. */
  readonly name: string;
  /** `unknown` until the first contact. */
  readonly state: 'up' | 'down' | 'unknown';
  /** For a person; empty when there is nothing to say. */
  readonly reason: string;
  /** When it entered the state. */
  readonly since: Date;
  /** How many of its tools can be listed and called. */
  readonly tools: number;
  /** Tools it offers not as they were reviewed, and without ever having been. */
  readonly drifted: number;
  readonly unlisted: number;
}

/** `failing`: calls are refused. `degraded`: calls are answered, but not everything that was asked for is in place. */
export type Status = 'ok' | 'degraded' | 'failing';

export function statusOf(report: HealthReport): Status {
  if (report.audit.accepting === 'nothing') return 'failing';
  if (report.audit.accepting === 'reads' || !report.audit.ok) return 'degraded';
  const whole = report.refused === null && report.servers.every((server) => server.state !== 'down');
  return whole ? 'ok' : 'degraded';
}

/** Whether a load balancer should send new connections here: null, or the reason why not. */
export function unreadyReason(report: HealthReport): string | null {
  if (report.phase !== 'serving') return report.phase;
  return report.audit.accepting !== 'nothing' ? null : `audit: ${report.audit.detail}`;
}
