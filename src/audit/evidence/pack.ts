import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { link, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { ZipWriter } from '@zip.js/zip.js';
import { syncFolder } from '../keeping/draft.ts';

/** A member of a pack. */
export interface PackedFile {
  /** Within the pack, with `/`. */
  readonly path: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** A zip that is being written, one member after the other, in bounded memory. */
export interface Pack {
  /** Resolves when the member is in; its chunks must not be used again. Throws when there is one of that name. */
  add(path: string, content: string | Buffer | AsyncIterable<Uint8Array>): Promise<PackedFile>;
  /** So far, in order. */
  files(): readonly PackedFile[];
}

/** The pack cannot be made; the message says why and what to try. */
export class PackRefused extends Error {
  override readonly name = 'PackRefused';
  readonly code = 'audit_pack_refused';
}

export interface PackParts {
  /** Of the new file. */
  readonly path: string;
  /** What members are dated. */
  readonly at: Date;
  readonly signal: AbortSignal;
}

/** What is compressed already. */
const COMPRESSED = /\.gz$/;

/**
 * Makes a zip of what `fill` adds. It has its name from the moment it is whole and on disk; a file that is there already
 * is left, and when `fill` fails, or `signal` is aborted, nothing is. Throws `PackRefused`, what `fill` throws, the
 * signal's reason, and the file system's error.
 */
export async function writePack<T>(parts: PackParts, fill: (pack: Pack) => Promise<T>): Promise<T> {
  const { path } = parts;
  const draft = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`);
  const file = createWriteStream(draft, { flags: 'wx', mode: 0o600 });
  try {
    const zip = new ZipWriter(Writable.toWeb(file));
    const made = await fill(createPack(zip, parts));
    await zip.close();
    await sync(draft);
    await giveName(draft, path);
    return made;
  } finally {
    file.destroy();
    await rm(draft, { force: true });
  }
}

function createPack(zip: ZipWriter<unknown>, { at, signal }: PackParts): Pack {
  const files: PackedFile[] = [];
  return {
    files: () => [...files],
    add: async (path, content) => {
      if (files.some((file) => file.path === path)) throw new PackRefused(`${path} would be in the pack twice`);
      const digest = createHash('sha256');
      let bytes = 0;
      async function* told(): AsyncGenerator<Uint8Array, void, undefined> {
        const chunks =
          typeof content === 'string' ? [Buffer.from(content)] : Buffer.isBuffer(content) ? [content] : content;
        for await (const chunk of chunks) {
          signal.throwIfAborted();
          digest.update(chunk);
          bytes += chunk.length;
          yield chunk;
        }
      }
      signal.throwIfAborted();
      await zip.add(path, Readable.toWeb(Readable.from(told(), { highWaterMark: 1 })), {
        ...{ lastModDate: at, level: COMPRESSED.test(path) ? 0 : 6, useWebWorkers: false, useCompressionStream: true },
        ...{ extendedTimestamp: false, unixMode: 0o644 },
      });
      const file = { path, bytes, sha256: digest.digest('hex') };
      files.push(file);
      return file;
    },
  };
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r');
  await file.sync().finally(() => file.close());
}

/** Mounts without hard links say one of these; there the name was free a moment ago. */
const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

async function giveName(draft: string, path: string): Promise<void> {
  await link(draft, path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'EEXIST') throw new PackRefused(`${path} is there already: name a new file`, { cause });
    if (NO_LINKS.has(cause.code ?? '')) return rename(draft, path);
    throw cause;
  });
  await syncFolder(dirname(path));
}
