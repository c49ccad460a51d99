import { hostname } from 'node:os';
import { pid } from 'node:process';
import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Snapshot } from './access/snapshot.ts';
import type { Metrics } from './admin/metrics.ts';
import type { AuditEvent, AuditLog } from './audit/record/event.ts';
import type { ToolDrift } from './catalog/pass-lock.ts';
import type { ClockState } from './clock-state.ts';
import type { Configuration } from './config/configuration.ts';
import type { PolicyHistory } from './config/policy-history.ts';
import { policyChanges } from './policy-changes.ts';
import { type RecordedCommits, recordedCommits } from './recorded-commits.ts';
import { version } from './version.ts';

/** Everything that is recorded passes here, so that the log and the metrics cannot tell different stories. */
export interface Recorder {
  /** As `AuditLog.record`. */
  record(event: AuditEvent): Promise<number | null>;
  started(): Promise<void>;
  stopped(why: string): Promise<void>;
  reloaded(before: Snapshot, after: Snapshot): Promise<void>;
  /** Files on disk that were not put in force. */
  rejected(problems: readonly string[]): Promise<void>;
  upstreamState(server: string, state: 'up' | 'down', detail: string): void;
  /** Tools that are not as they were reviewed. */
  drifted(server: string, drift: readonly ToolDrift[]): void;
}

export interface RecorderParts {
  readonly audit: AuditLog;
  readonly metrics: Metrics;
  readonly snapshot: () => Snapshot;
  readonly history: PolicyHistory;
  readonly origin: Origin;
  readonly log: Logger;
}

/** Of one tool's, the most severe first; the lock and `gatehouse lock` show all. */
const differencesMax = 8;

export function createRecorder({ audit, metrics, snapshot, history, origin, log }: RecorderParts): Recorder {
  /** Being recorded; git is waited for, until the end. */
  const reloads = new Set<Promise<void>>();
  const ending = new AbortController();

  return {
    record,
    // Nothing may be waited for here: a start is the first record of its chain.
    started: () => system('gateway.start', { ...programNow(origin), mode: mode(snapshot()), ...origin.commits }),
    async stopped(why) {
      ending.abort();
      await Promise.allSettled(reloads);
      await system('gateway.stop', { why });
    },
    reloaded(before, after) {
      const recording = reloaded(before, after).finally(() => reloads.delete(recording));
      reloads.add(recording);
      return recording;
    },
    async rejected(problems) {
      metrics.reload('refused');
      log.error({ problems }, 'configuration NOT in force: the files on disk are refused');
      await system('config.reject', { problems });
    },
    upstreamState(server, state, detail) {
      log[state === 'up' ? 'info' : 'warn']({ server, detail }, `server ${state}`);
      if (state === 'up') return;
      unawaited({ ...about('upstream.error'), server, err: detail });
    },
    drifted(server, drift) {
      for (const { tool, kind, grade, hidden, differences, class: risk, sha256 } of drift) {
        log.warn(
          { server, tool, grade, hidden },
          kind === 'changed' ? 'tool changed since its review' : 'tool not reviewed',
        );
        const detail = { kind, grade, hidden, sha256, differences: differences.slice(0, differencesMax) };
        unawaited({ ...about('tool.drift'), server, tool, risk, detail });
      }
    },
  };

  async function reloaded(before: Snapshot, after: Snapshot): Promise<void> {
    metrics.reload('applied');
    const { hash, git, limits } = after.configuration;
    log.info({ generation: after.generation, config: hash, git }, 'configuration in force');
    const event = { ...about('config.reload'), at: new Date() };
    const range = { from: before.configuration.git, to: git, wait: limits.historyWaitMs };
    const commits = await commitsOf({ history, ...range, signal: ending.signal }).catch(without(log));
    await record({ ...event, detail: { ...whatChanged(before, after), ...commits } });
  }

  /** What cannot be kept is told by the log's own health. */
  function unawaited(event: AuditEvent): void {
    record(event).catch((err) => log.error({ err }, 'not recorded'));
  }

  async function record(event: AuditEvent): Promise<number | null> {
    const seq = await audit.record(event);
    if (event.ev !== 'tool.call') return seq;
    const { server = '', outcome = 'unknown', dur_ms: durationMs = 0, up_ms: upstreamMs = null } = event;
    metrics.call({ server, outcome, durationMs, upstreamMs });
    return seq;
  }

  async function system(ev: AuditEvent['ev'], detail: Record<string, unknown>): Promise<void> {
    await record({ ...about(ev), detail });
  }

  function about(ev: AuditEvent['ev']): AuditEvent {
    const { hash, git } = snapshot().configuration;
    return { ev, actor_type: 'system', cfg: hash, ...(git !== null && { git }) };
  }
}

function without(log: Logger): (err: unknown) => Partial<RecordedCommits> {
  return (err) => {
    log.error({ err }, 'who wrote what is in force now cannot be recorded');
    return {};
  };
}

function programNow({ clock }: Origin): Record<string, unknown> {
  return { version, pid, host: hostname(), ...(clock !== null && { clock }) };
}

function whatChanged(before: Snapshot, after: Snapshot): Record<string, unknown> {
  const [old, now] = [before, after].map(({ configuration: { hash, git } }) => ({ hash, git }));
  const changes = policyChanges(before.configuration.policy, after.configuration.policy);
  return { generation: after.generation, old, new: now, ...changes };
}

/** What is known before anything runs, for the record of the start. */
export interface Origin {
  readonly clock: ClockState | null;
  readonly commits: Partial<RecordedCommits>;
}

/** Of the first configuration. Resolves within its `history_wait_ms` or so, whatever the machine does. */
export async function readOrigin(
  history: PolicyHistory,
  { git, limits }: Pick<Configuration, 'git' | 'limits'>,
  clockState: () => Promise<ClockState | null>,
): Promise<Origin> {
  const commits = commitsOf({ history, from: null, to: git, wait: limits.historyWaitMs });
  const [told, clock] = await Promise.all([commits, clockState()]);
  return { commits: told, clock };
}

interface CommitsRequest {
  readonly history: PolicyHistory;
  /** Commits; null for none. */
  readonly from: string | null;
  readonly to: string | null;
  /** Milliseconds. */
  readonly wait: number;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
}

/** Who had a part in what is now in force, as its repository tells; nothing when it cannot be asked in time. */
async function commitsOf({ history, from, to, wait, signal }: CommitsRequest): Promise<Partial<RecordedCommits>> {
  if (to === null) return {};
  const late = setTimeout(wait, null, { ref: false, ...(signal && { signal }) }).catch(() => null);
  const found = await Promise.race([history(from, to), late]);
  return found === null ? {} : recordedCommits(found);
}

/** What decides how much of what happens is refused and recorded. */
function mode({ configuration }: Snapshot): Record<string, unknown> {
  const { durability, attempts, onFailure: on_failure } = configuration.audit;
  return { durability, attempts, on_failure, lock: configuration.gateway.lock };
}
