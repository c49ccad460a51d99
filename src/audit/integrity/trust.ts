import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gatewayOf, listLogFiles } from '../files/log-files.ts';
import { checkpointFile } from './checkpoint.ts';
import { checkCheckpoints, type FoundCheckpoints } from './checkpoint-check.ts';
import { type Claim, type Claims, readClaims } from './claims.ts';
import type { Verifier } from './note.ts';

/** What the one who verifies brings along, from elsewhere than the log. */
export interface Trust {
  /** Checkpoints kept elsewhere. */
  readonly heads: readonly Claim[];
  /** The keys that may have signed; with none, each start's own word is taken for its key. */
  readonly publicKeys: readonly Verifier[];
}

/** Everything that speaks of the chains without being their records. */
export interface Evidence {
  readonly trust: Trust;
  readonly starts: Claims;
  /** By writer. */
  readonly checkpoints: ReadonlyMap<string, FoundCheckpoints>;
  /** Kept heads of gateways that have a log here. */
  readonly heads: readonly Claim[];
  readonly notes: readonly string[];
}

/**
 * Reads it all. To be called before the log is listed and read: what is written meanwhile is then in the records and
 * not yet here, never the other way round, so that a running gateway is not taken for a damaged one.
 */
export async function gatherEvidence(dirs: readonly string[], trust: Trust): Promise<Evidence> {
  const files = await listLogFiles(dirs);
  const starts = readClaims(files);
  const checkpoints = new Map<string, FoundCheckpoints>();
  for (const [writer, file] of await listCheckpointFiles(dirs)) {
    checkpoints.set(writer, await checkCheckpoints({ file, writer, verifiers: verifiersOf(writer, starts, trust) }));
  }
  const gateways = new Set([...files.map(({ writer }) => writer), ...checkpoints.keys()].map(gatewayOf));
  const heads = trust.heads.filter(({ writer }) => gateways.has(gatewayOf(writer)));
  const others = new Set(trust.heads.map(({ writer }) => gatewayOf(writer)).filter((name) => !gateways.has(name)));
  const notes = [...others].map((name) => `heads of ${name} were left out: there is no log of it here`);
  return { trust, starts, checkpoints, heads, notes };
}

function verifiersOf(writer: string, { keys }: Claims, { publicKeys }: Trust): readonly Verifier[] {
  const named = keys.get(writer);
  if (publicKeys.length > 0 || named === undefined) return publicKeys;
  return [named];
}

/** All that is said of one chain: by later starts, by checkpoints, by heads kept elsewhere. */
export function claimsOf(writer: string, { starts, checkpoints, heads }: Evidence): readonly Claim[] {
  const kept = heads.filter((head) => head.writer === writer);
  return [...(starts.heads.get(writer) ?? []), ...(checkpoints.get(writer)?.claims ?? []), ...kept];
}

/** The list of every writer's checkpoints, by writer. */
export async function listCheckpointFiles(dirs: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const dir of dirs) {
    for (const name of (await namesIn(join(dir, '_ckpt'))).sort()) {
      const writer = /^(.+-[0-9a-f]{8})\.ckpt$/.exec(name)?.[1];
      if (writer !== undefined) found.set(writer, checkpointFile(dir, writer));
    }
  }
  return found;
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}
