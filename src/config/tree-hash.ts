import { hash } from 'node:crypto';

/** A file of a configuration, as far as its hash goes. */
export interface HashedFile {
  /** Relative to the configuration file's folder. */
  readonly name: string;
  /** SHA-256 of its bytes, hex. */
  readonly digest: string;
}

/** SHA-256 over names and contents, hex; the files are in the order of a walk, the configuration file first. */
export function treeHash(files: readonly HashedFile[]): string {
  return hash('sha256', files.map(({ name, digest }) => `${name}\0${digest}\n`).join(''));
}

/** As `Configuration.hash`: the first 16 digits tell configurations apart. */
export function configurationHash(files: readonly { readonly name: string; readonly bytes: Buffer }[]): string {
  return treeHash(files.map(({ name, bytes }) => ({ name, digest: hash('sha256', bytes) }))).slice(0, 16);
}
