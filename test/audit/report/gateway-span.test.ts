import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FileEnds } from '../../../src/audit/files/file-ends.ts';
import { gatewaysIn, spanText } from '../../../src/audit/report/gateway-span.ts';

function ends(writer: string, firstTs: string, lastTs: string): FileEnds {
  const day = firstTs.slice(0, 10);
  const file = { path: `${writer}.jsonl`, name: `${writer}.jsonl`, sealed: false, day, writer, number: 1 };
  return { file, firstSeq: 1, lastSeq: 2, firstTs, lastTs, version: 1 };
}

const files = [
  ends('acme-00000001', '2026-10-17T08:00:00.000000Z', '2026-10-17T20:00:00.000000Z'),
  ends('acme-00000001', '2026-10-30T08:00:00.000000Z', '2026-11-14T20:00:00.000000Z'),
  ends('acme-00000002', '2026-11-20T00:00:00.000000Z', '2026-11-20T23:59:59.000000Z'),
  ends('east-00000003', '2026-11-01T00:00:00.000000Z', '2026-11-02T00:00:00.000000Z'),
  ends('acme-cli-00000004', '2026-11-28T00:00:00.000000Z', '2026-11-28T00:00:00.000000Z'),
];
const always = { since: null, until: null };

test('each gateway is told with its first and last record, whatever commands recorded since', () => {
  assert.deepEqual(gatewaysIn(always, files), [
    { name: 'acme', first: '2026-10-17T08:00:00.000000Z', last: '2026-11-20T23:59:59.000000Z' },
    { name: 'east', first: '2026-11-01T00:00:00.000000Z', last: '2026-11-02T00:00:00.000000Z' },
  ]);
});

test('a gateway whose files end before the period, or begin after it, is not told', () => {
  const names = (since: string | null, until: string | null) =>
    gatewaysIn({ since, until }, files).map(({ name }) => name);
  assert.deepEqual(names('2026-11-03T00:00:00.000Z', null), ['acme']);
  assert.deepEqual(names(null, '2026-11-01T00:00:00.000Z'), ['acme']);
  assert.deepEqual(names('2026-11-21T00:00:00.000Z', null), []);
  assert.deepEqual(names('2026-11-15T00:00:00.000Z', '2026-11-20T00:00:00.000Z'), [], 'it was not there then');
});

const cases: readonly (readonly [string, string | null, string | null, RegExp])[] = [
  ['the days of the log, without bounds', null, null, /^Gateways acme, east: 17 October . 20 November 2026 \(UTC\)$/],
  ['no day before the log began', '2026-08-01T00:00:00.000Z', null, /: 17 October . 20 November 2026/],
  ['the bounds within the log', '2026-11-02T00:00:00.000Z', '2026-11-12T00:00:00.000Z', /: 2 . 11 November 2026/],
  ['the hours of a single day', '2026-11-20T10:00:00.000Z', '2026-11-20T11:30:00.000Z', /: 20 November.* 10:00.11:29/],
];
for (const [what, since, until, expected] of cases) {
  test(`a page is headed with ${what}`, () => {
    const period = { since, until };
    assert.match(spanText(gatewaysIn(period, files), period).replaceAll(/\s/gu, ' ').replace(' – ', ' . '), expected);
  });
}

test('many gateways are counted, and none is said', () => {
  const many = Array.from({ length: 6 }, (_, n) => ({ name: `gw${n}`, first: '2026-11-01', last: '2026-11-02' }));
  assert.match(spanText(many, always), /^6 gateways: /);
  assert.equal(spanText([], always), 'No gateway has records in this period');
});
