import { createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';

/** The public half of a key that signs notes. */
export interface Verifier {
  readonly name: string;
  /** First 8 hex digits of the hash of name and key: which key signed, not a proof of it. */
  readonly keyId: string;
  readonly publicKey: KeyObject;
  /** Both and the key as one line, `name+keyId+base64`: what to hand to whoever is to check. */
  readonly verifier: string;
}

/** A key that signs notes. */
export interface NoteKey extends Verifier {
  readonly privateKey: KeyObject;
}

/** A note as it stands, its signatures not yet believed. */
export interface Note {
  /** With its last line feed, without the empty line after it. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

export interface NoteSignature {
  readonly name: string;
  readonly keyId: string;
  readonly bytes: Buffer;
}

/** `valid`, `wrong`: this key is named but did not sign this text, `absent`: the key is not named. */
export type SignatureState = 'valid' | 'wrong' | 'absent';

/** Ed25519, as https://c2sp.org/signed-note numbers its signature types. */
const ED25519 = Buffer.of(1);
const SIGNATURE_LINE = /^\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u;
const VERIFIER = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/u;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const KEY_ID_BYTES = 4;

/** The verifier of an Ed25519 public key under a name. */
export function verifierOf(name: string, publicKey: KeyObject): Verifier {
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const typed = Buffer.concat([ED25519, raw]);
  const keyId = hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), typed]), 'hex').slice(0, 2 * KEY_ID_BYTES);
  return { name, keyId, publicKey, verifier: `${name}+${keyId}+${typed.toString('base64')}` };
}

/** Reads a verifier line; null when it is not one, or its key id is not that of its name and key. */
export function readVerifier(text: string): Verifier | null {
  const [, name = '', , key = ''] = VERIFIER.exec(text.trim()) ?? [];
  const typed = Buffer.from(key, 'base64');
  if (typed.length !== 1 + KEY_BYTES || typed[0] !== ED25519[0]) return null;
  const x = typed.subarray(1).toString('base64url');
  const found = verifierOf(name, createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }));
  return found.verifier === text.trim() ? found : null;
}

/** The signed note of a text, which ends with a line feed. */
export function signNote(text: string, key: NoteKey): string {
  const signature = Buffer.concat([Buffer.from(key.keyId, 'hex'), sign(null, Buffer.from(text), key.privateKey)]);
  return `${text}\n\u2014 ${key.name} ${signature.toString('base64')}\n`;
}

/** Null when it is no note: no text, no empty line, or something else than signatures after the last one. */
export function readNote(note: string): Note | null {
  const end = note.lastIndexOf('\n\n');
  if (end < 1 || !note.endsWith('\n')) return null;
  const signatures = note
    .slice(end + 2, -1)
    .split('\n')
    .map(readSignature)
    .filter((signature) => signature !== null);
  if (signatures.length !== note.slice(end + 2, -1).split('\n').length) return null;
  return { text: note.slice(0, end + 1), signatures };
}

function readSignature(line: string): NoteSignature | null {
  const [, name, base64 = ''] = SIGNATURE_LINE.exec(line) ?? [];
  const bytes = Buffer.from(base64, 'base64');
  if (name === undefined || bytes.length <= KEY_ID_BYTES || bytes.toString('base64') !== base64) return null;
  return { name, keyId: bytes.toString('hex', 0, KEY_ID_BYTES), bytes: bytes.subarray(KEY_ID_BYTES) };
}

/** Whether this key signed the note. Signatures of other keys are passed over, as the specification asks. */
export function checkNote(note: Note, { name, keyId, publicKey }: Verifier): SignatureState {
  const own = note.signatures.filter((signature) => signature.name === name && signature.keyId === keyId);
  if (own.length === 0) return 'absent';
  const text = Buffer.from(note.text);
  const valid = own.every(({ bytes }) => bytes.length === SIGNATURE_BYTES && verify(null, text, publicKey, bytes));
  return valid ? 'valid' : 'wrong';
}
