import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { loadKeys } from '../src/audit/keys.ts';
import type { AuditEvent } from '../src/audit/record/event.ts';
import { createAuditLog } from '../src/audit/write/writer.ts';

/** How records are kept: as the gateway keeps them, or with `write()` and nothing else. */
export const writerModes = ['sync', 'flush', 'write'] as const;
export type WriterMode = (typeof writerModes)[number];

export interface WriterPlan {
  readonly mode: WriterMode;
  /** Callers, each of whom waits for its record before it brings the next. */
  readonly concurrency: number;
  readonly runMs: number;
}

const EVENT: AuditEvent = {
  ev: 'tool.call',
  ...{ actor: 'maya@acme.co', actor_type: 'human', iss: 'https://login.acme.co', email: 'maya@acme.co', auth: 'jwt' },
  ...{ groups: ['staff', 'team-3'], client: 'claude-code', client_ver: '2.1.0', ip: '10.0.3.17', req: '4711' },
  ...{ method: 'tools/call', proto: '2025-11-25', server: 'warehouse', tool: 'query', tool_as: 'warehouse__query' },
  ...{ risk: 'read', decision: 'allow', rule: 'staff@policies/grants.yaml:12', cfg: '0f1e2d3c4b5a6978' },
  ...{ outcome: 'ok', res_bytes: 4711, dur_ms: 12.5, up_ms: 11.25 },
};
const MEGABYTE = 1024 * 1024;
/** Of a `tool.call` like this one in a log. */
const LINE_BYTES = 620;
const WARM_MS = 300;

/** Records kept in a second. */
export async function writerThroughput(folder: string, plan: WriterPlan): Promise<number> {
  const sink = plan.mode === 'write' ? await openBare(folder) : await openLog(folder, plan.mode);
  try {
    await run(sink, { ...plan, runMs: WARM_MS });
    return await run(sink, plan);
  } finally {
    await sink.close();
  }
}

interface RecordSink {
  /** Keeps one record for each of so many callers. */
  round(callers: number): Promise<unknown>;
  /** Whether a caller goes on alone, or all wait for one write. */
  readonly alone: boolean;
  close(): Promise<void>;
}

async function run(sink: RecordSink, { concurrency, runMs }: WriterPlan): Promise<number> {
  const begun = performance.now();
  const until = begun + runMs;
  let kept = 0;
  const step = sink.alone ? 1 : concurrency;
  const caller = async (): Promise<void> => {
    while (performance.now() < until) {
      await sink.round(step);
      kept += step;
    }
  };
  await Promise.all(Array.from({ length: sink.alone ? concurrency : 1 }, caller));
  return (kept * 1_000) / (performance.now() - begun);
}

async function openLog(folder: string, durability: 'sync' | 'flush'): Promise<RecordSink> {
  const log = await createAuditLog({
    settings: {
      ...{ dir: join(folder, 'written'), keys: '', durability, attempts: 'writes', onFailure: 'deny', anchors: [] },
      ...{ redactions: [], rotateBytes: 256 * MEGABYTE },
      otherwise: { arguments: 'redact', results: 'hash', mask: [], detectors: true, label: '' },
    },
    limits: {
      ...{ auditQueueMax: 1_000, auditReserveBytes: MEGABYTE },
      ...{ auditSpaceLowBytes: MEGABYTE, auditSpaceScarceBytes: MEGABYTE / 2 },
    },
    gatewayName: durability,
    keys: await loadKeys(join(folder, 'keys')),
    now: () => new Date(),
    log: pino({ level: 'silent' }),
  });
  return { alone: true, round: () => log.record(EVENT), close: () => log.close() };
}

/** One `write()` for all who wait, of lines that are there already. */
async function openBare(folder: string): Promise<RecordSink> {
  const file = await open(join(folder, 'bare.jsonl'), 'a');
  const line = `${'x'.repeat(LINE_BYTES - 1)}\n`;
  const prepared = new Map<number, Buffer>();
  return {
    alone: false,
    round: (callers) => {
      const lines = prepared.get(callers) ?? Buffer.from(line.repeat(callers));
      prepared.set(callers, lines);
      return file.write(lines);
    },
    close: () => file.close(),
  };
}
