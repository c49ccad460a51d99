import { type LeafRange, leafHash, nodeHash } from '../integrity/merkle.ts';

/** A complete subtree: `end - start` is a power of two, and `start` a multiple of it. */
export interface Subtree extends LeafRange {
  readonly root: Buffer;
}

/** The Merkle tree of a chain, which keeps the roots of the ranges that proofs need while it grows. */
export interface RecordingTree {
  append(leaf: Buffer): void;
  size(): number;
  /** Of all leaves so far; not for an empty tree. */
  root(): Buffer;
  /** The complete subtrees that the leaves so far make up, the largest first: enough to go on from here. */
  subtrees(): readonly Subtree[];
  /** Of a range that was wanted and is complete, or that ends with the newest leaf. */
  rootOf(range: LeafRange): Buffer;
}

/** `wanted` are ranges as `siblings` names them. Keeps O(log n) hashes and one for each of these. */
export function createRecordingTree(wanted: readonly LeafRange[]): RecordingTree {
  const names = new Set(wanted.map(nameOf));
  const recorded = new Map<string, Buffer>();
  const complete: Subtree[] = [];
  let size = 0;
  return { append, size: () => size, root: () => fold(0), subtrees: () => [...complete], rootOf };

  function append(leaf: Buffer): void {
    let node = record({ start: size, end: size + 1, root: leafHash(leaf) });
    for (let rest = size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      const left = complete.pop() ?? node;
      node = record({ start: left.start, end: node.end, root: nodeHash(left.root, node.root) });
    }
    complete.push(node);
    size += 1;
  }

  function record(node: Subtree): Subtree {
    const name = nameOf(node);
    if (names.has(name)) recorded.set(name, node.root);
    return node;
  }

  function rootOf(range: LeafRange): Buffer {
    return recorded.get(nameOf(range)) ?? fold(range.start);
  }

  function fold(start: number): Buffer {
    return complete
      .filter((node) => node.start >= start)
      .map(({ root }) => root)
      .reduceRight((right, left) => nodeHash(left, right));
  }
}

function nameOf({ start, end }: LeafRange): string {
  return `${start}-${end}`;
}
