import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Claim } from '../../audit/integrity/claims.ts';
import { HeadRefused, parseKeptHeads, readKeptHeads } from '../../audit/integrity/heads.ts';
import { readVerifier, type Verifier } from '../../audit/integrity/note.ts';
import type { Trust } from '../../audit/integrity/trust.ts';
import { type CommandInput, UsageError } from '../command.ts';
import { isFileError } from './keeping.ts';

interface TrustOptions {
  readonly against: { readonly type: 'string'; readonly multiple: true };
  readonly 'public-key': { readonly type: 'string'; readonly multiple: true };
}

/** Options by which an auditor brings along what the log is held against. */
export const TRUST_OPTIONS: TrustOptions = {
  against: { type: 'string', multiple: true },
  'public-key': { type: 'string', multiple: true },
};

/** Throws `UsageError` for what is no key and no head. */
export async function readTrust(input: CommandInput, cwd: string): Promise<Trust> {
  const publicKeys = await readPublicKeys(input, cwd);
  const heads: Claim[] = [];
  for (const given of listed(input, 'against')) heads.push(...(await readHeads(given, cwd, publicKeys)));
  return { publicKeys, heads };
}

/** Each `--public-key` is a verifier line or a file of such lines. */
export async function readPublicKeys(input: CommandInput, cwd: string): Promise<readonly Verifier[]> {
  const keys: Verifier[] = [];
  for (const given of listed(input, 'public-key')) {
    const line = readVerifier(given);
    if (line === null) keys.push(...(await readKeyFile(given, cwd)));
    else keys.push(line);
  }
  return keys;
}

async function readKeyFile(given: string, cwd: string): Promise<readonly Verifier[]> {
  const wanted = '--public-key is the line that gatehouse audit keys prints, or a file with such lines';
  const text = await readFile(resolve(cwd, given), 'utf8').catch((error: Error) => {
    throw new UsageError(`${wanted}: ${error.message}`, { cause: error });
  });
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return lines.map((line) => {
    const key = readVerifier(line);
    if (key === null) throw new UsageError(`${wanted}; found something else in ${given}`);
    return key;
  });
}

async function readHeads(given: string, cwd: string, publicKeys: readonly Verifier[]): Promise<readonly Claim[]> {
  try {
    if (given === '-') return parseKeptHeads(readFileSync(0, 'utf8'), 'standard input', publicKeys);
    return await readKeptHeads(resolve(cwd, given), publicKeys);
  } catch (error) {
    if (!(error instanceof HeadRefused || isFileError(error))) throw error;
    throw new UsageError(`--against: ${error.message}`, { cause: error });
  }
}

function listed({ values }: CommandInput, option: keyof TrustOptions): readonly string[] {
  const given = values[option];
  return Array.isArray(given) ? given.map(String) : [];
}
