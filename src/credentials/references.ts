import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { SecretReference } from '../config/configuration.ts';
import { Secret } from './secret.ts';

/** The process environment, or what stands in for it. */
export type Environment = Readonly<Record<string, string | undefined>>;

export type Resolved =
  | { readonly kind: 'resolved'; readonly secret: Secret }
  /** `detail` names the reference and what is wrong with it, never a value. */
  | { readonly kind: 'missing'; readonly detail: string };

const fileBytesMax = 64 * 1024;

/** Reads what a reference points at, now: a rotated secret is found without a reload. */
export async function resolveReference(reference: SecretReference, env: Environment): Promise<Resolved> {
  const found = reference.kind === 'env' ? fromEnvironment(env[reference.name]) : await fromFile(reference.path);
  if (found instanceof Secret) return { kind: 'resolved', secret: found };
  return { kind: 'missing', detail: `${written(reference)} ${found}` };
}

/** The reference as it stands in the file. */
export function written(reference: SecretReference): string {
  return reference.kind === 'env' ? `\${env:${reference.name}}` : `\${file:${reference.path}}`;
}

/** A secret, or what is wrong, to follow the name of the reference. */
type Found = Secret | string;

function fromEnvironment(value: string | undefined): Found {
  if (value === undefined) return 'is not set';
  return value === '' ? 'is empty' : new Secret(value);
}

async function fromFile(path: string): Promise<Found> {
  let file: FileHandle | null = null;
  try {
    // Without waiting: opening a named pipe would otherwise block until somebody writes to it.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return await readSecret(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error) return `cannot be read (${String(error.code)})`;
    throw error;
  } finally {
    await file?.close();
  }
}

/**
 * Docker and Kubernetes mount secrets readable for all inside their container, so that is accepted. A file that anyone
 * may write is not: whoever swaps it chooses what the gateway presents.
 */
async function readSecret(file: FileHandle): Promise<Found> {
  const stat = await file.stat();
  if (!stat.isFile()) return 'is not a file';
  if ((stat.mode & constants.S_IWOTH) !== 0) return 'may be written by anyone (chmod o-w)';
  if (stat.size > fileBytesMax) return `is larger than ${fileBytesMax} bytes`;
  const text = (await file.readFile('utf8')).replace(/\r?\n$/, '');
  return text === '' ? 'is empty' : new Secret(text);
}
