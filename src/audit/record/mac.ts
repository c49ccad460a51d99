import { createHmac, createSecretKey } from 'node:crypto';
import type { MacKey } from '../keys.ts';

/** HMAC-SHA256 (RFC 2104) of these bytes, cut to 128 bits, as 32 hex digits. */
export type Mac = (bytes: Buffer) => string;

/**
 * Without the key nobody can try values until one fits, as with a plain hash of something short; with it,
 * `gatehouse audit mac` tells whether these very bytes were ever sent.
 */
export function createMac({ key }: Pick<MacKey, 'key'>): Mac {
  const secret = createSecretKey(key);
  return (bytes) => createHmac('sha256', secret).update(bytes).digest('hex').slice(0, 32);
}
