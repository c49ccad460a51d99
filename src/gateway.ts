import type { Logger } from 'pino';
import { compile } from './access/compile.ts';
import type { Snapshot } from './access/snapshot.ts';
import { type Assembly, assemble } from './assemble.ts';
import { type Anchors, createAnchors } from './audit/integrity/anchors.ts';
import { loadKeys } from './audit/keys.ts';
import type { AuditLog } from './audit/record/event.ts';
import { createAuditLog } from './audit/write/writer.ts';
import type { Catalog } from './catalog/catalog.ts';
import { readClockState } from './clock-state.ts';
import type { Address, Configuration } from './config/configuration.ts';
import type { Loaded } from './config/load.ts';
import { createPolicyHistory } from './config/policy-history.ts';
import type { Problem } from './config/problem.ts';
import { createReloader, type Reloader } from './config/reload.ts';
import { readOrigin } from './recorder.ts';

export interface GatewayOptions {
  /** The configuration file. */
  readonly path: string;
  /** What was read at first; its configuration is not null. */
  readonly first: Loaded;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
}

/** A running gateway. */
export interface Gateway {
  readonly address: Address;
  readonly adminAddress: Address;
  readonly catalog: Catalog;
  /** Reads the files again now. */
  reload(): void;
  /** Finishes calls for at most `drain_ms`, ends streams, closes upstreams and the log. */
  close(why: string): Promise<void>;
}

/** Opens the log, starts listening and follows the files. Rejects when it cannot; then nothing is left open. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { configuration } = options.first;
  if (configuration === null) throw new TypeError('a gateway starts with a configuration that is right');
  const { log } = options;
  const { gateway, audit: settings, limits } = configuration;
  const keys = await loadKeys(settings.keys);
  const now = () => new Date();
  const anchors = createAnchors({ ...options, places: settings.anchors, now });
  const parts = { settings, limits, gatewayName: gateway.name, keys, now, log, onSigned: anchors.offer };
  const history = createPolicyHistory({ ...options, config: options.path });
  const clockState = () => readClockState(options.environment['PATH']);
  const [audit, origin] = await Promise.all([createAuditLog(parts), readOrigin(history, configuration, clockState)]);
  let running: Running | null = null;
  const reloader = await createReloader<Snapshot>({
    ...options,
    build: snapshotOf,
    onSwap: ({ previous }) => running && follow(running, previous.snapshot),
    onReject: (problems) => running && reject(running, problems),
  });
  const snapshot = (): Snapshot => reloader.current().snapshot;
  const refused = (): string | null => describe(reloader.rejected())[0] ?? null;
  const assembly = assemble({ ...options, audit, history, origin, snapshot, refused });
  running = { audit, anchors, reloader, assembly, log };
  return open(running).catch(async (error: unknown) => {
    await close({ audit, anchors, reloader, assembly, log }, 'could not start');
    throw error;
  });
}

interface Running {
  readonly audit: AuditLog;
  readonly anchors: Anchors;
  readonly reloader: Reloader<Snapshot>;
  readonly assembly: Assembly;
  readonly log: Logger;
}

function snapshotOf(configuration: Configuration, generation: number): Snapshot {
  return { generation, configuration, access: compile(configuration) };
}

async function open(running: Running): Promise<Gateway> {
  const { assembly, reloader } = running;
  const { gateway } = reloader.current().configuration;
  await assembly.recorder.started();
  const address = await assembly.server.listen(gateway.listen);
  const adminAddress = await assembly.admin.listen(gateway.adminListen);
  assembly.enter('serving');
  const reload = (): void => void reloader.reloadNow();
  return { address, adminAddress, catalog: assembly.catalog, reload, close: (why) => close(running, why) };
}

/** After a swap: what is unchanged is kept, what is gone retired, who is affected told. */
function follow({ assembly, reloader, log }: Running, before: Snapshot): void {
  const after = reloader.current().snapshot;
  assembly.upstreams.apply(after.configuration);
  assembly.catalog.apply(after.configuration);
  const told = [assembly.streams.reauthenticate(), assembly.recorder.reloaded(before, after)];
  Promise.all(told).catch((err: unknown) => log.error({ err }, 'the reload could not be recorded or told'));
}

function reject({ assembly, log }: Running, problems: readonly Problem[]): void {
  assembly.recorder
    .rejected(describe(problems))
    .catch((err: unknown) => log.error({ err }, 'the refused reload could not be recorded'));
}

function describe(problems: readonly Problem[]): readonly string[] {
  return problems.map(({ code, at, message }) => `${at.file}:${at.line}:${at.col} ${code} ${message}`);
}

async function close({ assembly, reloader, audit, anchors }: Running, why: string): Promise<void> {
  const { drainMs } = reloader.current().configuration.limits;
  assembly.enter('draining');
  await reloader.close();
  assembly.streams.close();
  await assembly.server.close(drainMs);
  assembly.sessions.close();
  assembly.catalog.close();
  await Promise.all([assembly.upstreams.close(0), assembly.authentication.close(), assembly.admin.close()]);
  await assembly.recorder.stopped(why);
  await audit.close();
  await anchors.close();
}
