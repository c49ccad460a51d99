import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import type { AuditEvent } from '../../src/audit/record/event.ts';
import { createCall, type ToolCall } from '../../src/calls/call.ts';
import type { UpstreamAnswer, UpstreamConnection } from '../../src/upstream/connection.ts';
import { failed } from '../../src/upstream/pending.ts';
import { robot } from '../access/policy.ts';
import { resultOf } from '../catalog/upstream.ts';
import { snapshotOf, view } from '../endpoint/desk.ts';
import { limits } from '../upstream/connect.ts';

const snapshot = snapshotOf(['ana'], { generation: 1, bounds: limits });

function callOf(more: Partial<ToolCall> = {}): ToolCall {
  const caller = {
    identity: robot('ana'),
    ip: '',
    agent: '',
    client: '',
    clientVersion: '',
    proto: '2026-07-28',
    trace: '',
  };
  const signal = new AbortController().signal;
  const raw = { arguments: Buffer.from('{}'), params: [], meta: [], mirrored: null, onProgress: null };
  return { snapshot, caller, id: '1', name: 'one_look', ...raw, signal, ...more };
}

interface Made {
  readonly kind: string;
  readonly events: readonly AuditEvent[];
  readonly log: string;
}

/** One call whose upstream answers so, or throws, which it never should. */
async function make(answer: () => Promise<UpstreamAnswer>, call = callOf()): Promise<Made> {
  const events: AuditEvent[] = [];
  const log: string[] = [];
  const connection: UpstreamConnection = { request: answer, era: () => null, close: () => Promise.resolve() };
  const { kind } = await createCall({
    view,
    settled: async () => view(),
    connectionFor: () => connection,
    record: async (event) => events.push(event),
    accepting: () => 'everything',
    now: () => performance.now(),
    log: pino({}, { write: (line: string) => log.push(line) }),
  })(call);
  return { kind, events, log: log.join() };
}

const answers: readonly (readonly [string, UpstreamAnswer, string])[] = [
  ['a result', resultOf('{"content":[]}'), 'ok'],
  ['an error of the tool', resultOf('{"content":[],"isError":true}'), 'tool_error'],
  ['an error of its server', { kind: 'error', code: -1, message: 'm', data: null }, 'upstream_error'],
  ['a server out of reach', failed('unreachable', 'd'), 'upstream_error'],
  ['too long a wait', failed('timeout', 'd'), 'timeout'],
  ['cancelling', failed('cancelled', 'd'), 'cancelled'],
];

for (const [what, answer, outcome] of answers) {
  test(`${what} is recorded as ${outcome}`, async () => {
    const { events } = await make(async () => answer);
    assert.deepEqual(
      events.map((event) => [event.ev, event.outcome, event.decision]),
      [['tool.call', outcome, 'allow']],
    );
  });
}

for (const reason of ['refused', 'no_credential'] as const) {
  test(`a credential that was of no use (${reason}) is an event of its own`, async () => {
    const { events } = await make(async () => failed(reason, 'd'));
    assert.deepEqual(
      events.map(({ ev, why, err, args, outcome }) => [ev, why, err, args, outcome]),
      [
        ['cred.use_fail', reason, 'd', undefined, undefined],
        ['tool.call', undefined, `${reason}: d`, Buffer.from('{}'), 'upstream_error'],
      ],
    );
  });
}

test('a fault of ours is recorded as of unknown outcome, and the log says what it was', async () => {
  const { kind, events, log } = await make(() => Promise.reject(new TypeError('a bug')));
  assert.deepEqual(
    [kind, events.map(({ outcome, err }) => [outcome, err])],
    ['fault', [['unknown', 'internal fault']]],
  );
  assert.match(log, /a bug/);
});

test('headers that disagree with the arguments are recorded as refused', async () => {
  const [known] = view().tools;
  const routed = [{ header: 'mcp-param-a', path: ['a'], type: 'string' }] as const;
  Object.assign(known ?? {}, { headerParams: routed });
  const { kind, events } = await make(
    () => assert.fail('the upstream is not asked'),
    callOf({ arguments: Buffer.from('{"a":"x"}'), mirrored: () => 'y' }),
  );
  const [event] = events;
  assert.deepEqual([kind, event?.outcome, event?.decision], ['header-mismatch', 'denied', 'allow']);
  assert.match(event?.err ?? '', /mcp-param-a differs/);
});
