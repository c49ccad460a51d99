import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../../src/access/compile.ts';
import { decide } from '../../src/access/decide.ts';
import type { Decision, ToolTarget } from '../../src/access/decision.ts';
import { rightsOf } from '../../src/access/rights.ts';
import type { Grant, Policy, Role, Rule } from '../../src/config/configuration.ts';
import type { Place } from '../../src/config/problem.ts';
import type { Identity } from '../../src/identity/identity.ts';
import { gateway, grant, person, policyOf, robot, role } from './policy.ts';

/** Mulberry32: small, seeded, good enough to pick from lists. */
function random(seed: number) {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (count: number): number => Math.floor(next() * count);
  return {
    below,
    pick: <T>(items: readonly T[]): T => items[below(items.length)] as T,
    some: <T>(items: readonly T[], most: number): T[] =>
      Array.from({ length: below(most + 1) }, () => items[below(items.length)] as T),
  };
}
type Random = ReturnType<typeof random>;

const users = ['ana', 'raj', 'lea'];
const claims = ['all', 'dba', 'support'];
const robots = ['nightly', 'ana'];
const servers = ['db', 'wiki', 'crm'];
const tools = ['get', 'get_all', 'set', 'set_all', 'x', ''];
const globs = ['*', 'get', 'get*', '*_all', 'set?all', '?', '*e*', 'nothing', 's*t*a*'];
const classes = ['read', 'write', 'destructive'] as const;
const times = [0, 10, 20, 30, 40];

function randomPolicy({ below, pick, some }: Random): Policy {
  const roles = ['r0', 'r1', 'r2', 'r3'].map((name) => {
    const rules = Array.from({ length: below(3) }, (): [Rule['verb'], ...string[]] => [
      pick(['read', 'write', 'any'] as const),
      ...Array.from({ length: 1 + below(2) }, () => `${pick([...servers, '*'])}/${pick(globs)}`),
    ]);
    return role(name, rules);
  });
  const subjects = ['everyone', 'user:ana', 'user:raj', 'group:g0', 'group:g1', 'robot:nightly', 'robot:ana'];
  const grants = Array.from({ length: below(6) }, () =>
    grant(pick(subjects), some(['r0', 'r1', 'r2', 'r3'], 3), {
      line: 1 + below(9),
      starts: pick([null, null, ...times]),
      expires: pick([null, null, ...times]),
      environments: pick([[], [], ['prod'], ['staging']]),
      ticket: pick(['', 'T-1', 'T-2']),
    }),
  );
  // Two grants cannot stand at one place.
  const placed = grants.map((given, index) => ({ ...given, at: { ...given.at, col: 9 - index } }));
  return policyOf({
    groups: {
      g0: { claims: some(claims, 2), members: some(users, 2) },
      g1: { claims: some(claims, 2), members: some([...users, ...robots], 2) },
    },
    roles,
    grants: placed,
  });
}

function randomIdentity({ below, pick, some }: Random): Identity {
  return below(4) === 0 ? robot(pick(robots)) : person(pick(users), some(claims, 3));
}

/** The policy language read out word by word: no index, no memory, no order but the one at the end. */
function interpret(policy: Policy, { who, target, at }: { who: Identity; target: ToolTarget; at: number }): Decision {
  const granted = policy.grants.filter(
    (given) => reaches(policy, given, who) && (given.environments.length === 0 || given.environments.includes('prod')),
  );
  const allowing = granted.flatMap((given) =>
    given.roles.flatMap((name) => {
      const found = policy.roles.get(name) as Role;
      const rule = found.rules.find(
        ({ verb, targets }) => allows(verb, target) && targets.some((t) => names(t, target)),
      );
      return rule === undefined ? [] : [{ given, role: name, rule: rule.at }];
    }),
  );
  const started = ({ given }: { given: Grant }) => given.starts === null || given.starts <= at;
  const over = ({ given }: { given: Grant }) => given.expires !== null && given.expires <= at;
  const [first] = allowing.filter((found) => started(found) && !over(found)).sort(laterThenPlace);
  if (first !== undefined) {
    const { given, role: name, rule } = first;
    return { effect: 'allow', role: name, rule, grant: given.at, ticket: given.ticket, until: given.expires };
  }
  if (allowing.some(over)) return { effect: 'deny', why: 'expired' };
  return { effect: 'deny', why: allowing.some((found) => !started(found)) ? 'not_started' : 'no_grant' };
}

