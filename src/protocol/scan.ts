import { isUtf8 } from 'node:buffer';
import type { JsonMember, JsonValue, Scan, ScanOptions } from './json.ts';

/**
 * Checks that `bytes` are exactly one JSON text (RFC 8259, no byte order mark) in one pass, and records where its
 * values stand. Accepts what `JSON.parse` accepts, save for depth and, when asked, repeated keys; keys are compared
 * decoded, so `"a"` and `"\u0061"` are the same.
 * Recursion goes as deep as `options.depthMax`, which should stay below 1,000.
 */
export function scanJson(bytes: Buffer, options: ScanOptions): Scan {
  if (!isUtf8(bytes)) {
    return { ok: false, reason: 'encoding', offset: badUtf8Offset(bytes), message: 'The text is not valid UTF-8.' };
  }
  const text = bytes.length <= textBytesMax || options.uniqueKeys ? bytes.toString('latin1') : null;
  const cursor: Cursor = { bytes, text, options, at: 0, members: null, failure: null };
  skipSpace(cursor);
  const start = cursor.at;
  const kind = readValue(cursor, 1);
  const end = cursor.at;
  const members = cursor.members;
  if (kind !== null) {
    skipSpace(cursor);
    if (cursor.at < bytes.length) syntaxError(cursor, 'the end of the text');
  }
  if (cursor.failure !== null) return cursor.failure;
  return { ok: true, root: { kind: kind ?? 'null', start, end, members } };
}

interface Cursor {
  readonly bytes: Buffer;
  /** One character a byte, to cut ASCII keys from; null where so few keys are read that decoding each is cheaper. */
  readonly text: string | null;
  readonly options: ScanOptions;
  at: number;
  /** Of the value read last. */
  members: readonly JsonMember[] | null;
  failure: Extract<Scan, { ok: false }> | null;
}

const textBytesMax = 16_384;

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const minus = 0x2d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** Past the end this is NUL, which is legal nowhere in JSON, so the end needs no test of its own. */
function peek(cursor: Cursor): number {
  return cursor.bytes[cursor.at] ?? 0;
}

/** Moves past one value; null after a failure. `depth` is that of the value, were it a container. */
function readValue(cursor: Cursor, depth: number): JsonValue['kind'] | null {
  cursor.members = null;
  switch (peek(cursor)) {
    case quote:
      return readString(cursor) ? 'string' : null;
    case openBrace:
      return readObject(cursor, depth) ? 'object' : null;
    case openBracket:
      return readArray(cursor, depth) ? 'array' : null;
    default:
      return readScalar(cursor);
  }
}

function readScalar(cursor: Cursor): JsonValue['kind'] | null {
  const byte = peek(cursor);
  if (byte === minus || isDigit(byte)) return readNumber(cursor) ? 'number' : null;
  const word = literals.find(({ text }) => byte === text[0]);
  if (word !== undefined) return readLiteral(cursor, word) ? word.kind : null;
  syntaxError(cursor, 'a value');
  return null;
}

function readObject(cursor: Cursor, depth: number): boolean {
  const { options } = cursor;
  if (depth > options.depthMax) return depthError(cursor);
  const members: JsonMember[] | null = depth <= options.membersDepth ? [] : null;
  const seen: Seen | null = options.uniqueKeys ? { few: [], many: null } : null;
  cursor.at++;
  skipSpace(cursor);
  if (peek(cursor) === closeBrace) return closed(cursor, members);
  while (readMember(cursor, { depth, members, seen })) {
    if (peek(cursor) === closeBrace) return closed(cursor, members);
    if (peek(cursor) !== comma) return syntaxError(cursor, '"," or "}"');
    cursor.at++;
    skipSpace(cursor);
  }
  return false;
}

interface OpenObject {
  readonly depth: number;
  /** Null when its members are not recorded. */
  readonly members: JsonMember[] | null;
  /** Null when keys may repeat. */
  readonly seen: Seen | null;
}

function readMember(cursor: Cursor, { depth, members, seen }: OpenObject): boolean {
  const keyStart = cursor.at;
  if (peek(cursor) !== quote) return syntaxError(cursor, 'a quoted key');
  if (!readString(cursor)) return false;
  const key = members === null && seen === null ? '' : keyText(cursor, keyStart);
  if (seen !== null && !addKey(seen, key)) return duplicateError(cursor, keyStart);
  skipSpace(cursor);
  if (peek(cursor) !== colon) return syntaxError(cursor, '":"');
  cursor.at++;
  skipSpace(cursor);
  const start = cursor.at;
  const kind = readValue(cursor, depth + 1);
  if (kind === null) return false;
  members?.push({ key, start: keyStart, value: { kind, start, end: cursor.at, members: cursor.members } });
  skipSpace(cursor);
  return true;
}

function readArray(cursor: Cursor, depth: number): boolean {
  if (depth > cursor.options.depthMax) return depthError(cursor);
  cursor.at++;
  skipSpace(cursor);
  if (peek(cursor) === closeBracket) return closed(cursor, null);
  for (;;) {
    if (readValue(cursor, depth + 1) === null) return false;
    skipSpace(cursor);
    if (peek(cursor) === closeBracket) return closed(cursor, null);
    if (peek(cursor) !== comma) return syntaxError(cursor, '"," or "]"');
    cursor.at++;
    skipSpace(cursor);
  }
}

