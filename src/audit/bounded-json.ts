import { maskSecrets, namesSecret, REDACTED } from './redact.ts';

const DEPTH_MAX = 32;
const TEXT_MAX = 2048;
const NAME_MAX = 128;
/** Left over for the marks that say where something was cut, two a level. */
const MARKS_BYTES = DEPTH_MAX * 16;
const CUT = '[cut]';
/** Printable ASCII without quote and backslash: nothing to escape, as in almost every text. */
const PLAIN = /^[ !#-[\]-~]*$/;

export interface Bounds {
  /** Size of the JSON text at most, in UTF-8 bytes. */
  readonly bytesMax: number;
  /** Mask what looks like a secret. */
  readonly redact: boolean;
}

/**
 * JSON text of a value, never larger than `bytesMax`, nested deeper than 32 or holding a text longer than 2048
 * characters. What does not fit is replaced by `[cut]`, one value at a time, so that padding in one argument does
 * not hide the next.
 */
export function boundedJson(value: unknown, bounds: Bounds): string {
  return jsonText(copy(value, { left: bounds.bytesMax - MARKS_BYTES, redact: bounds.redact }, 0));
}

/**
 * JSON that every reader takes as one line: U+0085, U+2028 and U+2029 end a line for some, and JSON.stringify leaves
 * them raw. Texts must be well-formed already.
 */
function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u0085\u2028\u2029]/g,
    (end) => `\\u${end.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A text as JSON, made well-formed. */
export function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : jsonText(wellFormed(text));
}

/** A lone surrogate would make DuckDB refuse the whole line: it becomes U+FFFD. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}

interface Walk {
  left: number;
  readonly redact: boolean;
}

function copy(value: unknown, walk: Walk, depth: number): unknown {
  if (typeof value === 'string')
    return spend(shorten(walk.redact ? maskSecrets(value.slice(0, 2 * TEXT_MAX)) : value), walk);
  if (typeof value === 'bigint') return spend(String(value), walk);
  if (typeof value === 'number' || typeof value === 'boolean') return spend(value, walk);
  if (typeof value !== 'object' || value === null) return spend(null, walk);
  if (value instanceof Date) return spend(value.toISOString(), walk);
  if (depth === DEPTH_MAX) return spend('[too deep]', walk);
  walk.left -= 2;
  return Array.isArray(value) ? copyList(value, walk, depth + 1) : copyObject(value, walk, depth + 1);
}

function copyList(list: readonly unknown[], walk: Walk, depth: number): unknown[] {
  const kept: unknown[] = [];
  for (const entry of list) {
    if (walk.left <= 0) return [...kept, CUT];
    walk.left -= 1;
    kept.push(copy(entry, walk, depth));
  }
  return kept;
}

/** Without a prototype, so that an argument called `__proto__` is an ordinary one. */
function copyObject(object: object, walk: Walk, depth: number): object {
  const kept: Record<string, unknown> = Object.create(null);
  const members = Object.entries(object).filter(([, value]) => value !== undefined);
  for (const [index, [name, value]] of members.entries()) {
    if (walk.left <= 0) {
      kept['…'] = CUT;
      break;
    }
    const key = wellFormed(name.slice(0, NAME_MAX));
    walk.left -= size(key) + 2;
    // Each member but the last may take half of what is left.
    const share = index === members.length - 1 ? walk.left : walk.left >> 1;
    const own = { left: share, redact: walk.redact };
    kept[key] = walk.redact && namesSecret(name, value) ? spend(REDACTED, own) : copy(value, own, depth);
    walk.left -= share - own.left;
  }
  return kept;
}

function shorten(text: string): string {
  const kept = text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text;
  return PLAIN.test(kept) ? kept : wellFormed(kept);
}

function spend(value: string | number | boolean | null, walk: Walk): unknown {
  const cost = size(value);
  const kept = cost > walk.left ? CUT : value;
  walk.left -= kept === CUT ? CUT.length + 2 : cost;
  return kept;
}

function size(value: string | number | boolean | null): number {
  if (typeof value !== 'string') return String(value).length;
  return PLAIN.test(value) ? value.length + 2 : Buffer.byteLength(jsonText(value));
}
