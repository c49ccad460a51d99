import type { Grant, Revocation } from '../config/configuration.ts';
import type { Place } from '../config/problem.ts';
import type { Identity } from '../identity/identity.ts';
import { type Access, compile } from './compile.ts';
import { decide, type Question } from './decide.ts';
import type { Decision, ToolTarget } from './decision.ts';
import { identityOf, isOneOf, revocationOf } from './explain-caller.ts';
import { type World, withPolicy } from './explain-world.ts';

/** Why a question is answered as it is. */
export interface Explanation {
  readonly question: Question;
  /** As the decision says, unless the user is revoked. */
  readonly verdict: Decision['effect'];
  /** What the gateway would decide. */
  readonly decision: Decision;
  /** Whatever the decision: no credential proves this user any more. */
  readonly revoked: Revocation | null;
  /** When denied: grants that would allow, were it not for one thing. When allowed: the other grants that do. */
  readonly others: readonly NearMiss[];
}

/** A grant that allows, or would. */
export interface NearMiss {
  /** `dates`: it is over or to come; `class`: the rule's verb does not reach so far; `nothing`: it allows as well. */
  readonly missing: 'group' | 'class' | 'dates' | 'environment' | 'guardrail' | 'nothing';
  /** The role that holds the rule. */
  readonly role: string;
  readonly rule: Place;
  readonly grant: Grant;
}

/** Asks the gateway's own decision, then the same about every grant by itself and with one obstacle away. */
export function explain(world: World, question: Question): Explanation {
  const { policy } = world.configuration;
  const decision = decide(world.access, question);
  const revoked = revocationOf(policy, question.who, question.at);
  const verdict = revoked === null ? decision.effect : 'deny';
  const others = revoked === null ? othersOf(world, question, decision) : [];
  return { question, verdict, decision, revoked, others };
}

function othersOf(world: World, question: Question, decision: Decision): readonly NearMiss[] {
  const { policy } = world.configuration;
  const tries = triesOf(world);
  return policy.grants.flatMap((grant, index): readonly NearMiss[] => {
    const found = nearMiss({ ...question, mine: isOneOf(grant.to, question.who, policy) }, { tries, grant, index });
    if (found === null) return [];
    const { role, rule } = found.decision;
    const missing = found.missing === 'nothing' && decision.effect === 'deny' ? 'guardrail' : found.missing;
    return isOnlyThing({ missing, role, rule, grant }, { world, question, decision })
      ? [{ missing, role, rule, grant }]
      : [];
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
  if (missing !== 'group' || grant.to.kind !== 'group') return decision.why !== 'guardrail';
  const { policy } = world.configuration;
  const group = policy.groups.get(grant.to.name);
  if (group === undefined) return false;
  const joined = { ...group, members: [...group.members, question.who.user] };
  const { access } = withPolicy(world, { ...policy, groups: new Map([...policy.groups, [group.name, joined]]) });
  return decide(access, question).effect === 'allow';
}

/** The policy without guardrails and with every grant apart from the others: each is given to a robot of its own. */
export function grantsApart({ configuration }: World, change: Partial<Grant>): Access {
  const { policy } = configuration;
  const grants = policy.grants.map((grant, index): Grant => ({ ...grant, ...change, to: ownerOf(index) }));
  return compile({ ...configuration, policy: { ...policy, grants, guardrails: new Map() } });
}

/** Who alone has the grant at this position of the policy in `grantsApart`. */
export function ownerOf(index: number): { readonly kind: 'robot'; readonly name: string } {
  return { kind: 'robot', name: String(index) };
}

interface Tries {
  readonly plain: Access;
  readonly timeless: Access;
  readonly anywhere: Access;
}

function triesOf(world: World): Tries {
  return {
    plain: grantsApart(world, {}),
    timeless: grantsApart(world, { starts: null, expires: null }),
    anywhere: grantsApart(world, { environments: [] }),
  };
}

type Allowance = Extract<Decision, { effect: 'allow' }>;

interface Found {
  readonly missing: NearMiss['missing'];
  readonly decision: Allowance;
}

interface Asked {
  readonly target: ToolTarget;
  readonly at: number;
  readonly who: Identity;
  /** Whether the grant is to the one who asks. */
  readonly mine: boolean;
}

function nearMiss(
  { target, at, who, mine }: Asked,
  { tries, grant, index }: { readonly tries: Tries; readonly grant: Grant; readonly index: number },
): Found | null {
  const owner = identityOf(ownerOf(index));
  const ask = (access: Access, asked: ToolTarget = target) => decide(access, { who: owner, target: asked, at });
  const found = (missing: Found['missing'], decision: Decision): Found | null =>
    decision.effect === 'allow' ? { missing, decision } : null;
  if (!mine) {
    // People can be put into a group; nobody becomes another person or a robot.
    return grant.to.kind === 'group' && who.kind === 'person' ? found('group', ask(tries.plain)) : null;
  }
  return (
    found('nothing', ask(tries.plain)) ??
    found('dates', ask(tries.timeless)) ??
    found('environment', ask(tries.anywhere)) ??
    found('class', ask(tries.plain, { ...target, class: 'read' }))
  );
}
