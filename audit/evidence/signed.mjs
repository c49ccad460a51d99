// What a Gatehouse gateway signs, and the tree that it signs: for check.mjs, with Node and nothing else. The formats are
// https://c2sp.org/signed-note, tlog-checkpoint and tlog-proof; the tree is that of RFC 6962, and a leaf is the SHA-256
// of a record's line.
import { createHash, createPublicKey, verify } from 'node:crypto';

/** What ties a record to its neighbours. */
export const LINK = /^\{"v":1,"seq":(\d{1,15}),.*,"prev":"([\w-]{43})"\}$/s;
const CHECKPOINT =
  /^gatehouse\/(\S+-[0-9a-f]{8})\n(\d{1,15})\n(\S{44})\nhead (\S{43})\ntime (\S+)\n\n((?:\u2014 \S+ \S+\n)+)$/;
const PROOF =
  /^c2sp\.org\/tlog-proof@v1\nextra (\S+)\nindex (\d{1,15})\n((?:\S{44}\n)*)\n(gatehouse\/[\s\S]+\n\n(?:\u2014 \S+ \S+\n)+)$/;

/** A public key as one line; null for anything else. */
export function readKey(line) {
  const [, name, keyId, base64] = /^(\S+)\+([0-9a-f]{8})\+(\S+)$/.exec(line.trim()) ?? [];
  const typed = Buffer.from(base64 ?? '', 'base64');
  if (typed.length !== 33 || typed[0] !== 1) return null;
  if (sha256(`${name}\n`, typed).toString('hex', 0, 4) !== keyId) return null;
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: typed.subarray(1).toString('base64url') };
  return { name, keyId, publicKey: createPublicKey({ key: jwk, format: 'jwk' }) };
}

/** The notes of a list; what is none is there as well, line by line. */
export function notesIn(text) {
  return text.replaceAll('\r\n', '\n').match(/gatehouse\/[\s\S]+?\n\n(?:\u2014 .+\n)+|\S[^\n]*\n?/g) ?? [];
}

/** A checkpoint that one of the keys signed, or why it is none. */
export function readCheckpoint(note, keys) {
  const [, writer, size, root, head, , signatures] = CHECKPOINT.exec(note) ?? [];
  if (writer === undefined) return { fault: `"${note.slice(0, 40).trim()}" is no checkpoint` };
  if (keys.length === 0) return { fault: 'no key is there to check its signatures with' };
  const text = note.slice(0, note.indexOf('\n\n') + 1);
  if (!signatures.split('\n').some((signature) => keys.some((key) => isSigned(text, signature, key))))
    return { fault: `the key did not sign the checkpoint of ${size} records of ${writer}` };
  return { writer, size: Number(size), root, head };
}

/** The checkpoint a proof leads to, with the record and its number, or why it proves nothing. */
export function readProof(text, keys) {
  const [, extra, index, hashes, note] = PROOF.exec(text) ?? [];
  if (extra === undefined) return { fault: 'this is no proof' };
  const checkpoint = readCheckpoint(note, keys);
  if (checkpoint.fault !== undefined) return checkpoint;
  const [line, seq] = [Buffer.from(extra, 'base64'), Number(index) + 1];
  const siblings = hashes.split('\n').slice(0, -1);
  const isAmong = seq <= checkpoint.size && LINK.exec(line.toString('latin1'))?.[1] === `${seq}`;
  const root = isAmong ? climb({ start: 0, end: checkpoint.size, index: seq - 1, line, siblings }) : null;
  if (root?.toString('base64') !== checkpoint.root || siblings.length > 0)
    return { fault: 'the record and the hashes do not lead to the signed root' };
  return { ...checkpoint, seq, line };
}

/** The tree, begun with the complete subtrees over what is before. */
export function createTree(subtrees) {
  const complete = subtrees.map(({ size, root }) => ({ size, root: Buffer.from(root, 'base64') }));
  return { append, root };
  function append(leaf) {
    let node = { size: 1, root: sha256(Buffer.of(0), leaf) };
    while (complete.at(-1)?.size === node.size) {
      const left = complete.pop();
      node = { size: left.size * 2, root: sha256(Buffer.of(1), left.root, node.root) };
    }
    complete.push(node);
  }
  function root() {
    const roots = complete.map((node) => node.root);
    return roots.reduceRight((right, left) => sha256(Buffer.of(1), left, right)).toString('base64');
  }
}

/** The hash over leaves `start` to `end - 1`, the leaf among them. Takes what it uses from the siblings. */
function climb(range) {
  if (range.end - range.start === 1) return sha256(Buffer.of(0), sha256(range.line));
  let half = 1;
  while (half * 2 < range.end - range.start) half *= 2;
  const middle = range.start + half;
  const inRight = range.index >= middle;
  // The path is kept from the leaf up, so the sibling of the upper level is the last.
  const sibling = Buffer.from(range.siblings.pop() ?? '', 'base64');
  const own = climb(inRight ? { ...range, start: middle } : { ...range, end: middle });
  return inRight ? sha256(Buffer.of(1), sibling, own) : sha256(Buffer.of(1), own, sibling);
}

function isSigned(text, signature, { name, keyId, publicKey }) {
  const bytes = Buffer.from(signature.split(' ')[2] ?? '', 'base64');
  const isOurs = signature.startsWith(`\u2014 ${name} `) && bytes.toString('hex', 0, 4) === keyId;
  return isOurs && verify(null, Buffer.from(text), publicKey, bytes.subarray(4));
}

export function sha256(...parts) {
  const digest = createHash('sha256');
  for (const part of parts) digest.update(part);
  return digest.digest();
}