function reaches(policy: Policy, { to }: Grant, who: Identity): boolean {
  if (to.kind === 'everyone') return true;
  if (to.kind === 'robot') return who.kind === 'robot' && who.subject === to.name;
  if (who.kind === 'robot') return false;
  if (to.kind === 'user') return who.user === to.name;
  const group = policy.groups.get(to.name);
  return group !== undefined && (group.members.includes(who.user) || group.claims.some((c) => who.claims.includes(c)));
}

function allows(verb: Rule['verb'], target: ToolTarget): boolean {
  return verb === 'any' || target.class === 'read' || (verb === 'write' && target.class === 'write');
}

function names(target: { server: string; tool: string }, asked: ToolTarget): boolean {
  return (target.server === '*' || target.server === asked.server) && globbed(target.tool, asked.tool);
}

function globbed(glob: string, text: string): boolean {
  if (glob === '') return text === '';
  const rest = glob.slice(1);
  if (glob[0] === '*') return globbed(rest, text) || (text !== '' && globbed(glob, text.slice(1)));
  return text !== '' && (glob[0] === '?' || glob[0] === text[0]) && globbed(rest, text.slice(1));
}

function laterThenPlace(a: { given: Grant }, b: { given: Grant }): number {
  const ends = (given: Grant) => given.expires ?? Number.MAX_VALUE;
  const position = ({ line, col }: Place) => line * 1000 + col;
  return ends(b.given) - ends(a.given) || position(a.given.at) - position(b.given.at);
}

test('the compiled decision is the interpreted one, over 24,000 random questions', () => {
  const dice = random(20270101);
  const effects = new Map<string, number>();
  for (let round = 0; round < 800; round += 1) {
    const policy = randomPolicy(dice);
    const access = compile({ gateway, policy });
    const callers = Array.from({ length: 5 }, () => randomIdentity(dice));
    for (let index = 0; index < 30; index += 1) {
      const question = {
        who: dice.pick(callers),
        target: { server: dice.pick(servers), tool: dice.pick(tools), class: dice.pick(classes) },
        at: dice.pick([-1, ...times, 15, 39.5]),
      };
      const decision = decide(access, question);
      assert.deepEqual(decision, interpret(policy, question), JSON.stringify({ round, question }));
      const said = decision.effect === 'deny' ? decision.why : 'allow';
      effects.set(said, (effects.get(said) ?? 0) + 1);
    }
  }
  for (const said of ['allow', 'no_grant', 'expired', 'not_started']) assert.ok((effects.get(said) ?? 0) > 500, said);
});

test('a list kept for the rights of one caller is what every caller with equal rights may call, until `until`', () => {
  const dice = random(42);
  const everyTarget = servers.flatMap((server) =>
    tools.flatMap((tool) => classes.map((toolClass) => ({ server, tool, class: toolClass }))),
  );
  let shared = 0;
  for (let round = 0; round < 200; round += 1) {
    const access = compile({ gateway, policy: randomPolicy(dice) });
    const kept = new Map<string, string>();
    const list = (who: Identity, at: number) =>
      JSON.stringify(everyTarget.filter((target) => decide(access, { who, target, at }).effect === 'allow'));
    for (let index = 0; index < 12; index += 1) {
      const who = randomIdentity(dice);
      const at = dice.pick([...times, 15, 35]);
      const { key, until } = rightsOf(access, who, at);
      const listed = list(who, at);
      if (kept.has(key)) shared += 1;
      assert.equal(kept.get(key) ?? listed, listed, `round ${round}, ${key}`);
      kept.set(key, listed);
      assert.equal(list(who, (until ?? 1000) - 0.5), listed);
    }
  }
  assert.ok(shared > 200);
});
