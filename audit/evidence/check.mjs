#!/usr/bin/env node
// Checks an evidence pack of a Gatehouse audit log, with Node (20 or newer) and nothing else:
//
//   node check.mjs [FOLDER] [--public-key KEY-OR-FILE] [--against HEADS-FILE]
//
// FOLDER is where the pack was unpacked; default: where this file is. The key is one that `gatehouse audit keys` prints;
// without it the pack's own gatehouse.pub is used. HEADS-FILE holds what `gatehouse audit head` printed earlier. Exit
// codes: 0 everything agrees, 1 something does not, 2 could not run. signed.mjs, beside this, reads what is
// signed.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createGunzip } from 'node:zlib';
import { createTree, LINK, notesIn, readCheckpoint, readKey, readProof, sha256 } from './signed.mjs';

const WRITING_MS_MAX = 60_000;
const LINE_BYTES_MAX = 16 * 1024 * 1024;

const options = { 'public-key': { type: 'string' }, against: { type: 'string' } };
const problems = [];
const { values, positionals } = readArguments();
const folder = resolve(positionals[0] ?? dirname(fileURLToPath(import.meta.url)));
const manifest = readManifest();
const keys = readKeys();
const signedHeads = readList('heads.txt');
const keptHeads = values.against === undefined ? [] : parseList(readGiven(values.against), values.against);
const proofs = manifest.files
  .filter(({ path }) => path.startsWith('proofs/'))
  .map(proofIn)
  .filter(isSound);

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
  for (const text of manifest.left_out ?? []) say(`left out     ${text}`);
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
async function checkChain(chain) {
  const { writer, before, files, first, last, records } = chain;
  const listed = [...readList(`checkpoints/${writer}.ckpt`), ...signedHeads, ...keptHeads, ...proofs];
  const claims = listed.filter((claim) => claim.writer === writer);
  const groups = { bySize: grouped(claims, 'size'), bySeq: grouped(claims, 'seq') };
  const state = {
    writer,
    ...groups,
    seq: before.seq,
    prev: before.hash,
    tree: before.subtrees && createTree(before.subtrees),
    records: 0,
  };
  if (before.seq === 0 && before.hash !== sha256(writer).toString('base64url'))
    problem('manifest.json', `the chain of ${writer} does not begin as one`);
  if (before.seq > 0) agree(state);
  for (const file of files) await checkLines(file, state, file === files.at(-1));
  if (state.records !== records || (records > 0 && (state.seq !== last || before.seq + 1 !== first)))
    problem('manifest.json', `${writer}: ${records} records, ${first} to ${last}, are said to be there; they are not`);
  for (const proof of claims) if (proof.seq > state.seq) checkLater(proof, state);
  tellChain(chain, claims, state.seq);
}

/** What follows the records here is of a later time than the period; what was being written just then may be both. */
function checkLater({ path, seq, line }, { seq: last, prev }) {
  const end = Math.min(Date.parse(manifest.period.to), Date.parse(manifest.ran.at) - WRITING_MS_MAX);
  if (Date.parse(JSON.parse(line).ts) < end) problem(path, `record ${seq} is of the period, and is not here`);
  if (seq === last + 1 && LINK.exec(line)?.[2] !== prev)
    problem(path, `record ${seq} does not follow the last one here`);
}

function tellChain({ writer, before, files, first, last }, claims, seq) {
  const newest = claims.reduce((most, { size }) => Math.max(most, size), 0);
  const held = claims.filter(({ size }) => size >= before.seq && size <= seq).length;
  const signed = newest === 0 ? 'nothing is signed' : newest < seq ? `signed up to ${newest}` : 'all signed';
  say(`chain        ${writer}: records ${first ?? '-'} to ${last ?? '-'} in ${files.length} files, ${signed}`);
  if (newest > 0) say(`signatures   ${writer}: ${claims.length} checked, ${held} held against its records`);
  if (before.subtrees === null) say(`note         ${writer}: its first files are gone; heads are compared, not roots`);
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

/** A list of signed checkpoints; those that are wrong are told and left out. */
function readList(path) {
  const text = manifest.files.some((file) => file.path === path) && isInside(path) ? read(path) : '';
  return parseList(text, path);
}

function parseList(text, path) {
  const found = notesIn(text).map((note) => ({ path, ...readCheckpoint(note, keys) }));
  return found.filter(isSound);
}

function proofIn({ path }) {
  return { path, ...readProof((isInside(path) && read(path)) || '', keys) };
}

function isSound({ path, fault }) {
  if (fault !== undefined) problem(path, fault);
  return fault === undefined;
}

function readKeys() {
  const given = values['public-key'];
  const isFile = given !== undefined && existsSync(given);
  const text = given === undefined ? (read('gatehouse.pub') ?? '') : isFile ? readGiven(given) : given;
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const found = lines.map(readKey).filter((key) => key !== null);
  if (given !== undefined && (found.length === 0 || found.length < lines.length))
    stop('--public-key is no Ed25519 key');
  if (found.length < lines.length) problem('gatehouse.pub', 'holds something else than public keys');
  if (given === undefined && found.length > 0)
    say("note         the pack's own key is used: with --public-key one from elsewhere proves who signed");
  return found;
}

function read(path) {
  const file = join(folder, path);
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}

function readGiven(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : stop(`there is no ${path}`);
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
