import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTree, rootOf, siblings } from '../../../src/audit/integrity/merkle.ts';

/** Leaves and roots that the implementations of RFC 6962 test with. */
const leaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const firstPath = [
  '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
  '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
  '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
];

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');

function rootOver(all: readonly Buffer[]): Buffer {
  const tree = createTree();
  for (const leaf of all) tree.append(leaf);
  return tree.root();
}

test('the tree has the known roots at every size', () => {
  const tree = createTree();
  for (const [size, root] of roots.entries()) {
    assert.deepEqual([tree.size(), tree.root().toString('hex')], [size, root]);
    tree.append(bytes(leaves[size] ?? ''));
  }
});

test('the known path leads from the first leaf to the root', () => {
  const inclusion = { leaf: bytes(''), index: 0, size: 8, path: firstPath.map(bytes) };
  assert.equal(rootOf(inclusion)?.toString('hex'), roots[8]);
});

test('the path of every leaf of every tree up to 40 leads to its root, and no other place or size does', () => {
  const all = Array.from({ length: 40 }, (_, index) => Buffer.from(`leaf ${index}`));
  for (let size = 1; size <= all.length; size += 1) {
    const root = rootOver(all.slice(0, size));
    for (const [index, leaf] of all.slice(0, size).entries()) {
      // The root of a tree of leaves is made of leaf hashes, so a sibling subtree is a tree of its own.
      const path = siblings(index, size).map(({ start, end }) => rootOver(all.slice(start, end)));
      assert.deepEqual(rootOf({ leaf, index, size, path }), root);
      assert.notDeepEqual(rootOf({ leaf: Buffer.from('other'), index, size, path }), root);
      if (size > 1) assert.notDeepEqual(rootOf({ leaf, index: (index + 1) % size, size, path }), root);
      assert.equal(rootOf({ leaf, index, size, path: [...path, root] }), null);
      assert.equal(rootOf({ leaf, index: size, size, path }), null);
    }
  }
});
