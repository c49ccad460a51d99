import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { pino } from 'pino';
import { type AuditKeys, loadKeys } from '../../src/audit/keys.ts';
import type { AuditEvent, AuditLog } from '../../src/audit/record/event.ts';
import { type AuditLogParts, createAuditLog } from '../../src/audit/write/writer.ts';
import type { AuditSettings } from '../../src/config/audit-settings.ts';
import { clearOfMidnight } from '../fixtures/clear-of-midnight.ts';
import { auditLimits, auditSettings } from './settings.ts';

// Commands go by the system's day, and a log by that of its records.
await clearOfMidnight();

/** Logs of each test: they still write while they are closed, so that their folder goes last. */
const opened = new WeakMap<TestContext, AuditLog[]>();

/** A folder that goes with the test. */
export function folder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'gatehouse-audit-'));
  t.after(async () => {
    for (const log of opened.get(t) ?? []) await log.close();
    rmSync(dir, { recursive: true, force: true });
  });
  return dir;
}

/** The place of temporary files, for this test alone. */
export function scratchFolder(t: TestContext): string {
  const before = process.env['TMPDIR'];
  const dir = folder(t);
  process.env['TMPDIR'] = dir;
  t.after(() => {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  });
  return dir;
}

export interface LogOptions extends Partial<Omit<AuditLogParts, 'settings'>> {
  readonly settings?: Partial<AuditSettings>;
}

/** Of every log that brings none of its own. */
export const keys: AuditKeys = await makeKeys();

async function makeKeys(): Promise<AuditKeys> {
  const dir = mkdtempSync(join(tmpdir(), 'gatehouse-keys-'));
  return loadKeys(dir).finally(() => rmSync(dir, { recursive: true }));
}

/** An audit log in `dir` that is closed after the test. */
export async function openLog(t: TestContext, dir: string, options: LogOptions = {}): Promise<AuditLog> {
  const settings: AuditSettings = { ...auditSettings, dir, ...options.settings };
  const log = await createAuditLog({
    limits: auditLimits,
    gatewayName: 'acme',
    keys,
    now: () => new Date(),
    log: pino({ level: 'silent' }),
    ...options,
    settings,
  });
  opened.set(t, [...(opened.get(t) ?? []), log]);
  return log;
}

export function call(tool: string, more: Partial<AuditEvent> = {}): AuditEvent {
  return { ev: 'tool.call', actor: 'ana@acme.co', tool, outcome: 'ok', ...more };
}

/** Writes one chain, a start and ten calls, and closes it. */
export async function writeChain(t: TestContext, dir: string, options: LogOptions = {}): Promise<void> {
  const log = await openLog(t, dir, options);
  await log.record({ ev: 'gateway.start', detail: { version: '0.1.0' } });
  for (let n = 1; n <= 10; n += 1) await log.record(call(`tool_${n}`));
  await log.close();
}

/** Paths of all log files, in the order of their names. */
export function filesIn(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.startsWith('dt=') && name.endsWith('.jsonl'))
    .sort()
    .map((name) => join(dir, name));
}

export function linesOf(path: string): string[] {
  return readFileSync(path, 'utf8').split('\n').slice(0, -1);
}

/** Every record of these files, parsed. */
export function recordsIn(dir: string): Record<string, unknown>[] {
  return filesIn(dir).flatMap((path) => linesOf(path).map((line) => JSON.parse(line)));
}

/** The `detail` of the first of these records with this event. */
export function detailOf(records: readonly Record<string, unknown>[], ev: string): Record<string, unknown> {
  const found = records.find((record) => record['ev'] === ev);
  return { ...(found?.['detail'] ?? {}) };
}
