import assert from 'node:assert/strict';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { writePack } from '../../../src/audit/evidence/pack.ts';
import { gatehouse } from '../../cli/console.ts';
import { folder, keys } from '../log.ts';
import { writeReportLog } from '../report/report-log.ts';
import { check, filesUnder, listAnew, type Manifest, manifestOf, unpack } from './evidence-files.ts';

/** The middle of five weeks: the slice begins and ends within its chain. */
const PERIOD = '--from 2026-10-30 --to 2026-11-09';

const base = mkdtempSync(join(tmpdir(), 'gatehouse-evidence-'));
after(() => rmSync(base, { recursive: true, force: true }));

/** A pack, unpacked in a folder of the test's own; it is made once, as nothing changes it. */
async function packed(t: TestContext): Promise<string> {
  const once = join(base, 'once');
  if (!existsSync(once)) {
    await writeReportLog(t, join(base, 'var/audit'));
    const { code, err } = await gatehouse(`audit evidence ${PERIOD} --control CC6.1 --out a.zip`, base);
    assert.deepEqual({ code, err }, { code: 0, err: '' });
    await unpack(join(base, 'a.zip'), once);
  }
  const pack = join(folder(t), 'pack');
  cpSync(once, pack, { recursive: true });
  return pack;
}

function edit(path: string, change: (text: string) => string): void {
  const before = readFileSync(path, 'latin1');
  const after = change(before);
  assert.notEqual(after, before, 'the test changes something');
  chmodSync(path, 0o600);
  writeFileSync(path, after, 'latin1');
}

test('a pack holds what its readme says, and checks itself with node alone', async (t) => {
  const pack = await packed(t);
  const files = filesUnder(pack);
  for (const name of ['README.txt', 'gatehouse.pub', 'heads.txt', 'manifest.json', 'policy/in-force.csv'])
    assert(files.includes(name), name);
  assert.equal(files.filter((name) => name.startsWith('log/dt=')).length, 11);
  assert.equal(files.filter((name) => name.endsWith('.ckpt')).length, 1);
  const { records, chains, reports, left_out } = manifestOf(pack);
  const [chain] = chains;
  assert.deepEqual([chains.length, chain?.records, chain?.before.seq], [1, records, (chain?.first ?? 0) - 1]);
  // The records before and after the files, the first and last of the period, and the refused drop.
  const [before = 0, last = 0] = [chain?.before.seq, chain?.last];
  const proven = [before, before + 1, 71, last, last + 1].map((seq) => `${chain?.writer}-${seq}.tlog-proof`);
  assert.deepEqual(filesUnder(join(pack, 'proofs')), proven);
  assert(reports.some(({ name, rows }) => name === 'privileged' && rows === 2));
  assert.match(left_out.join('\n'), /^the report leavers: .* --file FILE$|policy files: no repository/m);
  for (const args of [[], ['--public-key', keys.signing.verifier], ['--against', 'heads.txt']]) {
    const { code, out, err } = check(pack, ...args);
    assert.deepEqual({ code, err }, { code: 0, err: '' }, out);
    assert.match(out, /everything agrees\n$/);
    assert.match(out, /all signed\n/);
    assert.match(out, /^left out {5}/m);
  }
});

test('one byte changed in any kind of member is found, and its file is named', async (t) => {
  const pack = await packed(t);
  const kinds = new Map(filesUnder(pack).map((name) => [name.replace(/^(\w+)\/.*(\.[\w-]+)$/, '$1 $2'), name]));
  assert(kinds.size >= 14, [...kinds.keys()].join());
  for (const name of kinds.values()) {
    const path = join(pack, name);
    const before = readFileSync(path);
    const after = Buffer.from(before);
    // In a comment of the scripts: they are to run.
    const at = name.endsWith('.mjs') ? before.indexOf('Gatehouse') : Math.floor(before.length / 2);
    after[at] = (after[at] ?? 0) ^ 1;
    writeFileSync(path, after);
    const { code, out } = check(pack);
    assert.equal(code, 1, `${name}: ${out}`);
    assert(out.includes(`PROBLEM      ${name.replace('manifest.sha256', 'manifest.json')}`), `${name}: ${out}`);
    writeFileSync(path, before);
  }
  assert.equal(check(pack).code, 0);
});

