import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BlobReader, Uint8ArrayWriter, ZipReader } from '@zip.js/zip.js';

/** What a checker's process said. */
export interface Checked {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Unpacks a zip into a new folder; returns the names of its members in their order. */
export async function unpack(zip: string, into: string): Promise<readonly string[]> {
  const reader = new ZipReader(new BlobReader(new Blob([readFileSync(zip)])), { useWebWorkers: false });
  const names: string[] = [];
  for (const entry of await reader.getEntries()) {
    if (entry.directory) continue;
    const path = join(into, entry.filename);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, await entry.getData(new Uint8ArrayWriter(), { checkSignature: true }));
    names.push(entry.filename);
  }
  await reader.close();
  return names;
}

/** Runs the pack's own check.mjs with Node and nothing else. */
export function check(folder: string, ...args: readonly string[]): Checked {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['check.mjs', ...args], {
    ...{ cwd: folder, env: {}, encoding: 'utf8', timeout: 180_000 },
  });
  return { code: status, out: stdout, err: stderr };
}

/** All files of a folder, as paths within it. */
export function filesUnder(folder: string): readonly string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

/** Makes the manifest say of every file what it now is, as somebody would who wants to deceive. */
export function listAnew(folder: string, change: (manifest: Manifest) => void = () => undefined): void {
  const manifest: Manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  change(manifest);
  for (const file of manifest.files) {
    const bytes = readFileSync(join(folder, file.path));
    Object.assign(file, { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
  }
  const text = JSON.stringify(manifest);
  writeFileSync(join(folder, 'manifest.json'), text);
  const digest = createHash('sha256').update(text).digest('hex');
  writeFileSync(join(folder, 'manifest.sha256'), `${digest}  manifest.json\n`);
}

/** As much of a manifest as is changed in tests. */
export interface Manifest {
  readonly period: { readonly from: string; readonly to: string };
  readonly records: number;
  files: { readonly path: string; bytes: number; sha256: string }[];
  readonly chains: {
    readonly writer: string;
    readonly before: { seq: number; hash: string; subtrees: { size: number; root: string }[] };
    files: { readonly path: string; records: number }[];
    first: number;
    last: number;
    records: number;
  }[];
  readonly reports: readonly { readonly name: string; readonly rows: number }[];
  readonly left_out: readonly string[];
}

export function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
}
