import type { Guardrail, Policy, Rule, Target, ToolClass } from '../../src/config/configuration.ts';
import type { Identity } from '../../src/identity/identity.ts';
import { conditional, grant, guardrail, person, place, policyOf, robot, role, target } from './policy.ts';
import { randomCondition } from './random-condition.ts';

/** Mulberry32: small, seeded, good enough to pick from lists. */
export function random(seed: number): Random {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (count: number): number => Math.floor(next() * count);
  function pick<T>(items: readonly T[]): T {
    return items[below(items.length)] as T;
  }
  return {
    below,
    pick,
    some: (items, most) => (items.length === 0 ? [] : Array.from({ length: below(most + 1) }, () => pick(items))),
  };
}

export interface Random {
  /** A whole number from 0 to `count` - 1. */
  below(count: number): number;
  pick<T>(items: readonly T[]): T;
  /** At most `most` of them, perhaps one twice. */
  some<T>(items: readonly T[], most: number): T[];
}

const users = ['ana', 'raj', 'lea'];
const claims = ['all', 'dba', 'support'];
const robots = ['nightly', 'ana'];
export const servers: readonly string[] = ['db', 'wiki', 'crm'];
export const tools: readonly string[] = ['get', 'get_all', 'set', 'set_all', 'x', ''];
const globs = ['*', '*', '*', 'get*', 'get', 'get*', '*_all', 'set?all', '?', '*e*', 'nothing', 's*t*a*'];
export const classes: readonly ToolClass[] = ['read', 'write', 'destructive'];
export const times: readonly number[] = [0, 10, 20, 30, 40];

const subjects = [
  'everyone',
  'everyone',
  'everyone',
  'user:ana',
  'user:raj',
  'group:g0',
  'group:g1',
  'robot:nightly',
  'robot:ana',
];
const roleNames = ['r0', 'r1', 'r2', 'r3'];
const patterns = [...subjects.slice(2), 'user:*', 'robot:*'];

export function randomPolicy(dice: Random): Policy {
  const { below, pick, some } = dice;
  const roles = roleNames.map((name, position) => {
    const rules = Array.from({ length: 1 + below(3) }, (): [Rule['verb'], ...string[]] => [
      pick(['read', 'write', 'any'] as const),
      ...Array.from({ length: 1 + below(2) }, () => `${pick([...servers, '*'])}/${pick(globs)}`),
    ]);
    const conditions = rules.map(() => randomCondition(dice));
    // A role includes later ones only, so that there is no circle.
    const plain = role(name, rules, below(2) === 0 ? [] : some(roleNames.slice(position + 1), 2));
    return { ...conditional(plain, conditions), prompts: randomContents(dice), resources: randomContents(dice) };
  });
  const grants = Array.from({ length: 1 + below(6) }, () =>
    grant(pick(subjects), some(roleNames, 3), {
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
    guardrails: Array.from({ length: below(4) }, (_, index) => randomGuardrail(`g${index}`, dice)),
  });
}

/** Each stands on a line of its own. */
function randomContents({ below, pick }: Random): readonly Target[] {
  return Array.from({ length: below(3) }, (_, index) =>
    target(`${pick([...servers, '*'])}/${pick(globs)}`, place(50 + index)),
  );
}

function randomGuardrail(name: string, dice: Random): Guardrail {
  const { below, pick, some } = dice;
  return guardrail(
    name,
    Array.from({ length: 1 + below(2) }, () => `${pick([...servers, '*'])}/${pick(globs)}`),
    {
      class: pick([null, ...classes]),
      to: [pick(patterns), ...some(patterns, 1)],
      except: some(patterns, 2),
      condition: randomCondition(dice),
      prompts: below(3) === 0 ? [`${pick([...servers, '*'])}/${pick(globs)}`] : [],
      resources: below(3) === 0 ? [`${pick([...servers, '*'])}/${pick(globs)}`] : [],
      line: 1 + below(9),
    },
  );
}

export function randomIdentity({ below, pick, some }: Random): Identity {
  return below(4) === 0 ? robot(pick(robots)) : person(pick(users), some(claims, 3));
}
