import type { TestContext } from 'node:test';
import type { AuditEvent } from '../../../src/audit/record/event.ts';
import { recordAct } from '../../../src/audit/write/access-record.ts';
import { openLog } from '../log.ts';

/** The end of the period the reports over `writeReportLog` are about. */
export const END: Date = new Date('2026-11-21T00:00:00Z');
const DAYS = 35;
const DAY_MS = 86_400_000;
const FIRST_MS = END.getTime() - DAYS * DAY_MS;

/** Minutes after midnight, and what happens then. */
type Entry = readonly [number, AuditEvent];

/** Five weeks of one gateway, through the real writer; the same each time but for the writer's name. */
export async function writeReportLog(t: TestContext, dir: string): Promise<void> {
  const clock = { now: new Date(FIRST_MS) };
  const settings = { durability: 'flush' } as const;
  const log = await openLog(t, dir, { settings, now: () => clock.now });
  for (let day = 0; day < DAYS; day += 1) {
    clock.now = new Date(FIRST_MS + day * DAY_MS);
    const events = entriesOf(day).toSorted(([one], [other]) => one - other);
    await Promise.all(
      events.map(([minute, event]) => log.record({ ...event, at: new Date(clock.now.getTime() + minute * 60_000) })),
    );
  }
  await log.record({ ev: 'gateway.stop', at: new Date(END.getTime() - 1000) });
  await log.close();
}

/** Two days of them were signed off, by two people. */
export async function signOff(dir: string): Promise<void> {
  for (const [user, at, detail] of reviews)
    await recordAct(dir, { at: new Date(at), user, host: 'desk' }, { ev: 'audit.review', detail });
}

const reviews = [
  [
    'eve',
    '2026-11-08T10:00:00Z',
    { since: '2026-11-06T00:00:00Z', until: '2026-11-07T12:00:00Z', reports: ['denied'], note: 'SEC-1' },
  ],
  [
    'kim',
    '2026-11-08T11:00:00Z',
    { since: '2026-11-07T10:00:00Z', until: '2026-11-08T10:00:00Z', reports: ['denied', 'robots'], note: '' },
  ],
] as const;

function entriesOf(day: number): readonly Entry[] {
  const ben: readonly Entry[] = day % 7 === 2 ? [[1380, human(BEN, 'github/read')]] : [];
  return [[600 + day, human(ANA, 'warehouse/query')], [120, robot({})], ...ben, ...(special[day] ?? [])];
}

interface Person {
  readonly actor: string;
  readonly groups: readonly string[];
  readonly ip: string;
}

const ANA: Person = { actor: 'ana@acme.co', groups: ['staff', 'dba'], ip: '10.0.0.1' };
const BEN: Person = { actor: 'ben@acme.co', groups: ['staff'], ip: '10.0.0.2' };
const NIGHTLY: Person = { actor: 'nightly', groups: [], ip: '10.0.0.9' };

function human({ actor, groups, ip }: Person, name: string, more: Partial<AuditEvent> = {}): AuditEvent {
  const [server = '', tool = ''] = name.split('/');
  return {
    ...{
      ev: 'tool.call',
      actor,
      actor_type: 'human',
      email: actor,
      groups,
      ip,
      auth: 'jwt',
      tok: `${actor.slice(0, 3)}0`,
    },
    ...{ server, tool, tool_as: `${server}_${tool}`, risk: 'read', decision: 'allow', rule: 'analyst a.yaml:3' },
    ...{ outcome: 'ok', dur_ms: 40 + actor.length, up_ms: 30, cred: `env:${server.toUpperCase()}`, ...more },
  };
}

function robot(more: Partial<AuditEvent>): AuditEvent {
  return {
    ...human(NIGHTLY, 'github/search'),
    ...{ actor_type: 'robot', email: '', auth: 'robot-key', tok: 'key-1', rule: 'indexer r.yaml:9', ...more },
  };
}

const ownEvent = { actor_type: 'system', cfg: 'bbbbbbbbbbbbbbbb' } as const;

/** What happens on one day only. */
const special: Readonly<Record<number, readonly Entry[]>> = {
  0: [[0, { ...ownEvent, ev: 'gateway.start', cfg: 'aaaaaaaaaaaaaaaa', git: 'a'.repeat(40) }]],
  5: [
    [
      700,
      {
        ...{ ...ownEvent, ev: 'config.reload', git: 'b'.repeat(40) },
        detail: {
          ...{ old: { hash: 'aaaaaaaaaaaaaaaa', git: 'a'.repeat(40) }, new: { hash: 'bbbbbbbbbbbbbbbb' } },
          ...{ added: { grants: 2, rules: 1 }, removed: { grants: 0, rules: 1 } },
          commits: [
            {
              ...{
                commit: 'b'.repeat(40),
                at: '2026-10-22T11:38:00+02:00',
                subject: 'Merge pull request #12 from acme/x',
              },
              ...{ authors: ['Ben <ben@acme.co>'], merged_by: 'Ana <ana@acme.co>', approved_by: [], request: '12' },
              ...{ signature: 'good', signed_by: 'ana@acme.co', second_person: true },
            },
          ],
        },
      },
    ],
  ],
  6: [[710, { ...ownEvent, ev: 'config.reject', detail: { problems: ['GH101'] } }]],
  9: [
    [60, { ev: 'auth.fail', actor_type: 'anonymous', outcome: 'denied', why: 'expired', detail: { unrecorded: 41 } }],
  ],
  12: [
    [
      30,
      {
        ...{ ...ownEvent, ev: 'tool.drift', server: 'github', tool: 'read', risk: 'read' },
        detail: { kind: 'changed', grade: 'wording', hidden: true, sha256: 'c'.repeat(64), differences: ['d'] },
      },
    ],
  ],
  20: [
    [
      720,
      human(BEN, 'warehouse/drop', {
        risk: 'destructive',
        decision: 'deny',
        outcome: 'denied',
        why: 'guardrail',
        rule: 'no-drops g.yaml:9',
      }),
    ],
  ],
  21: [[725, human(ANA, 'warehouse/drop', { risk: 'destructive', ticket: 'OPS-7' })]],
  30: Array.from({ length: 40 }, (_, n) => [200 + n, human(BEN, 'warehouse/export', { risk: 'write' })] as const),
  33: [
    [801, robot({ outcome: 'unknown' })],
    [802, { ...ownEvent, ev: 'audit.gap', detail: { lost: 3 } }],
  ],
};
