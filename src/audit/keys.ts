import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type NoteKey, verifierOf } from './integrity/note.ts';
import { createFile } from './write/create-file.ts';

/** The secrets of one gateway's log. Whoever holds them can write a log that nobody can tell from the true one. */
export interface AuditKeys {
  /** Makes the keyed hashes in records. */
  readonly mac: MacKey;
  /** Every such key by its id, the present one included: older records carry older ids. */
  readonly macs: ReadonlyMap<string, Buffer>;
  /** Signs checkpoints. */
  readonly signing: NoteKey;
}

export interface MacKey {
  /** First 8 hex digits of the key's SHA-256. */
  readonly kid: string;
  /** 32 bytes. */
  readonly key: Buffer;
}

/** The keys cannot be used as they are: the message says which file, why, and what to do. */
export class KeysRefused extends Error {
  override readonly name = 'KeysRefused';
  readonly code = 'audit_keys_refused';
}

/** What signed notes call the signer; its key id tells one gateway's key from another's. */
const SIGNER_NAME = 'gatehouse';

/** Name of the signing key's file in the folder of keys. */
export const SIGNING_FILE = 'signing.pem';
const MAC_FILE = /^mac-\d{6}\.key$/;
const FIRST_MAC_FILE = 'mac-000001.key';
const MAC_BYTES = 32;
/** Permission bits of the group and of others. */
const OTHERS = 0o077;
const OTHERS_WRITE = 0o022;

/**
 * The keys in a folder; what is missing is made: the folder (0700), `signing.pem` (Ed25519, PKCS #8) and
 * `mac-000001.key` (32 bytes as hex), both 0600. A MAC key with a higher number supersedes those before it.
 * Throws `KeysRefused` when others may read a key or it is not one, and the file system's error.
 */
export async function loadKeys(dir: string): Promise<AuditKeys> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await refuse(dir, OTHERS_WRITE);
  const signing = await readSigning(join(dir, SIGNING_FILE));
  const present = await macFiles(dir);
  const names = present.length === 0 ? [FIRST_MAC_FILE] : present;
  const macs: MacKey[] = [];
  for (const name of names) macs.push(await readMac(join(dir, name)));
  const mac = macs.at(-1);
  if (mac === undefined) throw new TypeError('a folder of keys holds at least the one just made');
  return { mac, macs: new Map(macs.map(({ kid, key }) => [kid, key])), signing };
}

/** Makes the next MAC key, which a gateway uses from its next start; the ones before it are kept. Throws as `loadKeys`. */
export async function addMacKey(dir: string): Promise<MacKey> {
  await loadKeys(dir);
  const number = Number((await macFiles(dir)).at(-1)?.slice(4, 10)) + 1;
  return readMac(join(dir, `mac-${String(number).padStart(6, '0')}.key`));
}

/**
 * The files of an old MAC key, more than one when it was copied. Once they are removed nobody can try values against the
 * records made with it. Throws `KeysRefused` for the newest key and for one that is not there, else as `loadKeys`.
 */
export async function oldMacFiles(dir: string, kid: string): Promise<readonly string[]> {
  const { mac, macs } = await loadKeys(dir);
  if (kid === mac.kid) throw new KeysRefused(`${kid} is the newest key: make another with --rotate, and restart`);
  const files: string[] = [];
  for (const name of await macFiles(dir)) if ((await readMac(join(dir, name))).kid === kid) files.push(join(dir, name));
  if (files.length > 0) return files;
  throw new KeysRefused(`there is no key ${kid} in ${dir}: it has ${[...macs.keys()].join(', ')}`);
}

/** The oldest first. */
async function macFiles(dir: string): Promise<readonly string[]> {
  return (await readdir(dir)).filter((name) => MAC_FILE.test(name)).sort();
}

async function readSigning(path: string): Promise<NoteKey> {
  const pem = await readOrMake(path, () =>
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  );
  const privateKey = readPem(pem);
  if (privateKey?.asymmetricKeyType !== 'ed25519') {
    throw new KeysRefused(`${path} is not an Ed25519 private key in PEM; move it away and one is made`);
  }
  return { ...verifierOf(SIGNER_NAME, createPublicKey(privateKey)), privateKey };
}

function readPem(pem: string): ReturnType<typeof createPrivateKey> | null {
  try {
    return createPrivateKey(pem);
  } catch {
    // OpenSSL's reasons name decoders, not mistakes; the caller says what was expected.
    return null;
  }
}

async function readMac(path: string): Promise<MacKey> {
  const text = (await readOrMake(path, () => `${randomBytes(MAC_BYTES).toString('hex')}\n`)).trim();
  if (!/^[0-9a-f]{64}$/.test(text)) throw new KeysRefused(`${path} is not 64 hex digits; restore it from a backup`);
  const key = Buffer.from(text, 'hex');
  return { kid: hash('sha256', key, 'hex').slice(0, 8), key };
}

async function readOrMake(path: string, make: () => string): Promise<string> {
  if ((await modeOf(path)) === null) await createFile({ path, text: make(), mode: 0o600 });
  await refuse(path, OTHERS);
  return readFile(path, 'utf8');
}

async function refuse(path: string, bits: number): Promise<void> {
  const mode = await modeOf(path);
  if (mode === null || (mode & bits) === 0) return;
  const what = bits === OTHERS ? 'read by others' : 'changed by others';
  const wanted = bits === OTHERS ? '600' : '700';
  throw new KeysRefused(`${path} can be ${what} (mode ${(mode & 0o777).toString(8)}): run chmod ${wanted} on it`);
}

async function modeOf(path: string): Promise<number | null> {
  return stat(path).then(
    ({ mode }) => mode,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    },
  );
}
