import { hash } from 'node:crypto';

/** As 32 bytes. Asked for a buffer, `hash` makes one with memory of its own for each, which costs half as much again. */
export function sha256(bytes: Buffer): Buffer {
  return Buffer.from(hash('sha256', bytes, 'binary'), 'binary');
}
