#!/usr/bin/env node
// Checks an evidence pack of a Gatehouse audit log, with Node (20 or newer) and nothing else:
//
//   node check.mjs [FOLDER] [--public-key KEY-OR-FILE] [--against HEADS-FILE]
//
// FOLDER is where the pack was unpacked; default: where this file is. The key is one that `gatehouse audit keys` prints;
// without it the pack's own gatehouse.pub is used. HEADS-FILE holds what `gatehouse audit head` printed earlier. Exit
// codes: 0 everything agrees, 1 something does not, 2 could not run. The formats are https://c2sp.org/signed-note,
// tlog-checkpoint and tlog-proof; the tree is that of RFC 6962, and a leaf is the SHA-256 of a record's line.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { createReadStream, existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createGunzip } from 'node:zlib';

const LINE_BYTES_MAX = 16 * 1024 * 1024;
const LINK = /^\{"v":1,"seq":(\d{1,15}),.*,"prev":"([\w-]{43})"\}$/s;
const CHECKPOINT =
  /^gatehouse\/(\S+-[0-9a-f]{8})\n(\d{1,15})\n(\S{44})\nhead (\S{43})\ntime (\S+)\n\n((?:\u2014 \S+ \S+\n)+)$/;
const PROOF =
  /^c2sp\.org\/tlog-proof@v1\nextra (\S+)\nindex (\d{1,15})\n((?:\S{44}\n)*)\n(gatehouse\/[^]+\n\n(?:\u2014 \S+ \S+\n)+)$/;

const options = { 'public-key': { type: 'string' }, against: { type: 'string' } };
const problems = [];
const { values, positionals } = readArguments();
const folder = resolve(positionals[0] ?? dirname(fileURLToPath(import.meta.url)));
const manifest = readManifest();
const keys = readKeys();
const signedHeads = readList('heads.txt');
const keptHeads = values.against === undefined ? [] : parseList(readOutside(values.against), values.against);
const proofs = manifest.files.filter(({ path }) => path.startsWith('proofs/')).map(readProof);

await checkFiles();
for (const chain of manifest.chains) await checkChain(chain);
for (const { path, writer } of keptHeads)
  if (!manifest.chains.some((chain) => chain.writer === writer))
    say(`note         ${path}: no records of ${writer} here`);
finish();

function readArguments() {
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    return stop(`${error.message}\nusage: node check.mjs [FOLDER] [--public-key KEY-OR-FILE] [--against HEADS-FILE]`);
  }
}

function readManifest() {
  const text = read('manifest.json') ?? stop(`there is no manifest.json in ${folder}: unpack the whole zip there`);
  const told = /^([0-9a-f]{64}) {2}manifest\.json\n$/.exec(read('manifest.sha256') ?? '')?.[1];
  if (told !== sha256(text).toString('hex')) problem('manifest.json', 'is not the one that manifest.sha256 names');
  try {
    const found = JSON.parse(text);
    if (found.format === 'gatehouse-evidence@1' && [found.files, found.chains].every(Array.isArray)) return found;
  } catch {
    problem('manifest.json', 'is no JSON');
  }
  problem('manifest.json', 'is no manifest of an evidence pack');
  return finish();
}

/** Every file is the one that was packed, and there is no other. */
async function checkFiles() {
  const listed = new Set(['manifest.json', 'manifest.sha256']);
  for (const { path, bytes, sha256: told } of manifest.files) {
    listed.add(path);
    if (!isInside(path)) problem(path, 'is not a file within the pack');
    else if (lstatSync(join(folder, path)).size !== bytes) problem(path, `has not ${bytes} bytes`);
    else if ((await digestOf(path)) !== told) problem(path, 'is not what was packed: its SHA-256 is another');
  }
  for (const path of filesUnder('')) if (!listed.has(path)) problem(path, 'is not part of the pack');
  say(`files        ${manifest.files.length} listed in the manifest`);
}

/** A path of the manifest leads out of the folder neither by its steps nor by a link. */
function isInside(path) {
  const steps = path.split('/');
  if (steps.some((step) => ['', '.', '..'].includes(step) || /[\\\0]/.test(step))) return false;
  return steps.every((_, index) => {
    const found = lstatSync(join(folder, ...steps.slice(0, index + 1)), { throwIfNoEntry: false });
    return index === steps.length - 1 ? found?.isFile() === true : found?.isDirectory() === true;
  });
}

function filesUnder(inside) {
  return readdirSync(join(folder, inside), { withFileTypes: true }).flatMap((entry) => {
    const path = inside === '' ? entry.name : `${inside}/${entry.name}`;
    return entry.isDirectory() ? filesUnder(path) : [path];
  });
}

