import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { connect } from '../fixtures/client.ts';
import { startTestGateway } from '../fixtures/gateway.ts';
import { startUpstream, tool } from '../fixtures/upstream.ts';
import { bytesOf, exchange, idOf, type RawAnswer, type Row } from './raw-request.ts';

const table: Readonly<Record<string, readonly Row[]>> = parse(
  readFileSync(new URL('./ladder.yaml', import.meta.url), 'utf8'),
);

const routed = (name: string): string =>
  tool(name).replace(
    '{"type":"object"}',
    '{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"}}}',
  );
const tools = [tool('look'), routed('hide'), routed('route')];

test('every request climbs the same ladder', async (t) => {
  const upstream = await startUpstream(t, { tools });
  const gateway = await startTestGateway({
    servers: `\n  one: { url: "${upstream.url}", protocol: modern }`,
    policies: `
roles:
  some: { description: Some, allow: [{ read: [one/look, one/route] }] }
grants:
  - { to: everyone, roles: [some] }
`,
  });
  t.after(() => gateway.close());
  const session = await connect('legacy', gateway);
  const port = Number(gateway.url.port);

  for (const [group, rows] of Object.entries(table)) {
    for (const row of rows) {
      await t.test(`${group}, ${row.from}: ${row.is} is answered ${outcomeOf(row)}`, async () => {
        check(row, await exchange(port, bytesOf(row, session.headers['mcp-session-id'] ?? '')));
      });
    }
  }

  await t.test('more than 200 headers are answered 431', async () => {
    const [head = '', body] = bytesOf({ is: '', from: 'modern', status: 431 }, '').split('\r\n\r\n');
    const junk = Array.from({ length: 200 }, (_, index) => `X-${index}: y`);
    const answer = await exchange(port, [head, ...junk, '', body].join('\r\n'));
    assert.equal(answer.status, 431);
  });
});

function check(row: Row, { status, head, body }: RawAnswer): void {
  assert.equal(status, row.status, `${head}\n${body}`);
  assert.match(body, new RegExp(row.holds ?? ''));
  if (row.code === undefined) return assert.doesNotMatch(head, /application\/json/i);
  const { jsonrpc, error, result } = JSON.parse(body);
  assert.equal(jsonrpc, '2.0');
  assert.equal(error?.code ?? 0, row.code, body);
  assert.equal(result === undefined, row.code !== 0);
  assert(body.startsWith(`{"jsonrpc":"2.0","id":${row.answers ?? idOf(row)},`), body);
}

function outcomeOf({ status, code }: Row): string {
  return code === undefined || code === 0 ? `${status}` : `${status} with ${code}`;
}