function closed(cursor: Cursor, members: readonly JsonMember[] | null): true {
  cursor.at++;
  cursor.members = members;
  return true;
}

function keyText({ bytes, text, at: end }: Cursor, start: number): string {
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (text === null || byte === backslash || byte >= 0x80) return decodeString(bytes, start, end);
  }
  return text?.slice(start + 1, end - 1) ?? '';
}

/** The keys of one object so far. Most objects have few, for which a list is cheaper to make than a set. */
interface Seen {
  readonly few: string[];
  many: Set<string> | null;
}

const fewMax = 8;

/** False when the key has been seen. */
function addKey(seen: Seen, key: string): boolean {
  if (seen.few.includes(key)) return false;
  if (seen.few.length < fewMax) {
    seen.few.push(key);
    return true;
  }
  seen.many ??= new Set();
  const before = seen.many.size;
  return seen.many.add(key).size > before;
}

function readString(cursor: Cursor): boolean {
  const { bytes } = cursor;
  let at = cursor.at + 1;
  for (;;) {
    let byte = bytes[at] ?? 0;
    while (byte >= 0x20 && byte !== quote && byte !== backslash) byte = bytes[++at] ?? 0;
    cursor.at = at;
    if (byte === quote) {
      cursor.at++;
      return true;
    }
    if (byte !== backslash) return syntaxError(cursor, 'a closing quote; control characters must be escaped');
    const length = escapeLength(bytes, at);
    if (length === 0) return syntaxError(cursor, 'an escape of JSON');
    at += length;
  }
}

/** 2 for a short escape, 6 for `\uXXXX`, 0 for none. */
function escapeLength(bytes: Buffer, at: number): number {
  const letter = bytes[at + 1] ?? 0;
  if (letter !== 0x75) return shortEscapes.includes(letter) ? 2 : 0;
  for (let i = at + 2; i < at + 6; i++) if (!isHexDigit(bytes[i] ?? 0)) return 0;
  return 6;
}

const shortEscapes = Buffer.from('"\\/bfnrt');

function readNumber(cursor: Cursor): boolean {
  if (peek(cursor) === minus) cursor.at++;
  if (peek(cursor) === 0x30) cursor.at++;
  else if (!readDigits(cursor)) return false;
  if (peek(cursor) === 0x2e) {
    cursor.at++;
    if (!readDigits(cursor)) return false;
  }
  if ((peek(cursor) | 0x20) === 0x65) {
    cursor.at++;
    if (peek(cursor) === 0x2b || peek(cursor) === minus) cursor.at++;
    return readDigits(cursor);
  }
  return true;
}

function readDigits(cursor: Cursor): boolean {
  const start = cursor.at;
  while (isDigit(peek(cursor))) cursor.at++;
  return cursor.at > start || syntaxError(cursor, 'a digit');
}

interface Literal {
  readonly kind: 'true' | 'false' | 'null';
  readonly text: Buffer;
}

const literals: readonly Literal[] = (['true', 'false', 'null'] as const).map((kind) => ({
  kind,
  text: Buffer.from(kind),
}));

function readLiteral(cursor: Cursor, word: Literal): boolean {
  for (const byte of word.text) {
    if (peek(cursor) !== byte) return syntaxError(cursor, word.kind);
    cursor.at++;
  }
  return true;
}

function skipSpace(cursor: Cursor): void {
  for (;;) {
    const byte = peek(cursor);
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
    cursor.at++;
  }
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isHexDigit(byte: number): boolean {
  const lower = byte | 0x20;
  return isDigit(byte) || (lower >= 0x61 && lower <= 0x66);
}

/** The text of a quoted string that has been scanned; `start` and `end` include the quotes. */
export function decodeString(bytes: Buffer, start: number, end: number): string {
  for (let at = start; at < end; at++) {
    if (bytes[at] === backslash) return JSON.parse(bytes.toString('utf8', start, end));
  }
  return bytes.toString('utf8', start + 1, end - 1);
}

function syntaxError(cursor: Cursor, expected: string): false {
  return fail(cursor, 'syntax', `Byte ${cursor.at}: expected ${expected}.`);
}

function depthError(cursor: Cursor): false {
  return fail(cursor, 'depth', `Byte ${cursor.at}: nested deeper than ${cursor.options.depthMax}.`);
}

function duplicateError(cursor: Cursor, start: number): false {
  cursor.at = start;
  return fail(cursor, 'duplicate-key', `Byte ${start}: an object names the same key twice.`);
}

function fail(cursor: Cursor, reason: 'syntax' | 'depth' | 'duplicate-key', message: string): false {
  cursor.failure = { ok: false, reason, offset: cursor.at, message };
  return false;
}

/** Decoding replaces what is not UTF-8, so encoding the outcome again differs first at the offending byte. */
function badUtf8Offset(bytes: Buffer): number {
  const mended = Buffer.from(bytes.toString('utf8'));
  let at = 0;
  while (bytes[at] === mended[at]) at++;
  return at;
}
