import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuditEvent } from '../../../src/audit/record/event.ts';
import { createEncoder, sealLine } from '../../../src/audit/record/record.ts';
import type { ContentMode } from '../../../src/config/audit-settings.ts';
import { auditSettings } from '../settings.ts';

const at = new Date('2026-11-22T14:40:00.123Z');

const key = { kid: 'c0ffee00', key: Buffer.alloc(32, 7) };

function lineOf(event: Partial<AuditEvent>, mode: ContentMode = 'redact'): string {
  const redaction = { ...auditSettings.otherwise, arguments: mode };
  return sealLine(createEncoder('acme-1a2b3c4d', key)({ ev: 'tool.call', redaction, ...event }, at), 7, 'p'.repeat(43));
}

function recordOf(event: Partial<AuditEvent>, mode?: ContentMode): Record<string, unknown> {
  return JSON.parse(lineOf(event, mode));
}

test('a record is one line that begins with v, seq, ts, ev, writer and ends with prev', () => {
  assert.equal(
    lineOf({ tool: 'echo', actor: 'ana' }),
    `{"v":1,"seq":7,"ts":"2026-11-22T14:40:00.123000Z","ev":"tool.call","writer":"acme-1a2b3c4d","actor":"ana","tool":"echo","prev":"${'p'.repeat(43)}"}`,
  );
});

test('the time is formatted anew when the millisecond changes', () => {
  const encode = createEncoder('acme-1a2b3c4d', key);
  const times = [0, 0, 1].map((ms) => JSON.parse(sealLine(encode({ ev: 'tool.list' }, new Date(ms)), 1, '')).ts);
  assert.deepEqual(
    times,
    [0, 0, 1].map((ms) => `1970-01-01T00:00:00.00${ms}000Z`),
  );
});

test('no text can end the line or break a reader of it', () => {
  const hostile = '"\\\n\r\u0000\u0085\u2028\u2029\ud800x\udc00","seq":9';
  const line = lineOf({
    actor: hostile,
    groups: [hostile],
    args: Buffer.from(JSON.stringify({ [hostile]: hostile })),
    detail: { [hostile]: hostile },
  });
  assert.doesNotMatch(line, /[\n\r\u0085\u2028\u2029]/);
  assert(!/\\ud[89a-f]/i.test(line) && !/\p{Surrogate}/u.test(line));
  const record = JSON.parse(line);
  const kept = '"\\\n\r\u0000\u0085\u2028\u2029\ufffdx\ufffd","seq":9';
  assert.deepEqual(
    [record.actor, record.groups, record.args, record.detail, record.seq],
    [kept, [kept], { [kept]: kept }, { [kept]: kept }, 7],
  );
});

test('long texts are cut, also within a pair of surrogates', () => {
  const { actor } = recordOf({ actor: 'a'.repeat(127) + '🙂'.repeat(9) });
  assert.equal(actor, `${'a'.repeat(127)}\ufffd`);
});

test('the longest record of the worst characters stays within 64 KiB', () => {
  const worst = '\u0001'.repeat(10_000);
  const texts =
    'actor iss email auth tok client client_ver agent ip trace req flow method proto server tool tool_as tool_def rule why ticket cfg git err cred'.split(
      ' ',
    );
  const event = {
    ...Object.fromEntries(texts.map((name) => [name, worst])),
    groups: Array.from({ length: 200 }, () => worst),
    args: Buffer.from(
      JSON.stringify(
        Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`${n}${worst.slice(0, 50)}`, worst.slice(0, 9)])),
      ),
    ),
    detail: { worst: Array.from({ length: 5000 }, () => worst) },
  };
  const record = recordOf(event);
  assert(Buffer.byteLength(lineOf(event)) <= 64 * 1024, `${Buffer.byteLength(lineOf(event))}`);
  assert(Buffer.byteLength(JSON.stringify(record['args'])) <= 8192);
  assert(Buffer.byteLength(JSON.stringify(record['detail'])) <= 4096);
});

test('arguments are parsed and written anew: duplicate keys and odd numbers have one meaning left', () => {
  const { args } = recordOf({ args: Buffer.from('{ "a": 1, "a": 2,"big":1e400, "__proto__": {"x": 1} }') });
  assert.deepEqual(args, JSON.parse('{"a":2,"big":null,"__proto__":{"x":1}}'));
});

test('arguments_mode none keeps their number and size only', () => {
  const record = recordOf({ args: Buffer.from('{"a":1,"b":"x"}') }, 'none');
  assert.deepEqual(
    [record['args'], record['args_mode'], record['args_n'], record['args_bytes']],
    [undefined, 'none', 2, 15],
  );
});

test('a value that does not fit is cut by itself: padding does not hide what follows', () => {
  const given = { first: 1, padding: Array.from({ length: 100 }, () => 'x'.repeat(1500)), path: '/etc/shadow' };
  const { args } = recordOf({ args: Buffer.from(JSON.stringify({ ...given, last: 'y' })) }, 'full') as {
    args: typeof given;
  };
  assert.equal(args.first, 1);
  assert(args.padding.includes('[cut]'));
  assert.equal(args.path, '/etc/shadow');
});

test('arguments nested deeper than 32 are cut there', () => {
  const deep = `${'{"a":'.repeat(60)}1${'}'.repeat(60)}`;
  const text = JSON.stringify(recordOf({ args: Buffer.from(deep) })['args']);
  assert.equal(text, `${'{"a":'.repeat(32)}"[too deep]"${'}'.repeat(32)}`);
});

test('durations keep their microseconds and nothing that is not a number is written', () => {
  const record = recordOf({ dur_ms: 1.23456789, up_ms: Number.NaN, http: 200.7 });
  assert.deepEqual([record['dur_ms'], record['up_ms'], record['http']], [1.235, null, 200]);
});
