#!/usr/bin/env node
// Checks a proof that a record is in a Gatehouse audit log, with Node (20 or newer) and nothing else:
//
//   node check-proof.mjs record.tlog-proof gatehouse.pub
//
// The second argument is the signer's public key as `gatehouse audit keys` prints it, or a file that holds it. Prints
// the record. Exit codes: 0 proven, 1 not proven, 2 could not run. The formats are https://c2sp.org/tlog-proof,
// tlog-checkpoint and signed-note; the tree is that of RFC 6962, and a leaf is the SHA-256 of a record's line.
import { createPublicKey, hash, verify } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';

const PROOF =
  /^c2sp\.org\/tlog-proof@v1\nextra (\S+)\nindex (\d+)\n((?:\S{44}\n)*)\n((gatehouse\/.+\n(\d+)\n(\S{44})\nhead \S+\ntime (\S+)\n)\n((?:\u2014 \S+ \S+\n)+))$/;
const [file, key] = process.argv.slice(2);
if (file === undefined || key === undefined) end(2, 'usage: node check-proof.mjs PROOF-FILE KEY-OR-FILE');

const [, record, index, hashes, , text, size, root, time, signatures] = PROOF.exec(read(file)) ?? [];
if (record === undefined) end(1, 'this is no proof');
const line = Buffer.from(record, 'base64');
if (!isSigned(existsSync(key) ? read(key).trim() : key)) end(1, 'the key did not sign this checkpoint');
const path = hashes.split('\n').slice(0, -1);
if (Number(index) >= Number(size)) end(1, 'the record is not among those that were signed');
if (climb({ start: 0, end: Number(size), path }).toString('base64') !== root || path.length > 0)
  end(1, 'the record, its number and the hashes do not lead to the signed root');
const { seq, writer } = JSON.parse(line);
if (seq !== Number(index) + 1) end(1, 'the record has another number than its place in the log');
process.stdout.write(`${line}\n`);
end(0, `proven: record ${seq} of the ${size} that ${writer} had signed by ${time}`);

/** The hash over leaves `start` to `end - 1`, the leaf among them. Takes what it uses from the path. */
function climb(range) {
  if (range.end - range.start === 1) return sha256(Buffer.of(0), sha256(line));
  let half = 1;
  while (half * 2 < range.end - range.start) half *= 2;
  const middle = range.start + half;
  const inRight = Number(index) >= middle;
  // The path is kept from the leaf up, so the sibling of the upper level is the last.
  const sibling = Buffer.from(range.path.pop() ?? '', 'base64');
  const own = climb(inRight ? { ...range, start: middle } : { ...range, end: middle });
  return inRight ? sha256(Buffer.of(1), sibling, own) : sha256(Buffer.of(1), own, sibling);
}

function isSigned(verifier) {
  const [, name, keyId, base64] = /^(\S+)\+([0-9a-f]{8})\+(\S+)$/.exec(verifier) ?? end(2, 'this is no public key');
  const typed = Buffer.from(base64, 'base64');
  if (typed.length !== 33 || typed[0] !== 1) end(2, 'this is no Ed25519 key');
  if (sha256(Buffer.from(`${name}\n`), typed).toString('hex', 0, 4) !== keyId) end(2, 'the id of this key is wrong');
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: typed.subarray(1).toString('base64url') };
  const publicKey = createPublicKey({ key: jwk, format: 'jwk' });
  return signatures.split('\n').some((signature) => {
    const bytes = Buffer.from(signature.split(' ')[2] ?? '', 'base64');
    const isOurs = signature.startsWith(`\u2014 ${name} `) && bytes.toString('hex', 0, 4) === keyId;
    return isOurs && verify(null, Buffer.from(text), publicKey, bytes.subarray(4));
  });
}

function sha256(...parts) {
  return hash('sha256', Buffer.concat(parts), 'buffer');
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return end(2, error.message);
  }
}

function end(code, message) {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}
