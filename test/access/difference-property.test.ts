import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compareAccess } from '../../src/access/difference-access.ts';
import type { AccessChange } from '../../src/access/difference-gathering.ts';
import { compareHeld, timelineOf } from '../../src/access/difference-held.ts';
import type { World } from '../../src/access/explain-world.ts';
import type { Policy, ToolClass } from '../../src/config/configuration.ts';
import type { Identity } from '../../src/identity/identity.ts';
import { person, robot } from './policy.ts';
import { type Random, random, randomPolicy, servers, tools } from './random-policy.ts';
import { robots, worldFrom } from './world.ts';

const at = 15;
const pairs = 150;

const names = tools.filter((tool) => tool !== '');
const classOf = (index: number): ToolClass => (['read', 'write', 'destructive'] as const)[index % 3] ?? 'read';
const locks = Object.fromEntries(
  servers.map((server, place) => [
    server,
    Object.fromEntries(names.map((name, index) => [name, classOf(place + index)])),
  ]),
);

/** Somebody of every name with every set of claims, and every robot. */
const claimSets = ['all', 'dba', 'support'].reduce<string[][]>(
  (sets, claim) => sets.concat(sets.map((set) => set.concat(claim))),
  [[]],
);
const everybody = [
  ...['ana', 'raj', 'lea', 'somebody'].flatMap((user) => claimSets.map((claims) => person(user, claims))),
  ...['nightly', 'ana'].map(robot),
];

/** An edit of a policy, or another one altogether. */
function edited(policy: Policy, dice: Random): Policy {
  const other = randomPolicy(dice);
  switch (dice.below(5)) {
    case 0:
      return { ...policy, grants: dice.below(2) === 0 ? policy.grants.slice(1) : [...policy.grants, ...other.grants] };
    case 1:
      return { ...policy, guardrails: other.guardrails };
    case 2:
      return { ...policy, roles: other.roles };
    case 3:
      return { ...policy, groups: other.groups };
    default:
      return other;
  }
}

function worldOf(policy: Policy, dice: Random): World {
  const known = dice.below(5) === 0 ? ['nightly'] : ['nightly', 'ana'];
  return worldFrom({ ...policy, robots: robots(...known) }, locks);
}

function isKnown({ kind, subject }: Identity, { configuration: { policy } }: World): boolean {
  return kind === 'person' || policy.robots.has(subject);
}

function isAbout({ who, except }: AccessChange, identity: Identity): boolean {
  const own = new Set(
    identity.kind === 'robot'
      ? ['everyone', 'robots', `robot:${identity.subject}`]
      : ['everyone', 'users', `user:${identity.user}`, ...identity.claims.map((claim) => `claim:${claim}`)],
  );
  const isOne = ({ subjects }: AccessChange['who'][number]) => subjects.some((subject) => own.has(subject));
  return who.every(isOne) && !except.some(isOne);
}

describe('compareAccess over random policies', () => {
  it(`tells of ${pairs} pairs exactly what changes, and for whom`, () => {
    let changed = 0;
    for (let seed = 1; seed <= pairs; seed += 1) {
      const dice = random(seed);
      const policy = randomPolicy(dice);
      const [base, head] = [worldOf(policy, dice), worldOf(edited(policy, dice), dice)];
      const { changes, isExact } = compareAccess({ base, head, at });
      assert.equal(isExact, true);
      for (const who of everybody.filter((each) => isKnown(each, base) || isKnown(each, head))) {
        const told = changes
          .filter((change) => isAbout(change, who))
          .flatMap(({ tools: labels, kind, direction }) => labels.map((label) => `${label} ${kind} ${direction}`))
          // What no lock lists is spoken of by globs.
          .filter((text) => !/^free|^prompts:|^resources:/.test(text));
        const found = differencesFor(who, base, head);
        changed += found.length;
        assert.deepEqual([...new Set(told)].sort(), found, `seed ${seed}, ${who.key} in ${who.claims.join()}`);
      }
    }
    assert(changed > pairs);
  });
});

/** By asking about every tool. */
function differencesFor(who: Identity, base: World, head: World): readonly string[] {
  return base.tools
    .flatMap(({ server, tool, class: toolClass }) => {
      const target = { server, name: tool, class: toolClass };
      const on = (world: World) =>
        isKnown(who, world) ? timelineOf(world.access, { who, section: 'tools', target, at }) : [];
      const change = compareHeld(on(base), on(head));
      return change === null ? [] : [`${server}/${tool} ${change.kind} ${change.direction}`];
    })
    .sort();
}
