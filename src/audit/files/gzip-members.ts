import { crc32, deflateRawSync, gunzipSync } from 'node:zlib';

/**
 * A sealed file is gzip (RFC 1952) in members of bounded size, each a gzip file of its own, so that any gunzip reads
 * the whole. An extra field (section 2.3.1.1) in each header tells the member's length: a reader needs no more memory
 * than one member takes, and reaches the end of a file without what is before it.
 */

/** Bytes of the log in one member, at most. */
export const MEMBER_BYTES_MAX: number = 1024 * 1024;
/** Magic and deflate, FEXTRA, no time, no hint, unknown system; 8 bytes of extra: subfield `GH` of 4 bytes. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 8, 0, 0x47, 0x48, 4, 0]);
/** Of a member's header, its length included. */
export const HEADER_BYTES: number = HEADER.length + 4;
const TRAILER_BYTES = 8;
/** What a file that others compressed, without telling lengths, may come to. */
const FOREIGN_BYTES_MAX = 1024 * 1024 * 1024;

export function writeMember(raw: Buffer): Buffer {
  const body = deflateRawSync(raw, { level: 6 });
  const member = Buffer.alloc(HEADER_BYTES + body.length + TRAILER_BYTES);
  HEADER.copy(member);
  member.writeUInt32LE(member.length, HEADER.length);
  body.copy(member, HEADER_BYTES);
  member.writeUInt32LE(crc32(raw), member.length - 8);
  member.writeUInt32LE(raw.length, member.length - 4);
  return member;
}

/** The length of the member that begins so, in bytes; null when it does not tell. */
export function memberLength(header: Buffer): number | null {
  if (header.length < HEADER_BYTES || header.compare(HEADER, 0, HEADER.length, 0, HEADER.length) !== 0) return null;
  return header.readUInt32LE(HEADER.length);
}

/** What the member holds. Throws zlib's error for one that is damaged. */
export function readMember(member: Buffer): Buffer {
  const own = memberLength(member) === member.length;
  return gunzipSync(member, { maxOutputLength: own ? MEMBER_BYTES_MAX : FOREIGN_BYTES_MAX });
}
