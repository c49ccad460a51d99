import type { Logger } from 'pino';
import { classOf } from './access/class.ts';
import type { Snapshot } from './access/snapshot.ts';
import { createAdmin } from './admin/admin-server.ts';
import { createMetrics } from './admin/metrics.ts';
import type { AuditHealth, AuditLog } from './audit/record/event.ts';
import { createCall } from './calls/call.ts';
import { createList } from './calls/list.ts';
import { type Catalog, createCatalog } from './catalog/catalog.ts';
import type { Limits } from './config/configuration.ts';
import { overriddenClass } from './config/overridden-class.ts';
import type { PolicyHistory } from './config/policy-history.ts';
import { createCredentials } from './credentials/resolve.ts';
import { createEndpoint } from './endpoint/endpoint.ts';
import { createSessions, type Sessions } from './endpoint/sessions.ts';
import { createStreams, type Streams } from './endpoint/streams.ts';
import { createHttpServer, inboundTimes } from './http/server.ts';
import { createAuthenticate } from './identity/authenticate.ts';
import { createRecorder, type Origin, type Recorder } from './recorder.ts';
import { type Phase, reportHealth } from './report-health.ts';
import { createUpstreams, type Upstreams } from './upstream/upstreams.ts';
import { version } from './version.ts';

export interface AssemblyParts {
  /** The snapshot in force. */
  readonly snapshot: () => Snapshot;
  /** The first problem of a refused reload, while the files on disk are not in force; else null. */
  readonly refused: () => string | null;
  readonly audit: AuditLog;
  readonly history: PolicyHistory;
  readonly origin: Origin;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
}

/** Some clients give up when the first byte of an answer takes a minute. */
const silenceMs = 10_000;

/** Epoch milliseconds with fractions, monotonic. */
const now = (): number => performance.timeOrigin + performance.now();

/** Everything a running gateway is made of. */
export interface Assembly {
  readonly recorder: Recorder;
  readonly catalog: Catalog;
  readonly upstreams: Upstreams;
  readonly sessions: Sessions;
  readonly streams: Streams;
  readonly authentication: ReturnType<typeof createAuthenticate>;
  readonly server: ReturnType<typeof createHttpServer>;
  readonly admin: ReturnType<typeof createAdmin>;
  readonly enter: (phase: Phase) => void;
}

/** Builds the parts from the snapshot and ties them together; nothing listens yet. */
export function assemble(parts: AssemblyParts): Assembly {
  const { snapshot, log, audit } = parts;
  const { configuration } = snapshot();
  const limits = () => snapshot().configuration.limits;
  let phase: Phase = 'starting';
  const health = () => reportHealth({ ...parts, phase, catalog, sessions, streams });
  const metrics = createMetrics(health);
  const recorder = createRecorder({ ...parts, metrics });
  const upstreams = createUpstreams({
    ...parts,
    version,
    credentialFor: createCredentials({ env: parts.environment }).credentialFor,
    toolsChanged: ({ name }) => catalog.refresh(name),
    stateChanged({ name }, state, detail) {
      recorder.upstreamState(name, state, detail);
      if (state === 'down') catalog.lost(name, detail);
    },
  });
  upstreams.apply(configuration);
  const sessions = createSessions(limits, now);
  const { connectionFor } = upstreams;
  const catalog = createCatalog({
    connectionFor,
    classify: classOf,
    isOverridden: (server, tool) => overriddenClass(server, tool) !== null,
    drifted: recorder.drifted,
    changed: () => streams.relist(),
    now,
    log,
  });
  const list = createList({ view: catalog.view, now });
  const streams = createStreams({
    list: (who) => list(who, snapshot()),
    perPrincipalMax: () => limits().streamsPerPrincipalMax,
    now,
  });
  catalog.apply(configuration);
  const authentication = createAuthenticate({ configuration: snapshot, now, log });
  const authFailuresPerSecondMax = () => (hasRoom(audit.health(), limits()) ? limits().authFailuresPerSecondMax : 0);
  const available = (): boolean => phase !== 'draining' && audit.accepting() !== 'nothing';
  const { record } = recorder;
  const { view, settled } = catalog;
  const { accepting } = audit;
  const call = createCall({ view, settled, connectionFor, record, accepting, now, log });
  const { authenticate } = authentication;
  const told = { version, snapshot, view, settled, record, now, log, silenceMs };
  const admitted = { authenticate, available, authFailuresPerSecondMax, authFailed: metrics.authFailure };
  const handler = createEndpoint({ ...told, ...admitted, call, list, streams, sessions });
  const { connectionsMax } = configuration.limits;
  const server = createHttpServer({ handler, connectionsMax, times: inboundTimes });
  const admin = createAdmin({
    health,
    metrics: metrics.text,
    allowedHosts: () => snapshot().configuration.gateway.allowedHosts,
    log,
  });
  const enter = (next: Phase): void => {
    phase = next;
  };
  return { recorder, catalog, upstreams, sessions, streams, authentication, server, admin, enter };
}

/** Whether noise from outside may still be written down: what is left below is for calls. */
function hasRoom({ space, freeBytes }: AuditHealth, { auditSpaceLowBytes }: Limits): boolean {
  return space !== 'full' && (freeBytes === null || freeBytes >= auditSpaceLowBytes);
}