async function digestOf(path) {
  const digest = createHash('sha256');
  for await (const chunk of createReadStream(join(folder, path))) digest.update(chunk);
  return digest.digest('hex');
}

/** Each record holds the hash of the one before, and leads to what was signed. */
async function checkChain({ writer, before, files, first, last, records }) {
  const own = (claim) => claim.writer === writer;
  const claims = [...readList(`checkpoints/${writer}.ckpt`), ...signedHeads, ...keptHeads, ...proofs].filter(own);
  const state = { writer, seq: before.seq, prev: before.hash, tree: treeFrom(before), records: 0 };
  state.bySize = grouped(claims, 'size');
  state.bySeq = grouped(claims, 'seq');
  if (before.seq === 0 && before.hash !== sha256(writer).toString('base64url'))
    problem('manifest.json', `the chain of ${writer} does not begin as one`);
  if (before.seq > 0) agree(state);
  for (const file of files) await checkLines(file, state, file === files.at(-1));
  if (state.records !== records || (records > 0 && (state.seq !== last || before.seq + 1 !== first)))
    problem('manifest.json', `${writer}: ${records} records, ${first} to ${last}, are said to be there; they are not`);
  const newest = claims.reduce((most, { size }) => Math.max(most, size), 0);
  const signed = newest === 0 ? 'nothing is signed' : newest < state.seq ? `signed up to ${newest}` : 'all signed';
  say(`chain        ${writer}: records ${first ?? '-'} to ${last ?? '-'} in ${files.length} files, ${signed}`);
  const held = claims.filter(({ size }) => size >= before.seq && size <= state.seq).length;
  if (claims.length > 0) say(`signatures   ${writer}: ${claims.length} checked, ${held} held against its records`);
  if (before.seq > 0 && before.subtrees === null)
    say(`note         ${writer}: its first records are gone, so that only heads, not roots, can be compared`);
}

/** Reads a file line by line; each must be the next record of its chain. */
async function checkLines({ path, records, good }, state, isLast) {
  if (!isInside(path)) return;
  const begun = state.records;
  let line = 0;
  let byte = 0;
  for await (const { bytes, ended } of linesOf(path)) {
    line += 1;
    if (good !== null && byte >= good) break;
    byte += bytes.length + 1;
    const [, seq, prev] = ended ? (LINK.exec(bytes.toString('latin1')) ?? []) : [];
    if (seq === undefined && isLast && !ended) say(`note         ${path}:${line}: an unfinished line at the end`);
    else if (seq === undefined) problem(`${path}:${line}`, 'is no record');
    else takeRecord({ seq: Number(seq), prev, bytes, place: `${path}:${line}` }, state);
  }
  if (state.records - begun !== records) problem(path, `has ${state.records - begun} records, not ${records}`);
}

function takeRecord({ seq, prev, bytes, place }, state) {
  if (seq !== state.seq + 1) problem(place, `record ${seq} stands where ${state.seq + 1} belongs`);
  else if (prev !== state.prev) problem(place, 'the line before this one, or this one, was changed');
  const digest = sha256(bytes);
  state.seq = seq;
  state.prev = digest.toString('base64url');
  state.records += 1;
  state.tree?.append(digest);
  for (const { path, line } of state.bySeq.get(seq) ?? [])
    if (!line.equals(bytes)) problem(path, 'the log has another record there');
  agree(state);
}

/** What was signed of the records so far is what is here. */
function agree({ bySize, seq, prev, tree, writer }) {
  for (const { path, head, root } of bySize.get(seq) ?? []) {
    if (head !== prev) problem(path, `what was signed of record ${seq} of ${writer} is not the record here`);
    else if (tree !== null && tree.root() !== root)
      problem(path, `the records up to ${seq} of ${writer} do not lead to the signed root`);
  }
}

function grouped(claims, key) {
  const groups = new Map();
  for (const claim of claims) groups.set(claim[key], [...(groups.get(claim[key]) ?? []), claim]);
  return groups;
}

async function* linesOf(path) {
  const file = createReadStream(join(folder, path), { highWaterMark: 1024 * 1024 });
  let rest = Buffer.alloc(0);
  try {
    for await (const chunk of path.endsWith('.gz') ? file.pipe(createGunzip()) : file) {
      const text = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let start = 0;
      for (let end = text.indexOf(10); end >= 0; end = text.indexOf(10, start)) {
        yield { bytes: text.subarray(start, end), ended: true };
        start = end + 1;
      }
      rest = text.subarray(start);
      if (rest.length > LINE_BYTES_MAX) break;
    }
  } catch (error) {
    problem(path, `cannot be read: ${error.message}`);
  }
  if (rest.length > 0) yield { bytes: rest, ended: false };
}

