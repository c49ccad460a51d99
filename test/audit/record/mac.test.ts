import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadKeys } from '../../../src/audit/keys.ts';
import { createMac } from '../../../src/audit/record/mac.ts';
import { gatehouse } from '../../cli/console.ts';
import { folder, openLog, recordsIn } from '../log.ts';

function expected(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text).digest('hex').slice(0, 32);
}

test('the MAC of what was sent is that of its record', async (t) => {
  const cwd = folder(t);
  const keys = await loadKeys(join(cwd, 'var/keys'));
  const log = await openLog(t, join(cwd, 'var/audit'), { keys });
  const args = '{ "account":"4711", "n": 1.0 }';
  await log.record({ ev: 'tool.call', args: Buffer.from(args), res: Buffer.from('{"content":[]}') });
  writeFileSync(join(cwd, 'args.json'), args);
  const { code, out, err } = await gatehouse('audit mac --file args.json', cwd);
  const record = recordsIn(join(cwd, 'var/audit')).find(({ ev }) => ev === 'tool.call');
  assert.deepEqual([code, out, err], [0, `${record?.['kid']} ${record?.['args_mac']}\n`, '']);
  const result = await gatehouse('audit mac --value {"content":[]}', cwd);
  assert.equal(result.out, `${record?.['kid']} ${record?.['res_mac']}\n`);
  assert.match(result.err, /--file - hides it/);
});

test('the MAC is HMAC-SHA256 whatever the length, and one does not show in the next', () => {
  const key = Buffer.from(Array.from({ length: 32 }, (_, at) => at * 7));
  const mac = createMac({ key });
  for (const length of [0, 1, 63, 64, 16_384, 16_385, 100_000, 5]) {
    const text = 'x'.repeat(length);
    assert.equal(mac(Buffer.from(text)), expected(key, text), `${length} bytes`);
  }
});

test('it reads standard input, and says when a line feed was part of it', async (t) => {
  const cwd = folder(t);
  const { mac } = await loadKeys(join(cwd, 'var/keys'));
  const main = join(import.meta.dirname, '../../../src/main.ts');
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), main, 'audit', 'mac', '--file', '-'],
    { cwd, input: 'secret\n' },
  );
  assert.equal(String(stdout), `${mac.kid} ${expected(mac.key, 'secret\n')}\n`);
  assert.match(String(stderr), /line feed at the end counts/);
});

test('a new key comes last, and the old ones still answer', async (t) => {
  const cwd = folder(t);
  const before = await loadKeys(join(cwd, 'var/keys'));
  const { code, out } = await gatehouse('audit mac --rotate', cwd);
  const after = await loadKeys(join(cwd, 'var/keys'));
  assert.deepEqual([code, out.trim(), [...after.macs.keys()]], [0, after.mac.kid, [before.mac.kid, after.mac.kid]]);
  assert.match(readFileSync(join(cwd, 'var/keys/mac-000002.key'), 'utf8'), /^[0-9a-f]{64}\n$/);
  const lines = (await gatehouse('audit mac --value x', cwd)).out;
  assert.equal(
    lines,
    `${before.mac.kid} ${expected(before.mac.key, 'x')}\n${after.mac.kid} ${expected(after.mac.key, 'x')}\n`,
  );
});

test('an old key is erased for good and on record, and never the newest', async (t) => {
  const cwd = folder(t);
  const log = await openLog(t, join(cwd, 'var/audit'), { keys: await loadKeys(join(cwd, 'var/keys')) });
  await log.record({ ev: 'tool.call', args: Buffer.from('{}') });
  await log.close();
  const [old = ''] = (await loadKeys(join(cwd, 'var/keys'))).macs.keys();
  assert.match((await gatehouse(`audit mac --erase ${old}`, cwd)).err, /is the newest key: make another with --rotate/);
  const added = (await gatehouse('audit mac --rotate', cwd)).out.trim();
  assert.match((await gatehouse('audit mac --erase 00000000', cwd)).err, new RegExp(`it has ${old}, ${added}\n`));
  copyFileSync(join(cwd, 'var/keys/mac-000001.key'), join(cwd, 'var/keys/mac-000000.key'));
  const { code, out, err } = await gatehouse(`audit mac --erase ${old}`, cwd);
  assert.deepEqual([code, out], [0, `Erased ${old}.\n`]);
  assert.match(err, /a gateway that was not restarted since --rotate still makes MACs with it/);
  assert.deepEqual([...(await loadKeys(join(cwd, 'var/keys'))).macs.keys()], [added]);
  const erased = recordsIn(join(cwd, 'var/audit')).filter(({ ev }) => ev === 'audit.erase');
  assert.deepEqual(
    erased.map(({ detail }) => Object(detail).kid),
    [old],
  );
  assert.equal((await gatehouse('audit verify', cwd)).code, 0);
});

test('nothing is made where no gateway has begun, and one thing is asked at a time', async (t) => {
  const cwd = folder(t);
  const none = await gatehouse('audit mac --value x', cwd);
  assert.equal(none.code, 2);
  assert.match(none.err, /^gatehouse audit mac: there are no keys in .*var\/keys yet\n$/);
  const both = await gatehouse('audit mac --value x --rotate', cwd);
  assert.equal(both.code, 2);
  assert.match(both.err, /expected one of --file FILE, --value TEXT, --rotate and --erase KID/);
});
