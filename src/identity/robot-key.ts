import { hash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { RobotKey } from '../config/configuration.ts';

/** What robot keys begin with; secret scanners look for it. */
export const robotKeyPrefix = 'gate_';

/** `key` is shown once and kept by nobody here; `id` and `sha256` go into the policy files. */
export interface MintedKey {
  readonly key: string;
  readonly id: string;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** `gate_<8 id, base62>_<43 secret, base64url of 256 bits>_<6 CRC-32 of all before it, base62>` */
export function mintRobotKey(): MintedKey {
  const id = Array.from({ length: 8 }, () => base62[randomInt(base62.length)]).join('');
  const body = `${robotKeyPrefix}${id}_${randomBytes(32).toString('base64url')}`;
  const key = `${body}_${checksum(body)}`;
  return { key, id, sha256: digestOf(key) };
}

export type ParsedKey =
  | { readonly kind: 'parsed'; readonly id: string; readonly sha256: string }
  | { readonly kind: 'malformed' | 'checksum' };

/** Tells a typo from a key without looking anything up. */
export function parseRobotKey(text: string): ParsedKey {
  const [, body = '', id = '', sum] = shape.exec(text) ?? [];
  if (sum === undefined) return { kind: 'malformed' };
  if (sum !== checksum(body)) return { kind: 'checksum' };
  return { kind: 'parsed', id, sha256: digestOf(text) };
}

/**
 * Whether the digest is the one on file. An id that is not on file costs the same comparison, so that neither answer
 * nor time tells it from a wrong secret. A fast hash is right for 256 random bits.
 */
export function isKeyOnFile<T extends RobotKey>(sha256: string, onFile: T | undefined): onFile is T {
  const same = timingSafeEqual(Buffer.from(sha256, 'hex'), Buffer.from(onFile?.sha256 ?? '0'.repeat(64), 'hex'));
  return same && onFile !== undefined;
}

const shape = /^(gate_([0-9A-Za-z]{8})_[\w-]{43})_([0-9A-Za-z]{6})$/;

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

function digestOf(key: string): string {
  return hash('sha256', key, 'hex');
}

function checksum(body: string): string {
  let rest = crc32(body);
  let digits = '';
  while (digits.length < 6) {
    digits = base62.charAt(rest % 62) + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}
