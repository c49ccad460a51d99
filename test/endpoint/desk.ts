import type { TestContext } from 'node:test';
import { pino } from 'pino';
import { compile } from '../../src/access/compile.ts';
import type { Snapshot } from '../../src/access/snapshot.ts';
import type { AuditEvent } from '../../src/audit/record/event.ts';
import type { ToolCall } from '../../src/calls/call.ts';
import { createList } from '../../src/calls/list.ts';
import type { CallOutcome } from '../../src/calls/outcome.ts';
import { readDefinition } from '../../src/catalog/definition.ts';
import type { CatalogView } from '../../src/catalog/tool.ts';
import type { Limits } from '../../src/config/configuration.ts';
import { createEndpoint } from '../../src/endpoint/endpoint.ts';
import { createSessions, type Sessions } from '../../src/endpoint/sessions.ts';
import { createStreams, type Streams } from '../../src/endpoint/streams.ts';
import type { Authentication, Proof } from '../../src/identity/identity.ts';
import { scanJson } from '../../src/protocol/scan.ts';
import { gateway, grant, policyOf, robot, role } from '../access/policy.ts';
import { auditSettings } from '../audit/settings.ts';
import { tool } from '../fixtures/upstream.ts';
import { start } from '../http/raw-client.ts';
import { limits, serverOf } from '../upstream/connect.ts';

/** The endpoint alone on a real socket: who calls, what a call comes to, the policy and the clock are the test's. */
export interface Desk {
  readonly url: URL;
  readonly port: number;
  readonly streams: Streams;
  readonly sessions: Sessions;
  readonly records: AuditEvent[];
  /** Every line of the log. */
  readonly log: string[];
  /** Answers `tools/call`; at first with an empty result. */
  call: (call: ToolCall) => Promise<CallOutcome>;
  /** `Bearer NAME` is robot NAME, unless the test says otherwise; nobody is `ana`. */
  authenticate: (proof: Proof) => Promise<Authentication>;
  record: (event: AuditEvent) => Promise<void>;
  available: boolean;
  /** Puts a configuration in force under which the robots named may call tool `one_look`. */
  grantTo(robots: readonly string[], bounds?: Partial<Limits>): void;
}

export interface DeskOptions {
  readonly limits?: Partial<Limits>;
  readonly silenceMs?: number;
}

export async function startDesk(t: TestContext, options: DeskOptions = {}): Promise<Desk> {
  let snapshot = snapshotOf(['ana', 'bob'], { generation: 1, bounds: { ...limits, ...options.limits } });
  const now = (): number => Date.now();
  const log: string[] = [];
  const list = createList({ view, now });
  const bounds = (): Limits => snapshot.configuration.limits;
  const streams = createStreams({
    list: (who) => list(who, snapshot),
    perPrincipalMax: () => bounds().streamsPerPrincipalMax,
    now,
  });
  const sessions = createSessions(bounds, now);
  const desk: Omit<Desk, 'url' | 'port'> = {
    streams,
    sessions,
    records: [],
    log,
    call: async () => answered('{"content":[]}'),
    authenticate: async ({ authorization }) => ({
      kind: 'identified',
      identity: robot(authorization?.replace('Bearer ', '') ?? 'ana'),
    }),
    record: async (event) => void desk.records.push(event),
    available: true,
    grantTo(robots, more = {}) {
      const generation = snapshot.generation + 1;
      snapshot = snapshotOf(robots, { generation, bounds: { ...bounds(), ...more } });
    },
  };
  const handler = createEndpoint({
    version: '1.2.3',
    snapshot: () => snapshot,
    authenticate: (proof) => desk.authenticate(proof),
    call: (call) => desk.call(call),
    list,
    view,
    settled: async () => view(),
    record: (event) => desk.record(event),
    streams,
    sessions,
    now,
    silenceMs: options.silenceMs ?? 10_000,
    available: () => desk.available,
    authFailed: () => undefined,
    authFailuresPerSecondMax: () => bounds().authFailuresPerSecondMax,
    log: pino({ level: 'debug' }, { write: (line: string) => log.push(line) }),
  });
  const { port } = await start(t, handler);
  t.after(() => {
    streams.close();
    sessions.close();
  });
  return Object.assign(desk, { port, url: new URL(`http://127.0.0.1:${port}/mcp`) });
}

/** What a call comes to when its server answers this raw result. */
export function answered(result: string): CallOutcome {
  const bytes = Buffer.from(result);
  const scan = scanJson(bytes, { depthMax: 64, membersDepth: 2, uniqueKeys: false });
  if (!scan.ok) throw new Error(scan.message);
  return { kind: 'answered', bytes, value: scan.root, era: 'legacy', wrapsOutput: false, isError: false };
}

/** A configuration of one server, `one`, that the robots named may read. */
export function snapshotOf(robots: readonly string[], on: { generation: number; bounds: Limits }): Snapshot {
  const policy = policyOf({
    roles: [role('looker', [['read', 'one/*']])],
    grants: robots.map((name) => grant(`robot:${name}`, ['looker'])),
  });
  const configuration = {
    hash: `config-${on.generation}`,
    git: null,
    gateway,
    identity: { issuers: [], local: null },
    audit: { ...auditSettings, durability: 'flush', otherwise: { ...auditSettings.otherwise, arguments: 'none' } },
    limits: on.bounds,
    servers: new Map([[one.name, one]]),
    policy,
    owners: { gateway: '', handles: new Map() },
    locks: new Map(),
  } as const;
  return { generation: on.generation, configuration, access: compile(configuration) };
}

const one = serverOf(
  { kind: 'http', transport: 'http', url: 'http://127.0.0.1:1/mcp' },
  { name: 'one', prefix: 'one' },
);

/** What that server offers: `one_look`. */
export function view(): CatalogView {
  return known;
}

const known: CatalogView = catalogOf(tool('look'));

function catalogOf(definition: string): CatalogView {
  const read = readDefinition(Buffer.from(definition), one, () => 'read');
  if (!read.ok) throw new Error(read.reason);
  const exposed = `one_${read.tool.name}`;
  const found = { ...read.tool, server: 'one', exposed, definition: read.tool.define(exposed) };
  const servers = [{ server: 'one', state: 'ready', reason: '', since: 0, tools: 1, drifted: 0, unlisted: 0 }] as const;
  return { version: 1, tools: [found], byExposed: new Map([[exposed, found]]), servers };
}
