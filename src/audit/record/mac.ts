import { hash } from 'node:crypto';
import type { MacKey } from '../keys.ts';

/** HMAC-SHA256 (RFC 2104) of these bytes, cut to 128 bits, as 32 hex digits. */
export type Mac = (bytes: Buffer) => string;

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
/** Arguments and results are hardly ever larger; those that are get a buffer of their own. */
const ROOM_BYTES = 16 * 1024;

/**
 * Without the key nobody can try values until one fits, as with a plain hash of something short; with it,
 * `gatehouse audit mac` tells whether these very bytes were ever sent. Written as the two hashes it is, into buffers
 * made once: the objects of `createHmac` cost twice as much as the hashing, and the garbage collector again (measured).
 */
export function createMac({ key }: Pick<MacKey, 'key'>): Mac {
  const inner = Buffer.concat([padded(key, 0x36), Buffer.alloc(ROOM_BYTES)]);
  const outer = Buffer.concat([padded(key, 0x5c), Buffer.alloc(DIGEST_BYTES)]);
  return (bytes) => {
    outer.write(hash('sha256', after(inner, bytes), 'binary'), BLOCK_BYTES, 'binary');
    return hash('sha256', outer, 'hex').slice(0, 32);
  };
}

/** The key's 32 bytes, filled up with zeros to a block. */
function padded(key: Buffer, pad: number): Buffer {
  return Buffer.from(Array.from({ length: BLOCK_BYTES }, (_, at) => (key[at] ?? 0) ^ pad));
}

function after(block: Buffer, bytes: Buffer): Buffer {
  if (bytes.length > ROOM_BYTES) return Buffer.concat([block.subarray(0, BLOCK_BYTES), bytes]);
  bytes.copy(block, BLOCK_BYTES);
  return block.subarray(0, BLOCK_BYTES + bytes.length);
}
