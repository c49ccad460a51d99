import { readLines } from '../files/line-reader.ts';
import { byWriter, DAY_MS, gatewayOf, type LogFile, listLogFiles } from '../files/log-files.ts';
import { lastRecord } from '../integrity/chain.ts';
import { COLUMNS, type Column } from '../record/columns.ts';
import type { AuditEvent } from '../record/event.ts';

/** A call is given up after an hour at most: one that was open at a chain's end stands in its last two days. */
const DAYS_BACK_MS = DAY_MS;
const STOPPED = /^.{0,80}"ev":"gateway\.stop"/;
const ATTEMPT = Buffer.from('"ev":"tool.attempt"');
const OUTCOME = Buffer.from(',"of":');

/**
 * The calls this gateway was making when it ended without a stop: one `tool.call` of outcome `unknown` for each attempt
 * that has no other. Reads the chains that ended after the last one that ended well; that one's start, or an earlier
 * one's, has told of all before it.
 */
export async function unfinishedCalls(dir: string, gatewayName: string): Promise<readonly AuditEvent[]> {
  const files = (await listLogFiles([dir])).filter((file) => gatewayOf(file.writer) === gatewayName);
  const open = new Map<string, AuditEvent>();
  const told = new Set<string>();
  for (const chain of chainsSinceStop(files)) scan(chain, open, told);
  return [...open].filter(([attempt]) => !told.has(attempt)).map(([, call]) => call);
}

function chainsSinceStop(files: readonly LogFile[]): readonly (readonly LogFile[])[] {
  const byDay = new Map<string, (readonly LogFile[])[]>();
  for (const chain of byWriter(files).values()) {
    const day = chain.at(-1)?.day ?? '';
    byDay.set(day, [...(byDay.get(day) ?? []), chain]);
  }
  const found: (readonly LogFile[])[] = [];
  for (const day of [...byDay.keys()].sort().reverse()) {
    const ends = (byDay.get(day) ?? []).map(endOf);
    for (const { chain, stopped } of ends.sort((a, b) => (a.ts < b.ts ? 1 : -1))) {
      if (stopped) return found;
      found.push(chain);
    }
  }
  return found;
}

function endOf(chain: readonly LogFile[]): { chain: readonly LogFile[]; ts: string; stopped: boolean } {
  for (const file of chain.toReversed()) {
    const { found } = lastRecord(file.path);
    if (found !== null) return { chain, ts: found.ts, stopped: STOPPED.test(found.line.toString('latin1', 0, 160)) };
  }
  return { chain, ts: '', stopped: false };
}

function scan(chain: readonly LogFile[], open: Map<string, AuditEvent>, told: Set<string>): void {
  const last = Date.parse(chain.at(-1)?.day ?? '');
  for (const { path } of chain.filter((file) => Date.parse(file.day) >= last - DAYS_BACK_MS)) {
    for (const { bytes } of readLines(path)) {
      if (bytes.includes(ATTEMPT) || bytes.includes(OUTCOME)) take(parse(bytes), open, told);
    }
  }
}

function take(record: Readonly<Record<string, unknown>>, open: Map<string, AuditEvent>, told: Set<string>): void {
  const { ev, writer, seq, of, of_writer: elsewhere } = record;
  if (ev === 'tool.attempt') open.set(`${writer}:${seq}`, unknownOutcome(record));
  else if (ev === 'tool.call' && elsewhere === undefined) open.delete(`${writer}:${of}`);
  else if (ev === 'tool.call') told.add(`${elsewhere}:${of}`);
}

/** Recorded when it is found, so that a search by time meets it in the file of its day. */
function unknownOutcome(record: Readonly<Record<string, unknown>>): AuditEvent {
  const kept = Object.entries(record).filter(([name, value]) => isRepeated(name, value));
  return {
    ...Object.fromEntries(kept),
    ev: 'tool.call',
    outcome: 'unknown',
    err: 'the gateway ended before the call did',
    of: Number(record['seq']),
    of_writer: String(record['writer']),
    detail: { attempted: record['ts'] },
  };
}

/** Fields an event gives as they are, if they hold what they should: the file may have been edited. */
function isRepeated(name: string, value: unknown): boolean {
  const { kind, max }: Partial<Column> = (COLUMNS as Readonly<Record<string, Column>>)[name] ?? {};
  if (max === undefined || name === 'ev') return false;
  if (kind === 'list') return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
  return typeof value === 'string';
}

function parse(line: Buffer): Readonly<Record<string, unknown>> {
  try {
    const record: unknown = JSON.parse(line.toString());
    return typeof record === 'object' && record !== null ? { ...record } : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
