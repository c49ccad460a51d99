import type { Identity } from '../identity/identity.ts';
import type { Section } from './compile.ts';
import { type AccessSides, type Ask, createAsking } from './difference-ask.ts';
import { classesOf, type SubjectClass } from './difference-classes.ts';
import { type AccessChange, createGathering } from './difference-gathering.ts';
import { holds } from './difference-held.ts';
import { createNaming } from './difference-names.ts';
import { affectedBy, personOf } from './difference-people.ts';
import { createReach, createWords, type Reach, unreached } from './difference-reach.ts';
import { affectedRobots } from './difference-robots.ts';
import { type NamedChange, named } from './difference-subjects.ts';
import { type ComparedTarget, createTargets, type Targets } from './difference-target.ts';
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
  const { base, head } = sides;
  const comparing: Comparing = {
    ...createPairing(sides),
    targetsOf: createTargets(base, head),
    totals: createTotals(sides),
  };
  for (const server of new Set([...head.configuration.servers.keys(), ...base.configuration.servers.keys()])) {
    for (const section of ['tools', 'prompts', 'resources'] as const) compareServer(section, server, comparing);
  }
  return comparing.totals.sum();
}

interface Comparing extends ReturnType<typeof createPairing> {
  readonly targetsOf: Targets;
  readonly totals: ReturnType<typeof createTotals>;
}

/** Equal content is one object on both sides. */
function createPairing({ base, head, at }: AccessSides) {
  const parts = { words: createWords(), known: new Map(), at };
  return { reachBefore: createReach(base, parts), reachAfter: createReach(head, parts) };
}

function compareServer(
  section: Section,
  server: string,
  { reachBefore, reachAfter, targetsOf, totals }: Comparing,
): void {
  const [was, is] = [reachBefore(section, server), reachAfter(section, server)];
  for (const target of targetsOf(section, server)) {
    const { base, head } = target;
    const before = base === null ? unreached : was.of(base);
    const isSame = was.key === is.key && base?.class === head?.class;
    totals.add(target, before, isSame ? before : head === null ? unreached : is.of(head));
  }
}

/** Compares targets, each kind once. */
function createTotals(sides: AccessSides) {
  const asking = createAsking(sides);
  const compare = createComparison(sides, asking);
  const gathering = createGathering(sides, asking);
  const sections = { tools: new Map(), prompts: new Map(), resources: new Map() };
  let [held, lost] = [0, 0];
  let isExact = true;
  return {
    add(target: ComparedTarget, before: Reach, after: Reach): void {
      const compared: Map<Reach, Map<Reach, Compared>> = sections[target.section];
      const known = compared.get(before) ?? new Map<Reach, Compared>();
      compared.set(before, known);
      const found = known.get(after) ?? compare(target, before, after);
      known.set(after, found);
      held += found.held;
      lost += found.lost;
      isExact &&= found.isExact;
      for (const change of found.changes) gathering.add(change, target);
    },
    sum: (): AccessDifference => ({ changes: gathering.changes(), isExact, held, lost }),
  };
}

interface Compared {
  readonly changes: readonly NamedChange[];
  readonly isExact: boolean;
  readonly held: number;
  readonly lost: number;
}

function createComparison({ base, head }: AccessSides, asking: ReturnType<typeof createAsking>) {
  const [before, after] = [base.configuration.policy, head.configuration.policy];
  const naming = createNaming(before, after);
  const robots = [...new Set([...after.robots.keys(), ...before.robots.keys()])];
  const lonely = robots.filter((name) => before.robots.has(name) !== after.robots.has(name));

  return (target: ComparedTarget, reachBefore: Reach, reachAfter: Reach): Compared => {
    const ask = asking(target);
    const classes = classesOf(reachBefore, reachAfter);
    const isSame = reachBefore.key === reachAfter.key;
    const { affected, isExact } = isSame ? { affected: [], isExact: true } : affectedBy(classes, ask.both);
    const machines = affectedRobots(isSame ? lonely : robots, ask.both);
    const changes = named({ affected, machines, naming, robots });
    return { changes, isExact, ...countHeld({ classes, robots, ask, isSame }) };
  };
}

interface Counting {
  readonly classes: readonly SubjectClass[];
  readonly robots: readonly string[];
  readonly ask: Ask;
  /** Whether people hold the same on both sides. */
  readonly isSame: boolean;
}

/** Every subject by itself: what somebody has who is in no other group. */
function countHeld({ classes, robots, ask, isSame }: Counting): Pick<Compared, 'held' | 'lost'> {
  let [held, lost] = [0, 0];
  const add = (who: Identity, count: number): void => {
    if (!ask.before(who).some(holds)) return;
    held += count;
    const isKept = (isSame && who.kind === 'person') || ask.both(who).after.some(holds);
    if (!isKept) lost += count;
  };
  add(personOf([]), 1);
  for (const each of classes) add(personOf([each]), each.subjects.length);
  for (const name of robots) add(identityOf({ kind: 'robot', name }), 1);
  return { held, lost };
}
