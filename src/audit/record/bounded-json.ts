import { enter, isMasked, type Masking, pointerTo, rootSpot, type Spot } from './masking.ts';
import { maskSecrets, namesSecret, REDACTED } from './redact.ts';

const DEPTH_MAX = 32;
const TEXT_MAX = 2048;
const NAME_MAX = 128;
/** Left over for the marks that say where something was cut, two a level. */
const MARKS_BYTES = DEPTH_MAX * 16;
const CUT = '[cut]';
/** Printable ASCII without quote and backslash: nothing to escape, as in almost every text. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** Room for the pointers to what was masked, in UTF-16 units. */
const POINTERS_LENGTH_MAX = 1024;

export interface Bounds {
  /** Size of the JSON text at most, in UTF-8 bytes. */
  readonly bytesMax: number;
  /** What to mask; null for nothing. */
  readonly masking: Masking | null;
}

export interface BoundedJson {
  readonly text: string;
  /** JSON pointers to what was masked, in the order met, as far as there is room. */
  readonly masked: readonly string[];
}

/**
 * JSON text of a value, never larger than `bytesMax`, nested deeper than 32 or holding a text longer than 2048
 * characters. What does not fit is replaced by `[cut]`, one value at a time, so that padding in one argument does
 * not hide the next.
 */
export function boundedJson(value: unknown, { bytesMax, masking }: Bounds): BoundedJson {
  const pointers: Pointers = { masked: [], left: POINTERS_LENGTH_MAX };
  const walk = { left: bytesMax - MARKS_BYTES, detectors: masking?.detectors ?? false, pointers };
  return { text: jsonText(copy(value, walk, rootSpot(masking))), masked: pointers.masked };
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

interface Pointers {
  readonly masked: string[];
  left: number;
}

interface Walk {
  left: number;
  readonly detectors: boolean;
  readonly pointers: Pointers;
}

function copy(value: unknown, walk: Walk, spot: Spot): unknown {
  if (isMasked(spot) || (walk.detectors && typeof spot.name === 'string' && namesSecret(spot.name, value)))
    return spend(noted(REDACTED, walk, spot), walk);
  if (typeof value === 'string') return spend(shorten(walk.detectors ? unsecret(value, walk, spot) : value), walk);
  if (typeof value === 'bigint') return spend(String(value), walk);
  if (typeof value === 'number' || typeof value === 'boolean') return spend(value, walk);
  if (typeof value !== 'object' || value === null) return spend(null, walk);
  if (value instanceof Date) return spend(value.toISOString(), walk);
  if (spot.depth === DEPTH_MAX) return spend('[too deep]', walk);
  walk.left -= 2;
  return Array.isArray(value) ? copyList(value, walk, spot) : copyObject(value, walk, spot);
}

function unsecret(text: string, walk: Walk, spot: Spot): string {
  const start = text.slice(0, 2 * TEXT_MAX);
  const kept = maskSecrets(start);
  return kept === start ? kept : noted(kept, walk, spot);
}

function noted(kept: string, { pointers }: Walk, spot: Spot): string {
  if (pointers.left > 0) {
    const pointer = pointerTo(spot);
    pointers.left -= pointer.length;
    if (pointers.left >= 0) pointers.masked.push(pointer);
  }
  return kept;
}

function copyList(list: readonly unknown[], walk: Walk, spot: Spot): unknown[] {
  const kept: unknown[] = [];
  for (const [index, entry] of list.entries()) {
    if (walk.left <= 0) return [...kept, CUT];
    walk.left -= 1;
    kept.push(copy(entry, walk, enter(spot, index)));
  }
  return kept;
}

/** Without a prototype, so that an argument called `__proto__` is an ordinary one. */
function copyObject(object: object, walk: Walk, spot: Spot): object {
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
    const own = { ...walk, left: share };
    kept[key] = copy(value, own, enter(spot, name));
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
