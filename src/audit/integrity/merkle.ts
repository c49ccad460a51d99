import { sha256 } from './sha256.ts';

/** The Merkle tree of RFC 6962 section 2.1 over SHA-256, of which only the open subtrees are kept: O(log n) memory. */
export interface Tree {
  append(leaf: Buffer): void;
  size(): number;
  /** Of all leaves so far, 32 bytes. */
  root(): Buffer;
}

/** Leaves `start` to `end - 1`. */
export interface LeafRange {
  readonly start: number;
  readonly end: number;
}

/** What is to be shown: this leaf is number `index`, from 0, of a tree of `size` leaves. */
export interface Inclusion {
  readonly leaf: Buffer;
  readonly index: number;
  readonly size: number;
  /** Sibling hashes from the leaf up. */
  readonly path: readonly Buffer[];
}

const LEAF = Buffer.of(0);
const NODE = Buffer.of(1);
const EMPTY = sha256(Buffer.alloc(0));

export function createTree(): Tree {
  /** Roots of complete subtrees, the largest first: one for each bit that is set in `size`. */
  const complete: Buffer[] = [];
  let size = 0;
  return {
    size: () => size,
    append(leaf) {
      let node = leafHash(leaf);
      for (let rest = size; rest % 2 === 1; rest = Math.floor(rest / 2)) node = nodeHash(complete.pop() ?? node, node);
      complete.push(node);
      size += 1;
    },
    root: () => (size === 0 ? EMPTY : complete.reduceRight((right, left) => nodeHash(left, right))),
  };
}

/** The subtrees whose roots are the path of a leaf, from the leaf up (RFC 6962 section 2.1.1). */
export function siblings(index: number, size: number): readonly LeafRange[] {
  const found: LeafRange[] = [];
  let start = 0;
  let end = size;
  while (end - start > 1) {
    const middle = start + largestPowerBelow(end - start);
    if (index < middle) {
      found.push({ start: middle, end });
      end = middle;
    } else {
      found.push({ start, end: middle });
      start = middle;
    }
  }
  return found.reverse();
}

/** The root that this path leads to, or null when its length does not fit (RFC 9162 section 2.1.3.2). */
export function rootOf({ leaf, index, size, path }: Inclusion): Buffer | null {
  const ranges = siblings(index, size);
  if (index >= size || ranges.length !== path.length) return null;
  return path.reduce(
    (node, sibling, level) => ((ranges[level]?.start ?? 0) > index ? nodeHash(node, sibling) : nodeHash(sibling, node)),
    leafHash(leaf),
  );
}

function largestPowerBelow(count: number): number {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}

/** RFC 6962 section 2.1. */
export function leafHash(leaf: Buffer): Buffer {
  return sha256(Buffer.concat([LEAF, leaf]));
}

/** RFC 6962 section 2.1. */
export function nodeHash(left: Buffer, right: Buffer): Buffer {
  return sha256(Buffer.concat([NODE, left, right]));
}
