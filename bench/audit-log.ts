import { closeSync, fchmodSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { logFilePath } from '../src/audit/files/log-files.ts';
import { genesis, lineHash } from '../src/audit/integrity/chain.ts';

export interface LogPlan {
  readonly records: number;
  /** Days they are spread over, evenly; the last is `lastDay`. */
  readonly days: number;
  /** Gateways that wrote them, each an equal part. */
  readonly writers: number;
  /** Equal seeds make equal logs. */
  readonly seed: number;
  /** `YYYY-MM-DD`; default 2026-11-22. */
  readonly lastDay?: string;
}

const DAY_MS = 86_400_000;
const BATCH_LINES = 2_000;

/**
 * Writes an audit log as gateways would have, one file a day and writer, validly chained, about 700 bytes a record.
 * Made to be fast: text is put together from parts, and only the hash is worked for.
 */
export function makeLog(dir: string, plan: LogPlan): void {
  for (let writer = 0; writer < plan.writers; writer += 1) {
    const records = Math.floor(plan.records / plan.writers) + (writer < plan.records % plan.writers ? 1 : 0);
    writeWriter(dir, plan, { records, random: createRandom(plan.seed * 1009 + writer), number: writer });
  }
}

interface Writer {
  readonly records: number;
  readonly random: () => number;
  readonly number: number;
}

function writeWriter(
  dir: string,
  { days, lastDay = '2026-11-22' }: LogPlan,
  { records, random, number }: Writer,
): void {
  const writer = `gw${number}-${hex(random, 8)}`;
  const firstMs = Date.parse(lastDay) - (days - 1) * DAY_MS;
  let prev = genesis(writer);
  let seq = 0;
  for (let day = 0; day < days; day += 1) {
    const beginMs = firstMs + day * DAY_MS;
    const path = logFilePath(dir, { day: new Date(beginMs).toISOString().slice(0, 10), writer, number: day + 1 });
    const until = Math.floor((records * (day + 1)) / days);
    const stepMs = DAY_MS / (until - seq + 1);
    mkdirSync(dirname(path), { recursive: true });
    const file = openSync(path, 'ax', 0o640);
    for (let atMs = beginMs; seq < until; ) {
      const lines: string[] = [];
      for (; seq < until && lines.length < BATCH_LINES; atMs += stepMs) {
        seq += 1;
        const line = `{"v":1,"seq":${seq},"ts":"${momentOf(atMs)}"${bodyOf(writer, seq, random)},"prev":"${prev}"}`;
        prev = lineHash(Buffer.from(line));
        lines.push(line);
      }
      writeSync(file, `${lines.join('\n')}\n`);
    }
    fchmodSync(file, 0o440);
    closeSync(file);
  }
}

function momentOf(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}

/** What is called. */
export const SERVERS: readonly string[] = ['github', 'warehouse', 'jira', 'slack', 'payments', 'wiki'];
export const TOOLS: readonly string[] = ['search', 'read', 'list', 'create', 'update', 'delete', 'query', 'export'];
const PEOPLE = 200;
export const TEAMS = 12;

/** What a call looks like: one in twenty is refused, one in a hundred a reload, one in ten a robot's. */
function bodyOf(writer: string, seq: number, random: () => number): string {
  if (seq % 100 === 1)
    return `,"ev":"config.reload","writer":"${writer}","cfg":"${hex(random, 16)}","git":"${hex(random, 40)}"`;
  const robot = random() < 0.1;
  const person = Math.floor(random() ** 2 * PEOPLE);
  const server = pick(SERVERS, random);
  const tool = pick(TOOLS, random);
  const who = robot
    ? `"actor":"nightly-${person % 7}","actor_type":"robot","iss":"gatehouse","email":"","groups":[],"auth":"robot-key"`
    : `"actor":"user${person}@acme.co","actor_type":"human","iss":"https://login.acme.co","email":"user${person}@acme.co","groups":["staff","team-${person % TEAMS}"],"auth":"jwt"`;
  const where = `"client":"claude-code","client_ver":"2.1.0","agent":"claude-code/2.1.0","ip":"10.0.${person % 8}.${person}","trace":"${hex(random, 32)}","req":"${seq}"`;
  const what = `"method":"tools/call","proto":"2025-11-25","server":"${server}","tool":"${tool}","tool_as":"${server}__${tool}","risk":"${riskOf(tool)}"`;
  const denied = random() < 0.05;
  const end = denied
    ? `"decision":"deny","why":"no_grant","cfg":"0f1e2d3c4b5a6978","outcome":"denied","dur_ms":${millis(random, 2)}`
    : `"decision":"allow","rule":"${robot ? 'robot' : 'staff'}@policies/grants.yaml:${person}","cfg":"0f1e2d3c4b5a6978","outcome":"${random() < 0.02 ? 'tool_error' : 'ok'}","res_bytes":${Math.floor(random() * 9000)},"dur_ms":${millis(random, 900)},"up_ms":${millis(random, 800)}`;
  const args = `{"channel":"#ops-${person}","limit":${person},"text":"${hex(random, 48)}"}`;
  return `,"ev":"tool.call","writer":"${writer}",${who},${where},${what},${end},"args":${args},"args_mode":"redact","args_n":3,"args_bytes":${args.length}`;
}

function riskOf(tool: string): string {
  if (tool === 'delete') return 'destructive';
  return ['create', 'update', 'export'].includes(tool) ? 'write' : 'read';
}

function pick(words: readonly string[], random: () => number): string {
  return words[Math.floor(random() * words.length)] ?? '';
}

function millis(random: () => number, max: number): string {
  return (random() * max).toFixed(3);
}

/** Mulberry32. */
function createRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function hex(random: () => number, length: number): string {
  let text = '';
  while (text.length < length)
    text += Math.floor(random() * 0x1000000)
      .toString(16)
      .padStart(6, '0');
  return text.slice(0, length);
}
