import type { JsonMember, JsonValue } from './json.ts';
import { decodeString } from './scan.ts';

/** A member of an object and its value's raw JSON. */
export interface RawMember {
  readonly key: string;
  readonly value: Buffer;
}

/** The value called `key`, or null when there is none or no members were recorded. The last wins, as in `JSON.parse`. */
export function member(value: JsonValue | null, key: string): JsonValue | null {
  return value?.members?.findLast((candidate) => candidate.key === key)?.value ?? null;
}

/** The decoded text of a string value. */
export function textOf(bytes: Buffer, value: JsonValue): string {
  return decodeString(bytes, value.start, value.end);
}

/** A value's own bytes, not copied. */
export function rawOf(bytes: Buffer, value: JsonValue): Buffer {
  return bytes.subarray(value.start, value.end);
}

/** Members with their raw values, not copied: what `joinMembers` takes. */
export function rawMembers(bytes: Buffer, members: readonly JsonMember[]): readonly RawMember[] {
  return members.map(({ key, value }) => ({ key, value: rawOf(bytes, value) }));
}

/** Writes an object whose values are raw JSON. */
export function joinMembers(members: readonly RawMember[]): Buffer {
  if (members.length === 0) return Buffer.from('{}');
  const parts = members.flatMap(({ key, value }, index) => [
    Buffer.from(`${index === 0 ? '{' : ','}${JSON.stringify(key)}:`),
    value,
  ]);
  return Buffer.concat([...parts, Buffer.from('}')]);
}

/**
 * The same JSON on one line: line ends, which in JSON stand only between tokens, become spaces. Whatever is framed by
 * lines (stdio, event streams) must go through here, or a line inside a caller's arguments is read as a message of its
 * own.
 */
export function oneLine(json: Buffer): Buffer {
  if (!json.includes(lineFeed) && !json.includes(carriageReturn)) return json;
  return Buffer.from(json.map((byte) => (byte === lineFeed || byte === carriageReturn ? space : byte)));
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;
