import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { decide } from '../../../src/access/decide.ts';
import type { ReadArguments } from '../../../src/access/decision.ts';
import type { World } from '../../../src/access/explain-world.ts';
import type { RawRecord } from '../../../src/audit/integrity/find-record.ts';
import { recordedCall } from '../../../src/audit/replay/recorded-call.ts';
import { decisionFields } from '../../../src/calls/record.ts';
import { redecide } from '../../../src/cli/audit/why-decide.ts';
import type { Identity } from '../../../src/identity/identity.ts';
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
import { folder, openLog, recordsIn } from '../../audit/log.ts';
import { auditSettings } from '../../audit/settings.ts';

const lock = Object.fromEntries(tools.map((name) => [name, 'read'] as const));
const locks = Object.fromEntries(servers.map((name) => [name, lock]));

for (const mode of ['full', 'redact', 'none'] as const) {
  for (const seed of [20270101, randomInt(2 ** 31)]) {
    test(`every decision recorded with arguments ${mode} comes out again, or is said to depend on them`, async (t) => {
      t.diagnostic(`seed ${seed}`);
      const dice = random(seed);
      const dir = folder(t);
      const log = await openLog(t, dir, { settings: { durability: 'flush' } });
      const asked: World[] = [];
      for (let round = 0; round < 60; round += 1) {
        const world = worldFrom({ ...randomPolicy(dice), robots: robots('nightly', 'ana') }, locks);
        const calls = Array.from({ length: 25 }, () =>
          log.record({ ...randomCall(dice, world), redaction: { ...auditSettings.otherwise, arguments: mode } }),
        );
        asked.push(...calls.map(() => world));
        await Promise.all(calls);
      }
      await log.close();
      const counts = { agrees: 0, disagrees: 0, undecided: 0 };
      for (const [index, record] of recordsIn(dir).entries()) {
        const again = redecideRecord(asked[index], record);
        counts[again.kind] += 1;
        if (again.kind === 'undecided' && mode !== 'none')
          assert(isRewritten(record), JSON.stringify({ seed, record }));
        assert.notEqual(again.kind, 'disagrees', JSON.stringify({ seed, record, again }));
      }
      assert.equal(counts.agrees + counts.undecided, asked.length);
      if (mode === 'none') assert(counts.undecided > 20, JSON.stringify(counts));
      else assert(counts.undecided < 40, JSON.stringify(counts));
    });
  }
}

/** Arguments that were unfit are no more when they are recorded. */
function isRewritten({ args, args_bytes: bytes }: RawRecord): boolean {
  return bytes !== JSON.stringify(args).length;
}

function redecideRecord(world: World | undefined, record: RawRecord) {
  const call = recordedCall(record);
  assert(world !== undefined && call !== null, JSON.stringify(record));
  return redecide(world, call);
}

function randomCall(dice: Random, world: World) {
  const who = randomIdentity(dice);
  const target = { server: dice.pick(servers), tool: dice.pick(tools), class: dice.pick(classes) };
  const at = dice.pick([...times, 15, 35]);
  const found = randomArguments(dice);
  const args =
    found.kind === 'read' ? found : ({ kind: 'unfit', detail: 'the arguments name a member twice' } as const);
  const decision = decide(world.access, { who, target, at, args: () => args });
  const unmet = decision.effect === 'deny' && decision.unmet ? { err: decision.unmet.detail } : {};
  return {
    ev: 'tool.call' as const,
    at: new Date(at),
    ...callerOf(who),
    ...target,
    risk: target.class,
    ...decisionFields(decision),
    ...unmet,
    args: rawOf(args),
  };
}

function callerOf({ kind, user, subject, email, claims, proof }: Identity) {
  const actor = { actor: user || subject, actor_type: kind === 'robot' ? 'robot' : 'human' } as const;
  return { ...actor, email, groups: claims, auth: proof };
}

/** Those that are unfit name a member twice. */
function rawOf(args: ReadArguments): Buffer {
  return Buffer.from(args.kind === 'read' ? JSON.stringify(args.value) : '{"repo":"docs","repo":"docs","n":3,"n":3}');
}
