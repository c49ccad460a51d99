import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rawMembers } from '../../src/protocol/members.ts';
import { readMessage } from '../../src/protocol/read-message.ts';

function read(text: string): ReturnType<typeof readMessage> {
  return readMessage(Buffer.from(text), { depthMax: 64, uniqueKeys: true });
}

function refusal(text: string): string {
  const message = read(text);
  return message.kind === 'malformed' ? `${message.code} ${message.id}` : message.kind;
}

test('a request keeps its id as written and the places of params, arguments and _meta', () => {
  const text =
    '{"jsonrpc":"2.0","id":"\\u0061","method":"tools/call","params":{"arguments":{"n":1e400},"_meta":{"k":[1]}}}';
  const message = read(text);
  assert.ok(message.kind === 'request');
  assert.deepEqual([message.id, message.method], ['"\\u0061"', 'tools/call']);
  assert.deepEqual(
    message.meta.map(({ key }) => key),
    ['k'],
  );
  const args = message.params?.members?.[0]?.value;
  assert.equal(rawMembers(message.bytes, args?.members ?? [])[0]?.value.toString(), '1e400');
});

test('a message with a method and no id is a notification; params and _meta may be absent', () => {
  const message = read('{"method":"notifications/initialized","jsonrpc":"2.0"}');
  assert.ok(message.kind === 'notification');
  assert.deepEqual([message.params, message.meta], [null, []]);
});

test('integer ids stay distinct from strings, whatever their size', () => {
  for (const id of ['1', '"1"', '0', '-7', '12345678901234567890', '""', '"é"']) {
    const message = read(`{"jsonrpc":"2.0","id":${id},"method":"ping"}`);
    assert.equal(message.kind === 'request' && message.id, id);
  }
});

test('null, fractions, containers and overlong strings are no ids', () => {
  for (const id of ['null', '1.5', '1.0', '1e3', 'true', '{}', '[1]', `"${'a'.repeat(257)}"`, `1${'0'.repeat(300)}`]) {
    assert.equal(refusal(`{"jsonrpc":"2.0","id":${id},"method":"ping"}`), '-32600 null', id);
  }
  assert.equal(refusal(`{"jsonrpc":"2.0","id":"${'a'.repeat(256)}","method":"ping"}`), 'request');
});

test('what is not JSON is -32700, what is no request -32600, with the id where it could be read', () => {
  const cases = {
    '': '-32700 null',
    '{"jsonrpc":"2.0","id":1': '-32700 null',
    '[]': '-32600 null',
    '[{"jsonrpc":"2.0","id":1,"method":"ping"}]': '-32600 null',
    '"ping"': '-32600 null',
    '{}': '-32600 null',
    '{"id":5,"method":"ping"}': '-32600 5',
    '{"jsonrpc":"1.0","id":5,"method":"ping"}': '-32600 5',
    '{"jsonrpc":2.0,"id":5,"method":"ping"}': '-32600 5',
    '{"jsonrpc":"2.0","id":5,"method":7}': '-32600 5',
    '{"jsonrpc":"2.0","id":5,"method":""}': '-32600 5',
    '{"jsonrpc":"2.0","id":5,"method":"ping","params":[1]}': '-32600 5',
    '{"jsonrpc":"2.0","id":5,"method":"ping","params":null}': '-32600 5',
    '{"jsonrpc":"2.0","id":5,"method":"ping","result":{}}': '-32600 5',
    '{"jsonrpc":"2.0","id":5,"id":6,"method":"ping"}': '-32600 null',
    [`{"jsonrpc":"2.0","id":5,"method":"ping","params":{"a":${'['.repeat(70)}${']'.repeat(70)}}}`]: '-32600 null',
    [`{"jsonrpc":"2.0","id":5,"method":"${'m'.repeat(129)}"}`]: '-32600 5',
  };
  for (const [text, expected] of Object.entries(cases)) assert.equal(refusal(text), expected, text);
  assert.equal(readMessage(Buffer.from([0x22, 0xff, 0x22]), { depthMax: 8, uniqueKeys: true }).kind, 'malformed');
});

test('a _meta that is no object counts as absent', () => {
  const message = read('{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":7}}');
  assert.deepEqual(message.kind === 'request' && message.meta, []);
});

test('a response has its value with members recorded', () => {
  const result = read('{"jsonrpc":"2.0","id":"x","result":{"content":[],"_meta":{"a":1}}}');
  assert.ok(result.kind === 'response' && result.outcome === 'result');
  assert.deepEqual(
    result.value.members?.map(({ key }) => key),
    ['content', '_meta'],
  );
  assert.equal(result.value.members?.[1]?.value.members?.length, 1);
  const error = read('{"jsonrpc":"2.0","id":3,"error":{"code":-32601,"message":"no","data":{"a":1}}}');
  assert.ok(error.kind === 'response' && error.outcome === 'error');
  assert.equal(error.id, '3');
});

test('an error may come without a readable id, a result may not', () => {
  for (const id of ['', '"id":null,']) {
    const error = read(`{"jsonrpc":"2.0",${id}"error":{"code":1,"message":""}}`);
    assert.equal(error.kind === 'response' && error.id, 'null');
    assert.equal(refusal(`{"jsonrpc":"2.0",${id}"result":{}}`), '-32600 null');
  }
});

test('a response has exactly one of result and error, each of its shape', () => {
  for (const rest of [
    '"result":{},"error":{"code":1,"message":""}',
    '"result":[]',
    '"result":null',
    '"error":"no"',
    '"error":{"code":"1","message":""}',
    '"error":{"code":1.5,"message":""}',
    '"error":{"code":1}',
  ]) {
    assert.equal(refusal(`{"jsonrpc":"2.0","id":9,${rest}}`), '-32600 9', rest);
  }
});

test('without unique keys the last one counts, as in JSON.parse', () => {
  const bytes = Buffer.from('{"jsonrpc":"2.0","id":1,"id":2,"result":{"isError":true,"isError":false}}');
  const message = readMessage(bytes, { depthMax: 8, uniqueKeys: false });
  assert.equal(message.kind === 'response' && message.id, '2');
});
