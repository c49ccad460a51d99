import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { AuditSettings, Limits } from '../config/configuration.ts';
import { type PreviousHead, previousHead } from './chain.ts';
import { createCheckpoints } from './checkpoints.ts';
import { type AuditEvent, type AuditLog, AuditUnavailable } from './event.ts';
import type { AuditKeys } from './keys.ts';
import { createLedger } from './ledger.ts';
import { createEncoder } from './record.ts';
import { createSegments, type OpenFile } from './rotation.ts';

export interface AuditLogParts {
  readonly settings: AuditSettings;
  readonly limits: Pick<Limits, 'auditQueueMax'>;
  readonly gatewayName: string;
  readonly keys: AuditKeys;
  readonly now: () => Date;
  readonly log: Pick<Logger, 'warn' | 'error' | 'info'>;
  /** Opens files and folders; default `node:fs/promises`. */
  readonly openFile?: OpenFile;
}

/** A batch is one write and one sync; more than this waits for the next, in bytes of text. */
const BATCH_LENGTH_MAX = 4 * 1024 * 1024;
/** While writing fails, it is tried again this often even when nothing is to be recorded. */
const RETRY_MS = 1000;

interface Waiting {
  readonly encoded: string;
  resolve(): void;
  reject(error: AuditUnavailable): void;
}

/**
 * Begins a chain of its own and its first file, or throws `AuditUnavailable`.
 *
 * Everything queued goes out in one write and one sync, while which the next batch gathers: no delay is added, and
 * the more callers wait the fewer syncs each costs. When writing fails, everyone in the batch is told so; the next
 * record, or the next second, tries again.
 */
export async function createAuditLog(parts: AuditLogParts): Promise<AuditLog> {
  const { settings, limits, log, now } = parts;
  const writer = `${parts.gatewayName}-${randomBytes(4).toString('hex')}`;
  const encode = createEncoder(writer, settings.arguments);
  const onCloseFailed = (err: unknown) => log.warn({ err }, 'an audit file could not be closed as it should');
  const segments = createSegments({ ...parts, writer, onCloseFailed });
  const checkpoints = createCheckpoints({ ...parts, dir: settings.dir, writer, key: parts.keys.signing });
  const ledger = createLedger({ ...parts, writer, encode, segments, checkpoints });
  const before = await previousHead(settings.dir, parts.gatewayName).catch(unavailable);
  await segments.prepare(now()).catch(unavailable);

  const queue: Waiting[] = [];
  let draining: Promise<void> | null = null;
  let retry: NodeJS.Timeout | undefined;
  let closed = false;

  return { record, health, close };

  async function record(event: AuditEvent): Promise<void> {
    if (closed) throw new AuditUnavailable('the audit log is closed');
    if (queue.length >= limits.auditQueueMax) throw new AuditUnavailable('the audit queue is full');
    if (event.ev === 'gateway.stop') await checkpoints.flush();
    const told = vouch(event, { key: parts.keys.signing.verifier, before, signed: checkpoints.signed() });
    const encoded = encode(told, event.at ?? now());
    await new Promise<void>((resolve, reject) => {
      queue.push({ encoded, resolve, reject });
      draining ??= drain();
    });
  }

  /** Never rejects: what goes wrong is told to those who wait. */
  async function drain(): Promise<void> {
    clearTimeout(retry);
    do await commit(take());
    while (queue.length > 0);
    draining = null;
    if (ledger.health().ok) return;
    retry = setTimeout(() => {
      draining ??= drain();
    }, RETRY_MS).unref();
  }

  function take(): Waiting[] {
    let length = 0;
    const end = queue.findIndex((waiting) => {
      length += waiting.encoded.length;
      return length > BATCH_LENGTH_MAX;
    });
    return queue.splice(0, end < 1 ? queue.length : end);
  }

  async function commit(batch: readonly Waiting[]): Promise<void> {
    try {
      await ledger.append(batch.map((waiting) => waiting.encoded));
      for (const waiting of batch) waiting.resolve();
    } catch (cause) {
      for (const waiting of batch) waiting.reject(new AuditUnavailable('the audit log cannot be written', { cause }));
    }
  }

  function health(): ReturnType<AuditLog['health']> {
    return closed ? { ...ledger.health(), ok: false, detail: 'closed' } : ledger.health();
  }

  async function close(): Promise<void> {
    closed = true;
    await draining;
    clearTimeout(retry);
    await checkpoints.close();
    await segments.close();
  }
}

interface Integrity {
  /** The verifier of the key that signs this chain's checkpoints. */
  readonly key: string;
  readonly before: PreviousHead | null;
  readonly signed: number;
}

/** Adds what the log says of its own integrity, on lines that the chain covers. */
function vouch(event: AuditEvent, { key, before, signed }: Integrity): AuditEvent {
  if (event.ev === 'gateway.start') return { ...event, detail: { ...event.detail, key, ...before } };
  if (event.ev === 'gateway.stop') return { ...event, detail: { ...event.detail, signed } };
  return event;
}

function unavailable(cause: unknown): never {
  throw new AuditUnavailable('the audit log cannot be begun', { cause });
}
