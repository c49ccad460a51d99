import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { parse } from 'yaml';
import { type CommandInput, type Io, UsageError } from '../../src/cli/command.ts';
import { robotKey } from '../../src/cli/robot-key.ts';
import { parseRobotKey } from '../../src/identity/robot-key.ts';
import { clearOfMidnight } from '../fixtures/clear-of-midnight.ts';

await clearOfMidnight();

const day = 86_400_000;

async function run(positionals: readonly string[], values: CommandInput['values'] = {}) {
  const said = { out: '', err: '' };
  const io: Io = {
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    cwd: '/',
    environment: {},
    isTty: false,
    columns: 80,
    color: false,
  };
  const code = await robotKey.run({ positionals, values: { format: 'text', ...values } }, io);
  return { code, ...said };
}

function dateIn(days: number): string {
  return new Date(Date.now() + days * day).toISOString().slice(0, 10);
}

test('the key is the first line, and what follows is the YAML that makes it work', async () => {
  const { code, out, err } = await run(['nightly-report'], { expires: dateIn(30) });
  assert.equal(code, 0);
  const [key = '', ...yaml] = out.split('\n');
  const parsed = parseRobotKey(key);
  assert.equal(parsed.kind, 'parsed');
  const document: unknown = parse(yaml.join('\n'));
  const sha256 = createHash('sha256').update(key).digest('hex');
  assert.deepEqual(document, {
    apiVersion: 'gatehouse/v1',
    robots: { 'nightly-report': { owner: 'TEAM', keys: [{ id: parsed.id, sha256, expires: dateIn(30) }] } },
  });
  assert.match(err, /shown this once/);
});

test('the key itself is said once, and never in the YAML', async () => {
  const { out, err } = await run(['ci']);
  assert.equal((out + err).match(/gate_/g)?.length, 1);
});

test('a key ends a year from today unless told otherwise', async () => {
  const { out } = await run(['ci'], { format: 'json' });
  const { expires } = JSON.parse(out) as { expires: string };
  const days = (Date.parse(expires) - Date.now()) / day;
  assert.ok(days > 363 && days <= 366, expires);
});

test('as JSON it is one object with all there is', async () => {
  const { out, err } = await run(['ci'], { format: 'json', expires: dateIn(1) });
  const { robot, key, id, sha256, expires, yaml } = JSON.parse(out) as Record<string, string>;
  assert.deepEqual({ robot, expires }, { robot: 'ci', expires: dateIn(1) });
  assert.deepEqual(parseRobotKey(key ?? ''), { kind: 'parsed', id, sha256 });
  assert.ok(yaml?.includes(`sha256: "${sha256}"`));
  assert.equal(err, '');
});

test('today is a last day; days that have passed or are none are refused', async () => {
  assert.equal((await run(['ci'], { expires: dateIn(0) })).code, 0);
  for (const expires of [dateIn(-1), '2027-02-30', '2099-1-1', 'tomorrow', '', '2099-01-01T00:00Z']) {
    await assert.rejects(run(['ci'], { expires }), UsageError, expires);
  }
});

test('exactly one name as the policy files have them, and a known format, are asked for', async () => {
  for (const names of [
    [],
    ['a', 'b'],
    [''],
    ['Ci'],
    ['9'],
    ['a b'],
    ['-a'],
    ['a/b'],
    ['a'.repeat(41)],
    ['__proto__'],
  ]) {
    await assert.rejects(run(names), UsageError, names.join());
  }
  await assert.rejects(run(['ci'], { format: 'xml' }), UsageError);
});

test('the help fits into 80 columns', () => {
  for (const line of robotKey.help.split('\n')) assert.ok(line.length <= 80, line);
});
