import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { lineDigest } from '../../../src/audit/integrity/chain.ts';
import { checkpointText } from '../../../src/audit/integrity/checkpoint.ts';
import { createTree } from '../../../src/audit/integrity/merkle.ts';
import { signNote } from '../../../src/audit/integrity/note.ts';
import { checkProof, proofText } from '../../../src/audit/integrity/proof.ts';
import { NoProof, prove } from '../../../src/audit/integrity/prove.ts';
import { verify } from '../../../src/audit/integrity/verify.ts';
import { loadKeys } from '../../../src/audit/keys.ts';
import { sealLine } from '../../../src/audit/record/record.ts';
import { call, filesIn, folder, keys, linesOf, openLog } from '../log.ts';

const script = fileURLToPath(new URL('../../../audit/check-proof.mjs', import.meta.url));

/** A closed log of so many records, in several files, and its lines. */
async function logOf(t: TestContext, records: number): Promise<{ dir: string; writer: string; lines: string[] }> {
  const dir = folder(t);
  const log = await openLog(t, dir, { settings: { rotateBytes: 2000 } });
  for (let n = 1; n <= records; n += 1) await log.record(call(`tool_${n}`));
  await log.close();
  const { head } = await verify([dir]);
  return { dir, writer: head?.writer ?? '', lines: filesIn(dir).flatMap(linesOf) };
}

function run(...args: readonly string[]): Promise<{ code: unknown; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], (error, out, err) => resolve({ code: error?.code ?? 0, out, err }));
  });
}

test('every record of a log can be proven, in a few hundred bytes more than itself', async (t) => {
  for (const records of [1, 2, 3, 13]) {
    const { dir, writer, lines } = await logOf(t, records);
    for (const [index, line] of lines.entries()) {
      const proof = await prove([dir], { writer, seq: index + 1 });
      const verdict = checkProof(proof, [keys.signing]);
      assert(verdict.kind === 'proven');
      assert.deepEqual([verdict.line.toString(), verdict.checkpoint.size], [line, lines.length]);
      assert(proof.length < 2 * line.length + 900);
    }
  }
});

test('a proof changed anywhere proves nothing', async (t) => {
  const { dir, writer } = await logOf(t, 9);
  const proof = await prove([dir], { writer, seq: 4 });
  for (let at = 0; at < proof.length; at += 1) {
    const other = proof[at] === 'A' ? 'B' : 'A';
    const { kind } = checkProof(proof.slice(0, at) + other + proof.slice(at + 1), [keys.signing]);
    assert.equal(kind, 'refuted', `character ${at}`);
    assert.equal(checkProof(proof.slice(0, at), [keys.signing]).kind, 'refuted', `cut at ${at}`);
  }
});

test('a proof has one text only', async (t) => {
  const { dir, writer } = await logOf(t, 9);
  const proof = await prove([dir], { writer, seq: 4 });
  // The last letter before the padding holds two bits that decoding drops.
  const respelt = proof.replace(/(.)=\n/, (_, letter: string) => `${String.fromCharCode(letter.charCodeAt(0) + 1)}=\n`);
  const hashes = (text: string): Buffer => Buffer.from(/index 3\n(.*)\n/.exec(text)?.[1] ?? '', 'base64');
  assert.notEqual(respelt, proof);
  assert.deepEqual(hashes(respelt), hashes(proof));
  assert.equal(checkProof(respelt, [keys.signing]).kind, 'refuted');
});

test('a record at another place than its number says proves nothing', () => {
  const line = Buffer.from(sealLine(',"ev":"tool.call"', 2, 'p'.repeat(43)));
  const tree = createTree();
  tree.append(lineDigest(line));
  const root = tree.root().toString('base64');
  const checkpoint = { writer: 'acme-1a2b3c4d', size: 1, root, head: 'h'.repeat(43), time: '2026-11-22T14:30:00.000Z' };
  const note = signNote(checkpointText(checkpoint), keys.signing);
  const verdict = checkProof(proofText({ line, index: 0, path: [], note }), [keys.signing]);
  assert(verdict.kind === 'refuted' && verdict.why.includes('another number than its place'));
});

test('a refuted proof says what is wrong with it', async (t) => {
  const { dir, writer } = await logOf(t, 9);
  const proof = await prove([dir], { writer, seq: 4 });
  const other = await prove([dir], { writer, seq: 5 });
  const extra = /extra .*/;
  const whys: readonly (readonly [string, RegExp])[] = [
    ['hello', /no proof/],
    [proof.replace(extra, extra.exec(other)?.[0] ?? ''), /do not lead to the signed root/],
    [proof.replace('index 3', 'index 2'), /do not lead to the signed root/],
    [proof.replace('\n9\n', '\n8\n'), /its key did not sign this text/],
  ];
  for (const [text, why] of whys) {
    const verdict = checkProof(text, [keys.signing]);
    assert(verdict.kind === 'refuted');
    assert.match(verdict.why, why);
  }
  const { signing } = await loadKeys(folder(t));
  const verdict = checkProof(proof, [signing]);
  assert(verdict.kind === 'refuted' && verdict.why.includes('not with gatehouse+'));
});

test('nothing is proven from a changed log, nor before it is signed', async (t) => {
  const { dir, writer } = await logOf(t, 9);
  await assert.rejects(prove([dir], { writer, seq: 10 }), /has signed 9 records yet, not 10/);
  await assert.rejects(prove([dir], { writer: 'none-00000000', seq: 1 }), NoProof);
  const [file = ''] = filesIn(dir);
  chmodSync(file, 0o640);
  writeFileSync(file, readFileSync(file, 'utf8').replace('tool_2', 'tool_0'));
  await assert.rejects(prove([dir], { writer, seq: 4 }), /not the ones it signed: run gatehouse audit verify/);
});

test('the script that needs nothing but Node comes to the same verdicts', async (t) => {
  const { dir, writer, lines } = await logOf(t, 13);
  const key = join(dir, 'gatehouse.pub');
  writeFileSync(key, `${keys.signing.verifier}\n`);
  const file = join(dir, 'p.tlog-proof');
  for (const seq of [1, 5, lines.length]) {
    writeFileSync(file, await prove([dir], { writer, seq }));
    const { code, out, err } = await run(file, seq === 5 ? keys.signing.verifier : key);
    assert.deepEqual([code, out], [0, `${lines[seq - 1]}\n`], err);
    assert.match(err, new RegExp(`^proven: record ${seq} of the ${lines.length} that ${writer} had signed by 20`));
  }
  const proof = readFileSync(file, 'utf8');
  const { signing } = await loadKeys(join(dir, 'others'));
  const wrong = [proof.replace(/index \d+/, 'index 2'), proof.replace('\nhead', '\nHead'), proof.slice(0, -90), 'x'];
  for (const text of wrong) {
    writeFileSync(file, text);
    assert.deepEqual((await run(file, key)).code, 1, text);
  }
  writeFileSync(file, proof);
  assert.equal((await run(file, signing.verifier)).code, 1);
  for (const args of [[], [file], [file, 'nonsense'], [join(dir, 'none'), key]]) {
    const { code, err } = await run(...args);
    assert.equal(code, 2);
    assert(!err.includes('    at '), err);
  }
});
