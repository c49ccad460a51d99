import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { AuditSettings } from '../../config/audit-settings.ts';
import type { Limits } from '../../config/configuration.ts';
import { type PreviousHead, previousHead } from '../integrity/chain.ts';
import type { AuditKeys } from '../keys.ts';
import { type AuditEvent, type AuditHealth, type AuditLog, AuditUnavailable } from '../record/event.ts';
import { createEncoder } from '../record/record.ts';
import { createBatches } from './batches.ts';
import { type CheckpointsParts, createCheckpoints } from './checkpoints.ts';
import { type CommandHeads, commandHeads } from './command-heads.ts';
import { createLedger } from './ledger.ts';
import { createSegments, type OpenFile } from './rotation.ts';
import { createSpace, type SpaceParts } from './space.ts';
import { createStore } from './store.ts';
import { unfinishedCalls } from './unfinished.ts';

export interface AuditLogParts extends Pick<SpaceParts, 'statFs'>, Pick<CheckpointsParts, 'onSigned'> {
  readonly settings: AuditSettings;
  readonly limits: Pick<Limits, 'auditQueueMax'> & SpaceParts['limits'];
  readonly gatewayName: string;
  readonly keys: AuditKeys;
  readonly now: () => Date;
  readonly log: Pick<Logger, 'warn' | 'error' | 'info'>;
  /** Opens files and folders; default `node:fs/promises`. */
  readonly openFile?: OpenFile;
}

/** So often the disk and the open file are looked at and, while writing fails, it is tried again. */
const LOOK_MS = 1000;

/**
 * Begins a chain of its own and its first file, or throws `AuditUnavailable`.
 *
 * Everything queued goes out in one write and one sync, while which the next batch gathers: no delay is added, and
 * the more callers wait the fewer syncs each costs. When writing fails, the batch is written once more, into a new
 * file; when that fails too, everyone in it is told so, and the next record, or the next second, tries again.
 */
export async function createAuditLog(parts: AuditLogParts): Promise<AuditLog> {
  const { settings, limits, now, gatewayName, keys } = parts;
  const { dir } = settings;
  const writer = `${gatewayName}-${randomBytes(4).toString('hex')}`;
  const encode = createEncoder(writer, keys.mac);
  const onCloseFailed = (err: unknown) => parts.log.warn({ err }, 'an audit file could not be closed as it should');
  const segments = createSegments({ ...parts, writer, onCloseFailed });
  const checkpoints = createCheckpoints({ ...parts, dir, writer, key: keys.signing });
  const ledger = createLedger({ ...parts, writer, encode, segments, checkpoints });
  const space = createSpace({ ...parts, dir });
  const store = createStore({ settings, limits, ledger, segments, space });
  const batches = createBatches(store);
  const before = await previousHead(dir, gatewayName).catch(unavailable);
  const unfinished = await unfinishedCalls(dir, gatewayName).catch(unavailable);
  const commands = await commandHeads(dir, now()).catch(unavailable);
  await segments.prepare(now()).catch(unavailable);
  await space.look();
  let closed = false;
  const timer = setInterval(batches.lookNow, LOOK_MS).unref();

  return { record, health, accepting: () => store.accepting(closed), close };

  async function record(event: AuditEvent): Promise<number | null> {
    if (closed) throw new AuditUnavailable('the audit log is closed');
    if (batches.length() >= limits.auditQueueMax) return store.overflow();
    if (event.ev === 'gateway.stop') await checkpoints.flush();
    const seq = enqueue(vouch(event, { key: keys.signing.verifier, before, commands, signed: checkpoints.signed() }));
    if (event.ev !== 'gateway.start') return seq;
    return (await Promise.all([seq, ...unfinished.map(enqueue)]))[0];
  }

  function enqueue(event: AuditEvent): Promise<number | null> {
    const owed = event.ev === 'tool.call' && event.of !== undefined;
    return batches.add({ encoded: encode(event, event.at ?? now()), owed });
  }

  function health(): AuditHealth {
    return { ...store.health(closed), signed: checkpoints.signed() };
  }

  async function close(): Promise<void> {
    closed = true;
    clearInterval(timer);
    await batches.settled();
    await checkpoints.close();
    await segments.close();
  }
}

interface Integrity {
  /** The verifier of the key that signs this chain's checkpoints. */
  readonly key: string;
  readonly before: PreviousHead | null;
  readonly commands: CommandHeads;
  readonly signed: number;
}

/** Adds what the log says of its own integrity, on lines that the chain covers. */
function vouch(event: AuditEvent, { key, before, commands, signed }: Integrity): AuditEvent {
  // Before what the event itself says: a record that is too long is cut at its end.
  if (event.ev === 'gateway.start') return { ...event, detail: { key, ...before, ...commands, ...event.detail } };
  if (event.ev === 'gateway.stop') return { ...event, detail: { ...event.detail, signed } };
  return event;
}

function unavailable(cause: unknown): never {
  throw new AuditUnavailable('the audit log cannot be begun', { cause });
}
