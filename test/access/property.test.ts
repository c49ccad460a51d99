import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { compile } from '../../src/access/compile.ts';
import { decide } from '../../src/access/decide.ts';
import { rightsOf } from '../../src/access/rights.ts';
import type { Identity } from '../../src/identity/identity.ts';
import { interpret } from './interpret.ts';
import { gateway } from './policy.ts';
import { classes, random, randomIdentity, randomPolicy, servers, times, tools } from './random-policy.ts';

/** One known seed, so that a failure here is a failure everywhere, and a new one at each run, which is printed. */
const seeds = [20270101, randomInt(2 ** 31)];

for (const seed of seeds) {
  test('the compiled decision is the interpreted one, over 100,000 random questions a seed', (context) => {
    context.diagnostic(`seed ${seed}`);
    const dice = random(seed);
    const effects = new Map<string, number>();
    for (let round = 0; round < 2500; round += 1) {
      const policy = randomPolicy(dice);
      const access = compile({ gateway, policy });
      const callers = Array.from({ length: 5 }, () => randomIdentity(dice));
      for (let index = 0; index < 40; index += 1) {
        const question = {
          who: dice.pick(callers),
          target: { server: dice.pick(servers), tool: dice.pick(tools), class: dice.pick(classes) },
          at: dice.pick([-1, ...times, 15, 39.5]),
        };
        const decision = decide(access, question);
        const expected = interpret(policy, question);
        if (!isDeepStrictEqual(decision, expected)) {
          assert.deepEqual(
            decision,
            expected,
            JSON.stringify({ seed, round, question, policy: [...policy.guardrails] }),
          );
        }
        const said = decision.effect === 'deny' ? decision.why : 'allow';
        effects.set(said, (effects.get(said) ?? 0) + 1);
      }
    }
    for (const said of ['allow', 'no_grant', 'expired', 'not_started', 'guardrail']) {
      assert.ok((effects.get(said) ?? 0) > 500, said);
    }
  });

  test('a list kept for the rights of one caller is what every caller with equal rights may call, until `until`', (context) => {
    context.diagnostic(`seed ${seed}`);
    const dice = random(seed);
    const everyTarget = servers.flatMap((server) =>
      tools.flatMap((tool) => classes.map((toolClass) => ({ server, tool, class: toolClass }))),
    );
    let shared = 0;
    for (let round = 0; round < 200; round += 1) {
      const policy = randomPolicy(dice);
      const access = compile({ gateway, policy });
      const kept = new Map<string, string>();
      const list = (who: Identity, at: number) =>
        JSON.stringify(everyTarget.filter((target) => decide(access, { who, target, at }).effect === 'allow'));
      for (let index = 0; index < 12; index += 1) {
        const who = randomIdentity(dice);
        const at = dice.pick([...times, 15, 35]);
        const { key, until } = rightsOf(access, who, at);
        const listed = list(who, at);
        const allowed = everyTarget.filter((target) => interpret(policy, { who, target, at }).effect === 'allow');
        assert.equal(listed, JSON.stringify(allowed), JSON.stringify({ seed, round, who, at }));
        if (kept.has(key)) shared += 1;
        assert.equal(kept.get(key) ?? listed, listed, JSON.stringify({ seed, round, key }));
        kept.set(key, listed);
        assert.equal(list(who, (until ?? 1000) - 0.5), listed);
      }
    }
    assert.ok(shared > 200);
  });
}
