import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { type Access, compile } from '../../src/access/compile.ts';
import { decide, decideContent, type Question } from '../../src/access/decide.ts';
import type { Decision } from '../../src/access/decision.ts';
import { entitlementOf } from '../../src/access/entitlement.ts';
import { rightsOf } from '../../src/access/rights.ts';
import type { Policy } from '../../src/config/configuration.ts';
import type { Identity } from '../../src/identity/identity.ts';
import { interpret, interpretContent } from './interpret.ts';
import { gateway } from './policy.ts';
import { randomArguments } from './random-condition.ts';
import { classes, type Random, random, randomIdentity, randomPolicy, servers, times, tools } from './random-policy.ts';

/** One known seed, so that a failure here is a failure everywhere, and a new one at each run, which is printed. */
const seeds = [20270101, randomInt(2 ** 31)];

for (const seed of seeds) {
  test('the compiled decision is the interpreted one, over 180,000 random questions a seed', (context) => {
    context.diagnostic(`seed ${seed}`);
    const dice = random(seed);
    const effects = new Map<string, number>();
    for (let round = 0; round < 600; round += 1) {
      const policy = randomPolicy(dice);
      const access = compile({ gateway, policy });
      const callers = Array.from({ length: 5 }, () => randomIdentity(dice));
      for (let index = 0; index < 100; index += 1) {
        const { decisions, expected, question } = ask(dice, { policy, access, callers });
        if (!isDeepStrictEqual(decisions, expected)) {
          assert.deepEqual(
            decisions,
            expected,
            JSON.stringify({ seed, round, question, policy: [...policy.guardrails] }),
          );
        }
        for (const said of decisions.map(outcomeOf)) effects.set(said, (effects.get(said) ?? 0) + 1);
      }
    }
    for (const said of [
      'allow',
      'no_grant',
      'expired',
      'not_started',
      'guardrail',
      'condition role',
      'condition guardrail',
    ]) {
      assert.ok((effects.get(said) ?? 0) > 50, said);
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
        everyTarget.map((target) => shown(access, { who, target, at })).join();
      for (let index = 0; index < 12; index += 1) {
        const who = randomIdentity(dice);
        const at = dice.pick([...times, 15, 35]);
        const { key, until } = rightsOf(access, who, at);
        const listed = list(who, at);
        const allowed = everyTarget.map((target) => interpret(policy, { who, target, at }).effect === 'allow');
        const isListed = listed.split(',').map((one) => one !== 'none');
        assert.deepEqual(isListed, allowed, JSON.stringify({ seed, round, who, at }));
        if (kept.has(key)) shared += 1;
        assert.equal(kept.get(key) ?? listed, listed, JSON.stringify({ seed, round, key }));
        kept.set(key, listed);
        assert.equal(list(who, (until ?? 1000) - 0.5), listed);
      }
    }
    assert.ok(shared > 200);
  });
}

/** What a list tells of a tool: `none`, or the conditions by their places in the files. */
function shown(access: Access, question: Question): string {
  const entitlement = entitlementOf(access, question);
  if (entitlement.kind === 'none') return 'none';
  const { conditions, except } = entitlement;
  return [conditions, except].map((each) => each.map((one) => one?.at.line ?? 'all').join('|')).join(' but ');
}

interface Asked {
  readonly policy: Policy;
  readonly access: Access;
  readonly callers: readonly Identity[];
}

/** One tool asked for as a list and as a call, and a prompt or resource of the same name. */
function ask(dice: Random, { policy, access, callers }: Asked) {
  const [server, name] = [dice.pick(servers), dice.pick(tools)];
  const at = dice.pick([-1, ...times, 15, 39.5]);
  const asked = { who: dice.pick(callers), target: { server, tool: name, class: dice.pick(classes) }, at };
  const args = randomArguments(dice);
  const question = { ...asked, args: () => args };
  const content = { ...asked, target: { kind: dice.pick(['prompt', 'resource'] as const), server, name } };
  return {
    question: { ...asked, args },
    decisions: [decide(access, asked), decide(access, question), decideContent(access, content)].map(withoutDetail),
    expected: [interpret(policy, asked), interpret(policy, question), interpretContent(policy, content)],
  };
}

function outcomeOf(decision: Decision): string {
  return decision.effect === 'deny' ? [decision.why, decision.unmet?.by ?? []].flat().join(' ') : 'allow';
}

function withoutDetail(decision: Decision): Decision {
  if (decision.effect === 'allow' || decision.unmet === undefined) return decision;
  return { ...decision, unmet: { ...decision.unmet, detail: '' } };
}
