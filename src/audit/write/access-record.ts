import { hash, randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { gatewayOf, listLogFiles, logFilePath } from '../files/log-files.ts';
import { genesis, lastRecord } from '../integrity/chain.ts';
import type { AuditEvent, AuditOutcome } from '../record/event.ts';
import { createEncoder, sealLine } from '../record/record.ts';
import { createFile } from './create-file.ts';

/** Who runs a command on the log, and when. */
export interface Operator {
  readonly at: Date;
  /** As the operating system knows them. */
  readonly user: string;
  readonly host: string;
}

/** Somebody read the log with a command. */
export interface LogAccess extends Operator {
  /** Words of the command, as `audit query`. */
  readonly command: string;
  /** Kept as its SHA-256 only: a statement may hold what the log itself would have masked. */
  readonly sql: string;
  readonly files: number;
  readonly rows: number;
  readonly outcome: AuditOutcome;
}

const SUFFIX = '-cli';
/** Others may be recording at the same moment. */
const ATTEMPTS_MAX = 20;

/**
 * Adds a record to a chain of its own: one a day for each user and host, each record a file, finished from the moment
 * it has its name. Nothing is ever appended to, nobody is waited for, and the chains of the gateways are not touched.
 * Throws the file system's error when the folder cannot be written.
 */
export async function recordAct(dir: string, operator: Operator, event: AuditEvent): Promise<void> {
  const { at, user, host } = operator;
  const files = await listLogFiles([dir]);
  const day = at.toISOString().slice(0, 10);
  const writer = `${nameFor(files.map((file) => gatewayOf(file.writer)))}-${hash('sha256', `${user}@${host} ${day}`, 'hex').slice(0, 8)}`;
  // No argument is kept, so nothing is ever made with this key.
  const encode = createEncoder(writer, { kid: '', key: randomBytes(32) });
  const encoded = encode({ actor: user, auth: 'os', ...event }, at);
  let number = files.findLast((file) => file.writer === writer)?.number ?? 0;
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1, number += 1) {
    const last = number === 0 ? null : lastRecord(logFilePath(dir, { day, writer, number })).found;
    const text = `${sealLine(encoded, (last?.seq ?? 0) + 1, last?.hash ?? genesis(writer))}\n`;
    const path = logFilePath(dir, { day, writer, number: number + 1 });
    await mkdir(dirname(path), { recursive: true, mode: 0o750 });
    if ((await createFile({ path, text, mode: 0o440 })) === 'made') return;
  }
  throw new Error(`others were recording at the same time, ${ATTEMPTS_MAX} times over`);
}

/** Records with `audit.read` that the log was read. Throws as `recordAct`. */
export async function recordAccess(dir: string, access: LogAccess): Promise<void> {
  const { command, host, sql, files, rows, outcome } = access;
  const detail = { command, host, sql_sha256: hash('sha256', sql, 'hex'), files, rows };
  return recordAct(dir, access, { ev: 'audit.read', outcome, detail });
}

/** Whether a chain is one that commands write. */
export function isOfCommands(writer: string): boolean {
  return isCommands(gatewayOf(writer));
}

function isCommands(name: string): boolean {
  return name === 'cli' || name.endsWith(SUFFIX);
}

/** After the gateway whose log it is; a folder of several has none to name it after. */
function nameFor(gateways: readonly string[]): string {
  const names = new Set(gateways.filter((name) => !isCommands(name)));
  const [only] = names;
  return names.size === 1 ? `${only}${SUFFIX}` : 'cli';
}
