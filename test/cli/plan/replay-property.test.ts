import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { decide } from '../../../src/access/decide.ts';
import type { World } from '../../../src/access/explain-world.ts';
import { decisionFields } from '../../../src/calls/record.ts';
import type { UsedAccess } from '../../../src/cli/plan/replay.ts';
import { readReplay } from '../../../src/cli/plan/replay-read.ts';
import { condition, conditional, grant, policyOf, role } from '../../access/policy.ts';
import { randomArguments } from '../../access/random-condition.ts';
import {
  classes,
  type Random,
  random,
  randomIdentity,
  randomPolicy,
  servers,
  times,
  tools,
} from '../../access/random-policy.ts';
import { robots, worldFrom } from '../../access/world.ts';
import { folder, openLog } from '../../audit/log.ts';
import { auditSettings } from '../../audit/settings.ts';

const unlocked = Object.fromEntries(servers.map((name) => [name, {}]));

for (const seed of [20270101, randomInt(2 ** 31)]) {
  test('the replay finds what asking both sides about each call finds', async (t) => {
    t.diagnostic(`seed ${seed}`);
    const dice = random(seed);
    let found = 0;
    for (let round = 0; round < 12; round += 1) {
      const dir = folder(t);
      const log = await openLog(t, dir, { settings: { durability: 'flush' } });
      const [base, head] = [randomWorld(dice), randomWorld(dice)];
      const at = dice.pick(times);
      const expected: Record<Kind, Map<string, number>> = { vanishing: new Map(), allowed: new Map() };
      const calls = Array.from({ length: 300 }, () => {
        const { event, kind, name } = makeCall(dice, { base, head, at });
        if (kind !== null) expected[kind].set(name, (expected[kind].get(name) ?? 0) + 1);
        return log.record({ ...event, redaction: { ...auditSettings.otherwise, arguments: 'full' } });
      });
      await Promise.all(calls);
      await log.close();
      const replay = await readReplay({ dirs: [dir], since: null, until: null }, { base, head, at });
      const told = { vanishing: countsOf(replay.vanishing), allowed: countsOf(replay.allowed) };
      assert.deepEqual(told, expected, JSON.stringify({ seed, round }));
      assert.deepEqual([replay.undecided.size, replay.earlier], [0, { denied: 0, allowed: 0 }]);
      found += expected.vanishing.size + expected.allowed.size;
    }
    assert(found > 100);
  });
}

type Kind = 'vanishing' | 'allowed';

function randomWorld(dice: Random): World {
  return worldFrom({ ...randomPolicy(dice), robots: robots('nightly', 'ana') }, unlocked);
}

interface Sides {
  readonly base: World;
  readonly head: World;
  readonly at: number;
}

/** A call as the base decides it, and what the head makes of it. */
function makeCall(dice: Random, { base, head, at }: Sides) {
  const who = randomIdentity(dice);
  const target = { server: dice.pick(servers), tool: dice.pick(tools), class: dice.pick(classes) };
  const found = randomArguments(dice);
  const args = found.kind === 'read' ? found : ({ kind: 'read', value: {} } as const);
  const [then, now] = [base, head].map(({ access }) => decide(access, { who, target, at, args: () => args }));
  assert(then !== undefined && now !== undefined);
  const actor = who.user || who.subject;
  const event = {
    ...{ ev: 'tool.call' as const, at: new Date(at), actor, email: who.email, groups: who.claims },
    ...{ actor_type: who.kind === 'robot' ? ('robot' as const) : ('human' as const), ...target, risk: target.class },
    ...{ ...decisionFields(then), args: Buffer.from(JSON.stringify(args.value)) },
  };
  const kind: Kind | null = then.effect === now.effect ? null : now.effect === 'deny' ? 'vanishing' : 'allowed';
  const name = `${who.kind === 'robot' ? 'robot' : 'user'}:${actor} ${target.server}/${target.tool} ${target.class}`;
  return { event, kind, name };
}

function countsOf(uses: readonly UsedAccess[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { who, server, tool, class: toolClass, calls } of uses) {
    const name = `${who} ${server}/${tool} ${toolClass}`;
    counts.set(name, (counts.get(name) ?? 0) + calls);
  }
  return counts;
}

test('equal calls are told apart by their times where a condition asks for the time', async (t) => {
  const dir = folder(t);
  const log = await openLog(t, dir, { settings: { durability: 'flush' } });
  const reader = role('reader', [['read', 'db/get']]);
  const early = conditional(reader, [condition({ when: 'now < timestamp("1970-01-01T00:00:00.020Z")' })]);
  const [base, head] = [reader, early].map((each) =>
    worldFrom(policyOf({ roles: [each], grants: [grant('user:ana', ['reader'])] }), unlocked),
  );
  assert(base !== undefined && head !== undefined);
  for (const ms of [10, 30, 40]) {
    const call = { ev: 'tool.call', at: new Date(ms), actor: 'ana', actor_type: 'human', decision: 'allow' } as const;
    await log.record({ ...call, server: 'db', tool: 'get', risk: 'read' });
  }
  await log.close();
  const { vanishing } = await readReplay({ dirs: [dir], since: null, until: null }, { base, head, at: 0 });
  assert.deepEqual([...countsOf(vanishing)], [['user:ana db/get read', 2]]);
});
