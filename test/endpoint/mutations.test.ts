import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from '../fixtures/client.ts';
import { everythingGranted, startTestGateway } from '../fixtures/gateway.ts';
import { startUpstream, tool } from '../fixtures/upstream.ts';
import { bytesOf, exchange, type Row } from './raw-request.ts';

const sound: readonly Row[] = [
  { is: 'list', from: 'modern', status: 200 },
  { is: 'call', from: 'modern', call: 'one_look', arguments: '{"a":[1,{"b":"\\u00e9"}],"c":1e3}', status: 200 },
  { is: 'listen', from: 'modern', method: 'subscriptions/list', params: '"notifications":{}', status: 404 },
  { is: 'list', from: 'legacy', params: '"cursor":null', status: 200 },
  { is: 'call', from: 'legacy', call: 'one_look', params: '"_meta":{"progressToken":1}', status: 200 },
  { is: 'initialize', from: 'bare', method: 'initialize', params: '"protocolVersion":"2025-11-25"', status: 200 },
];

test('a thousand damaged requests are each the client’s fault, and the gateway serves on', async (t) => {
  const upstream = await startUpstream(t, { tools: [tool('look')] });
  const gateway = await startTestGateway({
    servers: `\n  one: { url: "${upstream.url}", protocol: modern }`,
    policies: everythingGranted('one'),
  });
  t.after(() => gateway.close());
  const session = await connect('legacy', gateway);
  const random = randomFrom(20260728);
  const requests = Array.from({ length: 1_000 }, (_, index) => {
    const row = sound[index % sound.length] as Row;
    return damage(bytesOf(row, session.headers['mcp-session-id'] ?? ''), random);
  });
  const workers = Array.from({ length: 16 }, async () => {
    for (let bytes = requests.pop(); bytes !== undefined; bytes = requests.pop()) {
      const { status, body } = await exchange(Number(gateway.url.port), bytes, 'and end');
      assert(!(status >= 500), `${status} ${body}\n${JSON.stringify(bytes)}`);
    }
  });
  await Promise.all(workers);
  assert.deepEqual(await (await connect('legacy', gateway)).names(), ['one_look']);
  assert.deepEqual(await (await connect('modern', gateway)).names(), ['one_look']);
});

/** Up to four places are overwritten, taken out, doubled or given something that means much. */
function damage(bytes: string, random: (below: number) => number): string {
  let damaged = bytes;
  for (let left = 1 + random(4); left > 0; left -= 1) {
    // Half of them fall into the body, which is what the gateway reads itself.
    const start = random(2) === 0 ? damaged.indexOf('\r\n\r\n') : 0;
    const at = start + random(damaged.length - start);
    const length = random(8);
    const part = damaged.slice(at, at + length);
    const inserted = ['', part + part, String.fromCharCode(random(256)), telling[random(telling.length)] ?? ''];
    damaged = damaged.slice(0, at) + inserted[random(inserted.length)] + damaged.slice(at + length);
  }
  return damaged;
}

const telling = [
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\\',
  '\\u',
  '\r\n',
  '\0',
  'null',
  '-',
  '1e999',
  ' ',
  '\xff',
  '%',
  '_',
];

/** Numbers from 0 to below a bound, the same for the same seed (mulberry32). */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
