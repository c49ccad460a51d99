import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ambiguousPrefixes, exposedName, exposeTools } from '../../src/protocol/names.ts';

test('an exposed name is the prefix and the tool, or the tool alone', () => {
  assert.equal(exposedName('memory', 'search-nodes'), 'memory_search-nodes');
  assert.equal(exposedName('', 'echo'), 'echo');
});

test('characters clients refuse become underscores', () => {
  assert.equal(exposedName('fs', 'read/file.text é😀'), 'fs_read_file_text____');
});

test('a long name is cut to 64 characters and stays distinct', () => {
  const [one, other] = [exposedName('p', `${'x'.repeat(80)}1`), exposedName('p', `${'x'.repeat(80)}2`)];
  assert.match(one, /^p_x{53}_[0-9a-f]{8}$/);
  assert.equal(one.length, 64);
  assert.notEqual(one, other);
  assert.equal(exposedName('p', 'x'.repeat(62)).length, 64);
  assert.equal(exposedName('p', 'x'.repeat(62)).endsWith('x'), true);
});

const rivals = [
  { server: 'one', prefix: 'a', tool: 'b.c' },
  { server: 'one', prefix: 'a', tool: 'b_c' },
  { server: 'two', prefix: 'a', tool: 'b/c' },
  { server: 'two', prefix: 'a', tool: 'd' },
];

test('of tools that want one name the one that needed no change keeps it', () => {
  const names = new Map(exposeTools(rivals).map(({ exposed, tool }) => [tool, exposed]));
  assert.equal(names.get('b_c'), 'a_b_c');
  assert.equal(names.get('d'), 'a_d');
  assert.match(names.get('b.c') ?? '', /^a_b_c_[0-9a-f]{8}$/);
  assert.match(names.get('b/c') ?? '', /^a_b_c_[0-9a-f]{8}$/);
  assert.equal(new Set(names.values()).size, 4);
});

test('names do not depend on the order tools are given in', () => {
  const inOrder = exposeTools(rivals).map(({ exposed, tool }) => `${exposed} ${tool}`);
  const reversed = exposeTools([...rivals].reverse()).map(({ exposed, tool }) => `${exposed} ${tool}`);
  assert.deepEqual(reversed.sort(), inOrder.sort());
});

test('two servers that could both claim a name plainly both lose it', () => {
  const exposed = exposeTools([
    { server: 'one', prefix: '', tool: 'echo' },
    { server: 'two', prefix: '', tool: 'echo' },
  ]);
  assert.deepEqual(
    exposed.map((tool) => /^echo_[0-9a-f]{8}$/.test(tool.exposed)),
    [true, true],
  );
  assert.notEqual(exposed[0]?.exposed, exposed[1]?.exposed);
});

test('a tool that already bears the name a hash would give keeps it', () => {
  const hashed = exposeTools(rivals).find(({ tool }) => tool === 'b.c')?.exposed ?? '';
  const squatter = { server: 'two', prefix: 'a', tool: hashed.slice(2) };
  const exposed = exposeTools([...rivals, squatter]);
  assert.equal(exposed.find(({ tool }) => tool === squatter.tool)?.exposed, hashed);
  assert.equal(new Set(exposed.map((tool) => tool.exposed)).size, 5);
});

test('prefixes are ambiguous when one and an underscore begins the other', () => {
  assert.deepEqual(ambiguousPrefixes(['a_b', 'ab', 'c', 'a']), [['a', 'a_b']]);
  assert.deepEqual(ambiguousPrefixes(['a', 'a']), [['a', 'a']]);
  assert.deepEqual(ambiguousPrefixes(['', 'a', 'ab']), []);
});
