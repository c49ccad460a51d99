import type { Arguments, ReadArguments } from '../access/decision.ts';
import { caseFolded } from '../protocol/case-fold.ts';
import { scanJson } from '../protocol/scan.ts';

/**
 * The raw arguments of a call, for conditions to be judged on; null is a call without any, and is judged as `{}`. They
 * are unfit when a server's parser could find in them what ours does not: it would be asked one thing and do another.
 */
export function judgedArguments(raw: Buffer | null): Arguments {
  let read: ReadArguments | null = null;
  return () => {
    read ??= raw === null ? { kind: 'read', value: {} } : readArguments(raw);
    return read;
  };
}

const depthMax = 64;

function readArguments(raw: Buffer): ReadArguments {
  const scan = scanJson(raw, { depthMax, membersDepth: 0, uniqueKeys: true });
  if (!scan.ok) return unfit(misreadings[scan.reason]);
  if (scan.root.kind !== 'object') return unfit('the arguments must be an object');
  const text = raw.toString();
  if (!numbersIn(text).every(survives)) {
    return unfit('the arguments hold a number that not every program reads alike');
  }
  const value: unknown = JSON.parse(text);
  const name = doubtfulName(value);
  return name === null ? { kind: 'read', value } : unfit(name);
}

const misreadings = {
  encoding: 'the arguments are not valid UTF-8',
  syntax: 'the arguments are not valid JSON',
  depth: `the arguments are nested deeper than ${depthMax}`,
  'duplicate-key': 'the arguments name a member twice',
} as const;

function unfit(detail: string): ReadArguments {
  return { kind: 'unfit', detail };
}

/** What is outside of strings and begins like a number is one, in JSON. */
function numbersIn(json: string): readonly string[] {
  return [...json.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|(-?\d[\d.eE+-]*)/g)].flatMap(([, number]) => number ?? []);
}

/** More digits than these are not all kept by a double (IEEE 754 binary64). */
const digitsMax = 17;

/** Safe whatever its digits are, as most numbers in arguments. */
const plainInteger = /^-?\d{1,15}$/;

/** Whether a double keeps the number: whole numbers to ±(2^53 - 1) exactly (RFC 8259 section 6), others to 17 digits. */
function survives(number: string): boolean {
  if (plainInteger.test(number)) return true;
  const read = Number(number);
  if (!Number.isInteger(read)) return Number.isFinite(read) && decimalOf(number).digits.length <= digitsMax;
  const [written, kept] = [decimalOf(number), decimalOf(String(read))];
  return Number.isSafeInteger(read) && written.digits === kept.digits && written.exponent === kept.exponent;
}

/** A number of JSON as digits without zeros at either end, and a power of ten. */
function decimalOf(number: string): { readonly digits: string; readonly exponent: number } {
  const [mantissa = '', power = '0'] = number.replace(/^-/, '').toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const all = `${whole}${fraction}`.replace(/^0+/, '');
  const digits = all.replace(/0+$/, '');
  return { digits, exponent: digits === '' ? 0 : Number(power) - fraction.length + all.length - digits.length };
}

/** What is wrong with a member's name anywhere inside, or null: some parsers take `Repo` for `repo`. */
function doubtfulName(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return null;
  const names = Object.keys(value);
  if (!Array.isArray(value)) {
    if (names.includes('__proto__')) return 'the arguments hold a member named __proto__';
    if (new Set(names.map(caseFolded)).size < names.length) {
      return 'the arguments hold two members whose names differ only in case';
    }
  }
  for (const inside of Object.values(value)) {
    const found = doubtfulName(inside);
    if (found !== null) return found;
  }
  return null;
}
