import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readLines } from '../src/audit/files/line-reader.ts';
import { byWriter, type LogFile, listLogFiles } from '../src/audit/files/log-files.ts';
import { lineDigest } from '../src/audit/integrity/chain.ts';
import { checkpointFile, checkpointText, listNote } from '../src/audit/integrity/checkpoint.ts';
import { createTree } from '../src/audit/integrity/merkle.ts';
import { type NoteKey, signNote } from '../src/audit/integrity/note.ts';
import { loadKeys } from '../src/audit/keys.ts';

/** A busy gateway signs so often. */
const EVERY_RECORDS = 1_000;
const DAY = 'T23:59:59.999Z';

/** Signs a log as its gateways would have, and leaves their public key in `folder`; resolves to that file. */
export async function signLog(dir: string, folder: string): Promise<string> {
  const { signing } = await loadKeys(join(folder, 'keys'));
  for (const [writer, files] of byWriter(await listLogFiles([dir]))) signChain(dir, { writer, files, key: signing });
  const file = join(folder, 'gatehouse.pub');
  writeFileSync(file, `${signing.verifier}\n`);
  return file;
}

interface Chain {
  readonly writer: string;
  readonly files: readonly LogFile[];
  readonly key: NoteKey;
}

function signChain(dir: string, { writer, files, key }: Chain): void {
  const list = checkpointFile(dir, writer);
  const tree = createTree();
  mkdirSync(dirname(list), { recursive: true });
  for (const { path, day } of files) {
    let digest: Buffer = Buffer.alloc(0);
    let signed = tree.size();
    const sign = (): void => {
      signed = tree.size();
      const head = { head: digest.toString('base64url'), root: tree.root().toString('base64'), time: day + DAY };
      appendFileSync(list, listNote(signNote(checkpointText({ writer, size: signed, ...head }), key)));
    };
    for (const line of readLines(path)) {
      digest = lineDigest(line.bytes);
      tree.append(digest);
      if (tree.size() - signed === EVERY_RECORDS) sign();
    }
    if (tree.size() > signed) sign();
  }
}
