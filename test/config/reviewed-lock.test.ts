import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { it } from 'node:test';
import { lockText } from '../../src/catalog/draft-lock.ts';
import { parseJson } from '../../src/config/json-source.ts';
import { lockHash } from '../../src/config/lock-hash.ts';
import { type ReviewedLock, readReviewedLock } from '../../src/config/reviewed-lock.ts';

const file = 'policies/lock/alpha.json';

interface Tool {
  readonly name: string;
  readonly class: 'read';
  readonly sha256: string;
  readonly definition: Readonly<Record<string, unknown>>;
}

function tool(name: string, more: Readonly<Record<string, unknown>> = {}): Tool {
  const definition = { description: 'Gets', inputSchema: { type: 'object' }, name, ...more };
  return { name, class: 'read', sha256: lockHash(definition), definition };
}

function written(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function lockOf(...tools: readonly unknown[]): string {
  return written({ apiVersion: 'gatehouse/v1', server: 'alpha', tools });
}

function read(text: string | Buffer): ReviewedLock | null {
  return readReviewedLock(file, Buffer.from(text));
}

function nested(levels: number): unknown {
  return levels === 0 ? 1 : { a: nested(levels - 1) };
}

it('what gatehouse lock writes is read the quick way, and says what the slow way says', () => {
  const text = lockText('alpha', [tool('get'), tool('set', { description: 'Ünïcode' })]);
  const quick = read(text);
  const slow = parseJson(file, Buffer.from(text)).source;
  assert.ok(quick && slow);
  assert.deepEqual(quick.serverAt, slow.at(['server']));
  const tools = [...quick.lock.tools].map(([key, { name, class: toolClass, sha256, definition }]) => {
    assert.equal(key, name);
    return { name, class: toolClass, sha256, definition };
  });
  assert.deepEqual({ apiVersion: 'gatehouse/v1', server: quick.lock.server, tools }, slow.value);
});

it('the locks of the sample are read the quick way', () => {
  for (const name of readdirSync('policies/lock')) {
    assert.ok(readReviewedLock(`policies/lock/${name}`, readFileSync(`policies/lock/${name}`)), name);
  }
});

it('a definition is the same each time it is looked at, and nobody can change it', () => {
  const locked = read(lockOf(tool('get')))?.lock.tools.get('get');
  assert.deepEqual(locked?.definition, tool('get').definition);
  assert.equal(locked?.definition, locked?.definition);
  assert.throws(() => Object.assign(locked?.definition as object, { name: 'x' }), TypeError);
  assert.throws(() => Object.assign(locked as object, { class: 'write' }), TypeError);
});

const get = tool('get');
const unsorted = { name: 'get', description: 'Gets', inputSchema: { type: 'object' } };
const hashAsWritten = createHash('sha256')
  .update(`gatehouse-tool-v1\0${JSON.stringify(unsorted)}`)
  .digest('hex');

const others: Readonly<Record<string, string | Buffer>> = {
  'without spaces': JSON.stringify(JSON.parse(lockOf(get))),
  'without the last line break': lockOf(get).trimEnd(),
  'no JSON': lockOf(get).slice(0, -9),
  'a list': written([get]),
  'another version': lockOf(get).replace('v1', 'v2'),
  'keys in another order': written({ server: 'alpha', apiVersion: 'gatehouse/v1', tools: [get] }),
  'a key twice': lockOf(get).replace(
    '"description": "Gets",',
    '"description": "Gets",\n        "description": "Gets",',
  ),
  'a key it does not know': written({ apiVersion: 'gatehouse/v1', server: 'alpha', tools: [get], more: 1 }),
  'no tools': written({ apiVersion: 'gatehouse/v1', server: 'alpha', tools: {} }),
  'no name of a server': lockOf(get).replace('"alpha"', '""'),
  'another byte than UTF-8': Buffer.from(lockOf(tool('get', { description: 'é' })), 'latin1'),
  'a character that cannot be seen': lockOf(tool('get', { description: 'a\u202eb' })),
  'a control character that JSON lets through': lockOf(tool('get', { description: 'a\x7fb' })),
  'an escape that is not needed': lockOf(get).replace('"Gets"', '"\\u0047ets"'),
  'a number that is not as JSON writes it': lockOf(tool('get', { n: 1 })).replace('"n": 1', '"n": 1.0'),
  'containers in too many containers': lockOf(tool('get', { inputSchema: nested(128) })),
  'a definition with unsorted members': lockOf({ ...get, definition: unsorted }),
  'a hash of the text as it is written': lockOf({ ...get, definition: unsorted, sha256: hashAsWritten }),
  'a hash of something else': lockOf({ ...get, sha256: tool('set').sha256 }),
  'a definition of another tool': lockOf({ ...tool('set'), name: 'get' }),
  'a tool twice': lockOf(get, get),
  'a tool that is text': lockOf('get'),
  'a tool without a name': lockOf(tool('')),
  'a class that is none': lockOf({ ...get, class: 'admin' }),
  'a key of a tool it does not know': lockOf({ ...get, more: 1 }),
};

for (const [what, text] of Object.entries(others)) {
  it(`a lock with ${what} is left to the slow way`, () => {
    assert.equal(read(text), null);
  });
}
