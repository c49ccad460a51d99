import type { Identity } from '../identity/identity.ts';
import { type AccessSides, createAsk, type Held } from './difference-ask.ts';
import { classesOf, type SubjectClass } from './difference-classes.ts';
import { type AccessChange, createGathering } from './difference-gathering.ts';
import { holds } from './difference-held.ts';
import { createNaming } from './difference-names.ts';
import { affectedBy, personOf } from './difference-people.ts';
import { createReach, createWords, type Reach, unreached } from './difference-reach.ts';
import { affectedRobots } from './difference-robots.ts';
import { type NamedChange, named } from './difference-subjects.ts';
import { type ComparedTarget, targetsOf } from './difference-target.ts';
import { identityOf } from './explain-caller.ts';

export interface AccessDifference {
  readonly changes: readonly AccessChange[];
  /** Whether all combinations of subjects were compared; else only each and each two. */
  readonly isExact: boolean;
  /** Pairs of a subject and a tool: how many could be called, and how many of these no more. */
  readonly held: number;
  readonly lost: number;
}

/**
 * Who gains, loses or holds otherwise which tool. Tools that the same grants and guardrails reach are compared once,
 * and those for which these are equal on both sides not at all, so that the work follows what has been edited.
 */
export function compareAccess(sides: AccessSides): AccessDifference {
  const { base, head, at } = sides;
  const words = createWords();
  const reachBefore = createReach(base, { words, at });
  const reachAfter = createReach(head, { words, at });
  const compare = createComparison(sides);
  const gathering = createGathering(sides);
  const compared = new Map<string, Compared>();
  let [held, lost] = [0, 0];
  for (const target of targetsOf(base, head)) {
    const before = target.base === null ? unreached : reachBefore(target.section, target.base);
    const after = target.head === null ? unreached : reachAfter(target.section, target.head);
    const key = `${target.section} ${before.key} > ${after.key}`;
    const found = compared.get(key) ?? compare(target, before, after);
    compared.set(key, found);
    held += found.held;
    lost += found.lost;
    for (const change of found.changes) gathering.add(change, target);
  }
  const isExact = [...compared.values()].every((each) => each.isExact);
  return { changes: gathering.changes(), isExact, held, lost };
}

interface Compared {
  readonly changes: readonly NamedChange[];
  readonly isExact: boolean;
  readonly held: number;
  readonly lost: number;
}

function createComparison(sides: AccessSides) {
  const { base, head } = sides;
  const [before, after] = [base.configuration.policy, head.configuration.policy];
  const naming = createNaming(before, after);
  const robots = [...new Set([...after.robots.keys(), ...before.robots.keys()])];
  const lonely = robots.filter((name) => before.robots.has(name) !== after.robots.has(name));

  return (target: ComparedTarget, reachBefore: Reach, reachAfter: Reach): Compared => {
    const ask = createAsk(sides, target);
    const classes = classesOf(reachBefore, reachAfter);
    const isSame = reachBefore.key === reachAfter.key;
    const { affected, isExact } = isSame ? { affected: [], isExact: true } : affectedBy(classes, ask);
    const machines = affectedRobots(isSame ? lonely : robots, ask);
    const changes = named({ affected, machines, naming, robots });
    return { changes, isExact, ...countHeld(classes, robots, ask) };
  };
}

/** Every subject by itself: what somebody has who is in no other group. */
function countHeld(classes: readonly SubjectClass[], robots: readonly string[], ask: (who: Identity) => Held) {
  const alone = [
    { who: personOf([]), count: 1 },
    ...classes.map((each) => ({ who: personOf([each]), count: each.subjects.length })),
    ...robots.map((name) => ({ who: identityOf({ kind: 'robot', name }), count: 1 })),
  ];
  let [held, lost] = [0, 0];
  for (const { who, count } of alone) {
    const { before, after } = ask(who);
    if (!before.some(holds)) continue;
    held += count;
    if (!after.some(holds)) lost += count;
  }
  return { held, lost };
}
