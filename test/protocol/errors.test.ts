import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorResponse, errors } from '../../src/protocol/errors.ts';

test('no code is one the specification keeps for itself or tells us not to mint', () => {
  for (const [name, { code }] of Object.entries(errors)) {
    assert.ok((code <= -32600 && code >= -32700) || [-32020, -32021, -32022].includes(code), name);
  }
});

test('only a fault of our own is a 5xx', () => {
  const faults = Object.entries(errors).filter(([, { status }]) => status >= 500);
  assert.deepEqual(
    faults.map(([name]) => name),
    ['internal'],
  );
});

test('an error response carries the raw id, the words and the raw data', () => {
  assert.deepEqual(JSON.parse(errorResponse('null', errors.parse).toString()), {
    jsonrpc: '2.0',
    id: null,
    error: { code: -32700, message: errors.parse.text },
  });
  const detail = { message: 'say "why"\n', data: Buffer.from('{"n":1e400}') };
  const text = errorResponse('"a\\n"', errors.upstreamFailed, detail).toString();
  assert.equal(
    text,
    '{"jsonrpc":"2.0","id":"a\\n","error":{"code":-32603,"message":"say \\"why\\"\\n","data":{"n":1e400}}}',
  );
});