/** The tree of RFC 6962 from what its records before the pack come to; null when that is not known. */
function treeFrom({ subtrees }) {
  if (subtrees === null) return null;
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

/** A list of signed checkpoints; those that are wrong are told and left out. */
function readList(path) {
  const text = manifest.files.some((file) => file.path === path) && isInside(path) ? read(path) : '';
  return parseList(text, path);
}

function parseList(text, path) {
  const notes = text.replaceAll('\r\n', '\n').match(/gatehouse\/[^]+?\n\n(?:\u2014 .+\n)+|\S[^\n]*\n?/g) ?? [];
  return notes.map((note) => readCheckpoint(note, path)).filter((found) => found !== null);
}

function readCheckpoint(note, path) {
  const [, writer, size, root, head, , signatures] = CHECKPOINT.exec(note) ?? [];
  if (writer === undefined) return problem(path, `"${note.slice(0, 40).trim()}" is no checkpoint`);
  if (keys.length === 0) return problem(path, 'no key is there to check its signatures with');
  const text = note.slice(0, note.indexOf('\n\n') + 1);
  if (!signatures.split('\n').some((signature) => keys.some((key) => isSigned(text, signature, key))))
    return problem(path, `the key did not sign the checkpoint of ${size} records of ${writer}`);
  return { path, writer, size: Number(size), root, head };
}

function readProof({ path }) {
  const [, extra, index, hashes, note] = PROOF.exec((isInside(path) && read(path)) || '') ?? [];
  if (extra === undefined) return problem(path, 'is no proof') ?? { path, writer: '' };
  const line = Buffer.from(extra, 'base64');
  const claim = readCheckpoint(note, path);
  if (claim === null) return { path, writer: '' };
  const siblings = hashes.split('\n').slice(0, -1);
  const fits = Number(index) < claim.size;
  const root = fits
    ? climb({ start: 0, end: claim.size, index: Number(index), line, siblings }).toString('base64')
    : '';
  if (root !== claim.root || siblings.length > 0 || LINK.exec(line.toString('latin1'))?.[1] !== `${Number(index) + 1}`)
    problem(path, 'the record and the hashes do not lead to the signed root');
  return { ...claim, seq: Number(index) + 1, line };
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

function readKeys() {
  const given = values['public-key'];
  const isFile = given !== undefined && existsSync(given);
  const text = given === undefined ? (read('gatehouse.pub') ?? '') : isFile ? readOutside(given) : given;
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const found = lines.map(readKey).filter((key) => key !== null);
  if (given !== undefined && (found.length === 0 || found.length < lines.length))
    stop('--public-key is no Ed25519 key');
  if (found.length < lines.length) problem('gatehouse.pub', 'holds something else than public keys');
  if (given === undefined && found.length > 0)
    say("note         the pack's own key is used: with --public-key one from elsewhere proves who signed");
  return found;
}

function readKey(line) {
  const [, name, keyId, base64] = /^(\S+)\+([0-9a-f]{8})\+(\S+)$/.exec(line.trim()) ?? [];
  const typed = Buffer.from(base64 ?? '', 'base64');
  if (typed.length !== 33 || typed[0] !== 1) return null;
  if (sha256(`${name}\n`, typed).toString('hex', 0, 4) !== keyId) return null;
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: typed.subarray(1).toString('base64url') };
  return { name, keyId, publicKey: createPublicKey({ key: jwk, format: 'jwk' }) };
}

function isSigned(text, signature, { name, keyId, publicKey }) {
  const bytes = Buffer.from(signature.split(' ')[2] ?? '', 'base64');
  const isOurs = signature.startsWith(`\u2014 ${name} `) && bytes.toString('hex', 0, 4) === keyId;
  return isOurs && verify(null, Buffer.from(text), publicKey, bytes.subarray(4));
}

function sha256(...parts) {
  const digest = createHash('sha256');
  for (const part of parts) digest.update(part);
  return digest.digest();
}

function read(path) {
  const file = join(folder, path);
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}

function readOutside(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return stop(error.message);
  }
}

function problem(place, message) {
  problems.push(`PROBLEM      ${place}: ${message}`);
  return null;
}

/** What the pack holds is other people's text: nothing in it may steer the terminal. */
function say(text) {
  process.stdout.write(`${text.replace(/[\p{Cc}\p{Cf}]/gu, '?')}\n`);
}

function finish() {
  for (const text of problems) say(text);
  if (problems.length === 0) say(`evidence from ${manifest.period.from} to ${manifest.period.to}: everything agrees`);
  else say(`NOT AS IT WAS PACKED: ${problems.length} problems`);
  process.exit(problems.length === 0 ? 0 : 1);
}

function stop(message) {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