/** What somebody may do who also makes the manifest anew, and what is said of it. */
const deceptions: readonly (readonly [string, (pack: string) => void, RegExp])[] = [
  [
    'a record edited',
    (pack) => edit(middleLog(pack), (text) => text.replace('ana@acme.co', 'eve@acme.co')),
    /log\/dt=2026-11-0\d\/.*jsonl:\d+: the line before this one, or this one, was changed/,
  ],
  [
    'the last record edited',
    (pack) => edit(lastLog(pack), (text) => text.replace(/"ip":"10([^\n]*\n)$/, '"ip":"11$1')),
    /PROBLEM .*(what was signed of record|has another record there)/,
  ],
  [
    'the last record cut off',
    (pack) => {
      edit(lastLog(pack), (text) => text.replace(/[^\n]*\n$/, ''));
      listAnew(pack, ({ chains: [chain] }) => shorten(chain, 1));
    },
    /proofs\/.*record \d+ is of the period, and is not here/,
  ],
  [
    'a file left out',
    (pack) => {
      const gone = middleLog(pack).slice(pack.length + 1);
      rmSync(join(pack, gone));
      listAnew(pack, (manifest) => {
        manifest.files = manifest.files.filter(({ path }) => path !== gone);
        for (const chain of manifest.chains) chain.files = chain.files.filter(({ path }) => path !== gone);
      });
    },
    /record \d+ stands where \d+ belongs/,
  ],
  [
    'a subtree before the slice changed',
    (pack) =>
      listAnew(pack, ({ chains: [chain] }) => {
        const [first] = chain?.before.subtrees ?? [];
        if (first !== undefined) first.root = Buffer.alloc(32, 7).toString('base64');
      }),
    /do not lead to the signed root/,
  ],
  [
    'a checkpoint edited',
    (pack) => edit(nth(pack, '.ckpt', 0), (text) => text.replace(/time 2026/, 'time 2025')),
    /checkpoints\/.*the key did not sign the checkpoint/,
  ],
  [
    'a proof edited',
    (pack) => edit(nth(pack, '.tlog-proof', 0), (text) => text.replace(/index \d+/, 'index 3')),
    /proofs\/.*do not lead to the signed root/,
  ],
  ['a file added', (pack) => writeFileSync(join(pack, 'log/more.txt'), 'x'), /log\/more\.txt: is not part of the pack/],
];

for (const [what, deceive, said] of deceptions) {
  test(`with a manifest made anew, ${what} is found`, async (t) => {
    const pack = await packed(t);
    deceive(pack);
    listAnew(pack);
    const { code, out } = check(pack);
    assert.deepEqual([code, said.test(out)], [1, true], out);
  });
}

function shorten(chain: Manifest['chains'][number] | undefined, by: number): void {
  const file = chain?.files.at(-1);
  if (chain === undefined || file === undefined) return;
  file.records -= by;
  chain.records -= by;
  chain.last -= by;
}

function nth(pack: string, ending: string, index: number): string {
  return join(pack, filesUnder(pack).filter((name) => name.endsWith(ending))[index] ?? '');
}

function middleLog(pack: string): string {
  return nth(pack, '.jsonl', 5);
}

function lastLog(pack: string): string {
  return nth(pack, '.jsonl', 10);
}

test('paths of a manifest that lead out of the pack are not followed', async (t) => {
  const pack = await packed(t);
  mkdirSync(join(pack, '../outside'));
  writeFileSync(join(pack, '../outside/file'), 'secret');
  const text = readFileSync(join(pack, 'manifest.json'), 'utf8');
  writeFileSync(join(pack, 'manifest.json'), text.replace('"README.txt"', '"../outside/file"'));
  const { code, out } = check(pack);
  assert.equal(code, 1);
  assert.match(out, /\.\.\/outside\/file: is not a file within the pack/);
});

test('what cannot be checked at all is told without a stack trace', async (t) => {
  const pack = await packed(t);
  for (const args of [['--nonsense'], ['nowhere'], ['--public-key', 'no key'], ['--against', 'nowhere']]) {
    const { code, err } = check(pack, ...args);
    assert.equal(code, 2, args.join(' '));
    assert.doesNotMatch(err, / at .*check\.mjs/);
  }
  writeFileSync(join(pack, 'manifest.json'), '{');
  assert.match(check(pack).out, /manifest\.json: is no JSON/);
});

test('a pack that is interrupted, or whose name is taken meanwhile, leaves nothing behind', async (t) => {
  const dir = folder(t);
  const interruption = new AbortController();
  const parts = { path: join(dir, 'a.zip'), at: new Date(), signal: interruption.signal };
  async function* endless(): AsyncGenerator<Buffer> {
    for (let count = 0; ; count += 1) {
      if (count === 50) interruption.abort();
      yield Buffer.alloc(100_000);
    }
  }
  await assert.rejects(
    writePack(parts, (pack) => pack.add('log', endless())),
    { name: 'AbortError' },
  );
  assert.deepEqual(filesUnder(dir), []);
  const again = { ...parts, signal: new AbortController().signal };
  const taken = writePack(again, async () => writeFileSync(parts.path, 'mine'));
  await assert.rejects(taken, { code: 'audit_pack_refused' });
  assert.deepEqual([filesUnder(dir), readFileSync(parts.path, 'utf8')], [['a.zip'], 'mine']);
});
