import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallOutcome } from '../../src/calls/outcome.ts';
import { renderOutcome } from '../../src/endpoint/render.ts';
import type { Era } from '../../src/protocol/eras.ts';
import { answered } from './desk.ts';

/** What a client of one era sees of a result that came in the other, or the same. */
function bridged(
  from: Era,
  to: Era,
  { result, wrapsOutput = false }: { result: string; wrapsOutput?: boolean },
): string {
  const outcome = { ...answered(result), era: from, wrapsOutput } as CallOutcome;
  const { status, message } = renderOutcome(outcome, '1', to);
  const frame = '{"jsonrpc":"2.0","id":1,"result":';
  assert.deepEqual([status, message.subarray(0, frame.length).toString()], [200, frame]);
  return message.subarray(frame.length, -1).toString();
}

const strange = '{ "content" : [ 1e400 ] ,"resultType":"odd", "structuredContent":[1],"_meta":{"a":1} }';

test('within an era a result is left untouched', () => {
  for (const era of ['legacy', 'modern'] as const) assert.equal(bridged(era, era, { result: strange }), strange);
});

const toModern: readonly (readonly [string, string])[] = [
  ['{}', '{"resultType":"complete"}'],
  ['{ }', '{"resultType":"complete"}'],
  ['{"content":[1e400]}', '{"resultType":"complete","content":[1e400]}'],
  ['{ "content" : [ ] }', '{"resultType":"complete", "content" : [ ] }'],
  ['{"resultType":"complete","content":[]}', '{"resultType":"complete","content":[]}'],
];

for (const [legacy, modern] of toModern) {
  test(`for a modern client ${legacy} of a legacy server becomes ${modern}`, () => {
    assert.equal(bridged('legacy', 'modern', { result: legacy }), modern);
  });
}

const toLegacy: readonly (readonly [string, string])[] = [
  ['{"resultType":"complete"}', '{}'],
  ['{"resultType":"complete","ttlMs":0,"cacheScope":"private","content":[ ]}', '{"content":[ ]}'],
  ['{"_meta":{"io.modelcontextprotocol/serverInfo":{}},"content":[]}', '{"content":[]}'],
  ['{"_meta":{"io.modelcontextprotocol/serverInfo":{},"a":1e400}}', '{"_meta":{"a":1e400}}'],
  ['{"structuredContent":[1.0]}', '{"structuredContent":{"result":[1.0]}}'],
  ['{"structuredContent":null}', '{"structuredContent":{"result":null}}'],
  ['{"structuredContent":{"a":1.0}}', '{"structuredContent":{"a":1.0}}'],
];

for (const [modern, legacy] of toLegacy) {
  test(`for a legacy client ${modern} of a modern server becomes ${legacy}`, () => {
    assert.equal(bridged('modern', 'legacy', { result: modern }), legacy);
  });
}

test('where legacy clients have been told of a wrapped output every output is wrapped, objects too', () => {
  const result = '{"structuredContent":{"a":1}}';
  for (const from of ['legacy', 'modern'] as const) {
    const wrapped = bridged(from, 'legacy', { result, wrapsOutput: true });
    assert.equal(wrapped, '{"structuredContent":{"result":{"a":1}}}');
  }
  assert.equal(bridged('modern', 'modern', { result, wrapsOutput: true }), result);
});

test('a code that the modern era has given up is not used towards modern clients', () => {
  const outcome: CallOutcome = { kind: 'upstream-error', code: -32002, message: 'gone', data: null };
  const seen = (era: Era): string => renderOutcome(outcome, '1', era).message.toString();
  assert.match(seen('legacy'), /"code":-32002,"message":"gone"/);
  assert.match(seen('modern'), /"code":-32602,"message":"gone"/);
});

const others: readonly (readonly [CallOutcome, number, string])[] = [
  [{ kind: 'unknown-tool' }, 200, '{"code":-32602,"message":"Unknown tool."}'],
  [
    { kind: 'denied', decision: { effect: 'deny', why: 'no_grant' } } as CallOutcome,
    200,
    '{"code":-32602,"message":"Unknown tool."}',
  ],
  [{ kind: 'header-mismatch', detail: 'x is missing.' }, 400, '{"code":-32020,"message":"x is missing."}'],
  [{ kind: 'fault' }, 500, '{"code":-32603,"message":"Internal error."}'],
  [
    { kind: 'upstream-error', code: -1, message: '"', data: Buffer.from('[1e400]') },
    200,
    '{"code":-1,"message":"\\"","data":[1e400]}',
  ],
  [
    { kind: 'upstream-failed', reason: 'overloaded', detail: 'internal words' },
    200,
    `{"code":-32603,"message":"The tool's server did not answer (overloaded).","data":{"reason":"overloaded"}}`,
  ],
];

for (const [outcome, status, error] of others) {
  test(`${outcome.kind} is answered ${status} with ${error.slice(0, 16)}`, () => {
    const rendered = renderOutcome(outcome, '"a"', 'modern');
    assert.equal(rendered.status, status);
    assert.equal(rendered.message.toString(), `{"jsonrpc":"2.0","id":"a","error":${error}}`);
  });
}
