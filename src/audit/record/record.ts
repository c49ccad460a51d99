import type { MacKey } from '../keys.ts';
import { boundedJson, quoted } from './bounded-json.ts';
import { COLUMNS, type Column } from './columns.ts';
import { createContent } from './content.ts';
import type { AuditEvent } from './event.ts';

const DETAIL_BYTES_MAX = 4 * 1024;
const ENTRIES_MAX = 64;
/** Turns an event into all of its line but `seq` and `prev`, which only the order of writing gives. */
export type Encode = (event: AuditEvent, at: Date) => string;

/** The columns an event fills by itself, with what stands before each value. */
const FIELDS: readonly (readonly [keyof AuditEvent, string, Column])[] = Object.entries(COLUMNS)
  .filter(
    ([name, column]) => name !== 'ev' && !name.endsWith('_red') && (column.max !== undefined || isCount(name, column)),
  )
  // COLUMNS is typed by these very names; Object.entries forgets it.
  .map(([name, column]) => [name as keyof AuditEvent, `,"${name}":`, column]);

function isCount(name: string, column: Column): boolean {
  const isNumber = column.kind === 'integer' || column.kind === 'number';
  return isNumber && !['v', 'seq', 'args_n', 'args_bytes', 'res_bytes'].includes(name);
}

/**
 * Encodes the events of one writer. No value is spliced in as it came: texts are made well-formed and cut, arguments
 * are parsed and written anew, so that every JSON reader sees the same record.
 */
export function createEncoder(writer: string, key: MacKey): Encode {
  const formatTime = createTimeFormat();
  const keepContent = createContent(key);
  const named = `,"writer":${quoted(writer)}`;
  return (event, at) => {
    let text = `,"ts":"${formatTime(at)}","ev":"${event.ev}"${named}`;
    for (const [name, before, column] of FIELDS) {
      const value = event[name];
      if (value !== undefined) text += before + encode(value, column);
    }
    text += keepContent(event);
    if (event.detail !== undefined)
      text += `,"detail":${boundedJson(event.detail, { bytesMax: DETAIL_BYTES_MAX, masking: null }).text}`;
    return text;
  };
}

/** The finished line, without its line feed. */
export function sealLine(encoded: string, seq: number, prev: string): string {
  return `{"v":1,"seq":${seq}${encoded},"prev":"${prev}"}`;
}

function encode(value: unknown, column: Column): string {
  if (typeof value === 'string') return encodeText(value, column.max ?? 0);
  if (typeof value === 'number') return encodeNumber(value, column);
  return `[${(value as readonly string[]).slice(0, ENTRIES_MAX).map((entry) => encodeText(entry, column.max ?? 0))}]`;
}

/** Durations are kept to the microsecond; JSON has no NaN and no infinity. */
function encodeNumber(value: number, column: Column): string {
  if (!Number.isFinite(value)) return 'null';
  return String(column.kind === 'integer' ? Math.trunc(value) : Math.round(value * 1000) / 1000);
}

function encodeText(text: string, max: number): string {
  return quoted(text.length > max ? text.slice(0, max) : text);
}

/** Formatting a date costs more than the rest of a short record: it is done once a millisecond. */
function createTimeFormat(): (at: Date) => string {
  let lastMs = Number.NaN;
  let last = '';
  return (at) => {
    const ms = at.getTime();
    if (ms !== lastMs) {
      lastMs = ms;
      last = at.toISOString().replace('Z', '000Z');
    }
    return last;
  };
}
