import type { Snapshot } from './access/snapshot.ts';
import type { HealthReport, ServerHealth } from './admin/health.ts';
import type { AuditLog } from './audit/record/event.ts';
import type { Catalog } from './catalog/catalog.ts';
import type { ServerState } from './catalog/tool.ts';
import type { Sessions } from './endpoint/sessions.ts';
import type { Streams } from './endpoint/streams.ts';
import { version } from './version.ts';

export type Phase = HealthReport['phase'];

export interface HealthParts {
  readonly phase: Phase;
  readonly snapshot: () => Snapshot;
  readonly refused: () => string | null;
  readonly audit: AuditLog;
  readonly catalog: Catalog;
  readonly sessions: Sessions;
  readonly streams: Streams;
}

/** What the gateway knows about itself now. */
export function reportHealth(parts: HealthParts): HealthReport {
  const { generation, configuration } = parts.snapshot();
  return {
    phase: parts.phase,
    version,
    generation,
    config: configuration.hash,
    git: configuration.git,
    refused: parts.refused(),
    servers: parts.catalog.view().servers.map(serverHealth),
    audit: parts.audit.health(),
    sessions: parts.sessions.count(),
    streams: parts.streams.count(),
  };
}

const states: Readonly<Record<ServerState['state'], ServerHealth['state']>> = {
  pending: 'unknown',
  ready: 'up',
  stale: 'down',
  absent: 'down',
};

function serverHealth({ server, state, since, reason, ...counts }: ServerState): ServerHealth {
  return { name: server, state: states[state], reason, since: new Date(since), ...counts };
}
