import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventStream } from '../../src/upstream/event-stream.ts';

function read(chunks: readonly Buffer[], eventBytesMax = 1000, totalBytesMax = Number.POSITIVE_INFINITY) {
  const events: [string, string][] = [];
  const stream = createEventStream({
    eventBytesMax,
    totalBytesMax,
    event: (type, data) => events.push([type, data.toString()]),
  });
  return { fine: chunks.every((chunk) => stream.push(chunk)), events };
}

const text =
  '\ufeffdata: first\n\n: a comment\nevent: endpoint\nid: 7\nretry: 10\ndata:/messages\n\ndata: {"t":\ndata:  "añ€😀"}\n\n' +
  'data\n\nevent: nothing\n\ndata: : colon\nunknown: field\n\ndata: unfinished\n';

const expected = [
  ['message', 'first'],
  ['endpoint', '/messages'],
  ['message', '{"t":\n "añ€😀"}'],
  ['message', ': colon'],
];

for (const [name, end] of [
  ['LF', '\n'],
  ['CRLF', '\r\n'],
  ['CR', '\r'],
] as const) {
  const bytes = Buffer.from(text.replaceAll('\n', end));

  test(`event-stream: lines may end in ${name}`, () => {
    assert.deepEqual(read([bytes]).events, expected);
  });

  test(`event-stream: with ${name} it may be cut anywhere`, () => {
    for (let cut = 1; cut < bytes.length; cut += 1) {
      assert.deepEqual(read([bytes.subarray(0, cut), bytes.subarray(cut)]).events, expected, `cut at ${cut}`);
    }
    assert.deepEqual(read([...bytes].map((byte) => Buffer.of(byte))).events, expected);
  });
}

test('event-stream: the kinds of line ends may be mixed', () => {
  assert.deepEqual(read([Buffer.from('data: a\r\ndata: b\rdata: c\n\r\n')]).events, [['message', 'a\nb\nc']]);
});

test('event-stream: a line over the limit ends it', () => {
  assert.equal(read([Buffer.from(`data: ${'x'.repeat(95)}`), Buffer.from('\n\n')], 100).fine, false);
  assert.equal(read([Buffer.from(`data: ${'x'.repeat(94)}\n\n`)], 100).fine, true);
});

test('event-stream: an event of many lines over the limit ends it', () => {
  assert.equal(read([Buffer.from('data: 0123456789\n'.repeat(10))], 100).fine, false);
});

test('event-stream: an event of very many lines ends it, however short they are', () => {
  assert.equal(read([Buffer.from('data:\n'.repeat(200_000))], 1_000_000).fine, false);
  assert.equal(read([Buffer.from('data:\n'.repeat(50_000))], 1_000_000).fine, true);
});

test('event-stream: a stream over the limit ends', () => {
  assert.equal(read([Buffer.from(': keep alive\n'.repeat(10))], 100, 129).fine, false);
  assert.equal(read([Buffer.from(': keep alive\n'.repeat(10))], 100, 130).fine, true);
});
