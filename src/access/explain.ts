import type { Grant, Revocation } from '../config/configuration.ts';
import type { Place } from '../config/problem.ts';
import type { Access, Terms } from './compile.ts';
import { decide, type Question, verdictOf } from './decide.ts';
import type { Decision } from './decision.ts';
import { isOneOf, revocationOf } from './explain-caller.ts';
import { isHidden, type World, withPolicy } from './explain-world.ts';
import { grantsAlone } from './grant-alone.ts';

/** Why a question is answered as it is. */
export interface Explanation {
  readonly question: Question;
  /** As the decision says, unless the user is revoked or the tool hidden. */
  readonly verdict: Decision['effect'];
  /** What the policy says. */
  readonly decision: Decision;
  /** What the answer for one call depends on; null when all calls are answered alike. */
  readonly terms: Terms | null;
  /** Whatever the decision: no credential proves this user any more. */
  readonly revoked: Revocation | null;
  /** Whatever the decision: the lock does not list the tool, and `strict` demands it. */
  readonly hidden: boolean;
  /** When denied: grants that would allow, were it not for one thing. When allowed: the other grants that do. */
  readonly others: readonly NearMiss[];
}

/** A grant that allows, or would. */
export interface NearMiss {
  /**
   * `dates`: it is over or to come; `class`: the rule's verb does not reach so far; `condition`: the arguments do not
   * meet the rule's; `nothing`: it allows as well.
   */
  readonly missing: 'group' | 'class' | 'dates' | 'environment' | 'condition' | 'guardrail' | 'nothing';
  /** The role that holds the rule. */
  readonly role: string;
  readonly rule: Place;
  readonly grant: Grant;
  /** What must hold, for `condition`; empty for the others. */
  readonly detail: string;
}

/** Asks the gateway's own decision, then the same about every grant by itself and with one obstacle away. */
export function explain(world: World, question: Question): Explanation {
  const { policy } = world.configuration;
  const decision = decide(world.access, question);
  const { terms } = verdictOf(world.access, question);
  const revoked = revocationOf(policy, question.who, question.at);
  const hidden = isHidden(world, question.target);
  const isOpen = revoked === null && !hidden;
  const verdict = isOpen ? decision.effect : 'deny';
  const others = isOpen ? othersOf(world, question, decision) : [];
  return { question, verdict, decision, terms, revoked, hidden, others };
}

function othersOf(world: World, question: Question, decision: Decision): readonly NearMiss[] {
  const { policy } = world.configuration;
  const tries = triesOf(world);
  return policy.grants.flatMap((grant): readonly NearMiss[] => {
    const mine = isOneOf(grant.to, question.who, policy);
    const found = nearMiss(question, { tries, grant, mine });
    if (found === null) return [];
    const missing = found.missing === 'nothing' && decision.effect === 'deny' ? 'guardrail' : found.missing;
    const near = { ...found, missing, grant };
    return isOnlyThing(near, { world, question, decision }) ? [near] : [];
  });
}

interface Asking {
  readonly world: World;
  readonly question: Question;
  readonly decision: Decision;
}

/** Whether no guardrail, or this one alone, would be in the way as well. */
function isOnlyThing({ missing, grant }: NearMiss, { world, question, decision }: Asking): boolean {
  if (decision.effect === 'allow') return missing === 'nothing' && grant.at !== decision.grant;
  if (missing === 'guardrail') return true;
  const isGuarded = decision.why === 'guardrail' || decision.unmet?.by === 'guardrail';
  if (missing !== 'group' || grant.to.kind !== 'group') return !isGuarded;
  const { policy } = world.configuration;
  const group = policy.groups.get(grant.to.name);
  if (group === undefined) return false;
  const joined = { ...group, members: [...group.members, question.who.user] };
  const { access } = withPolicy(world, { ...policy, groups: new Map([...policy.groups, [group.name, joined]]) });
  return decide(access, question).effect === 'allow';
}

interface Tries {
  readonly plain: (grant: Grant) => Access;
  readonly timeless: (grant: Grant) => Access;
  readonly anywhere: (grant: Grant) => Access;
}

function triesOf(world: World): Tries {
  return {
    plain: grantsAlone(world, {}),
    timeless: grantsAlone(world, { starts: null, expires: null }),
    anywhere: grantsAlone(world, { environments: [] }),
  };
}

type Found = Omit<NearMiss, 'grant'>;

interface Tried {
  readonly tries: Tries;
  readonly grant: Grant;
  /** Whether the grant is to the one who asks. */
  readonly mine: boolean;
}

function nearMiss(question: Question, { tries, grant, mine }: Tried): Found | null {
  const plain = decide(tries.plain(grant), question);
  if (!mine) {
    // People can be put into a group; nobody becomes another person or a robot.
    return grant.to.kind === 'group' && question.who.kind === 'person' ? allowedBut('group', plain) : null;
  }
  const readable = { ...question, target: { ...question.target, class: 'read' as const } };
  return (
    allowedBut('nothing', plain) ??
    unmetBy(plain) ??
    allowedBut('dates', decide(tries.timeless(grant), question)) ??
    allowedBut('environment', decide(tries.anywhere(grant), question)) ??
    allowedBut('class', decide(tries.plain(grant), readable))
  );
}

function allowedBut(missing: Found['missing'], decision: Decision): Found | null {
  return decision.effect === 'allow' ? { missing, role: decision.role, rule: decision.rule, detail: '' } : null;
}

function unmetBy(decision: Decision): Found | null {
  if (decision.effect === 'allow' || decision.unmet === undefined) return null;
  const { name, at, detail } = decision.unmet;
  return { missing: 'condition', role: name, rule: at, detail };
}
