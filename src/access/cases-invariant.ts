import type { Policy } from '../config/configuration.ts';
import type { Invariant } from '../config/policy-tests.ts';
import type { Identity } from '../identity/identity.ts';
import type { Question } from './decide.ts';
import type { Decision, ToolTarget } from './decision.ts';
import { isOneOf } from './explain-caller.ts';
import { joined, strangers } from './explain-people.ts';
import { toolsMatching, type World } from './explain-world.ts';

/** Puts the gateway's decision, and may note what decided. */
export type Ask = (question: Question) => Decision;

/**
 * The questions that an invariant says must be denied and are not, one for each tool. Tried are all whom the policy can
 * tell apart: everyone a grant is to, together with the invariant's own people and, where a guardrail denies, with each
 * of its exceptions; now and whenever a grant begins.
 */
export function violationsOf(world: World, invariant: Invariant, { ask, now }: { ask: Ask; now: number }): Question[] {
  const { policy } = world.configuration;
  const candidates = candidatesOf(invariant, policy);
  const moments = momentsOf(policy, now);
  return toolsOf(world, invariant).flatMap((target) => {
    for (const at of moments) {
      for (const candidate of candidates) {
        const question = allowedTo(candidate, { target, at, policy, ask, invariant });
        if (question !== null) return [question];
      }
    }
    return [];
  });
}

function toolsOf(world: World, { targets, class: only }: Invariant): readonly ToolTarget[] {
  const tools = targets.length === 0 ? world.tools : new Set(targets.flatMap((target) => toolsMatching(world, target)));
  return [...tools].filter((tool) => only === null || tool.class === only);
}

function momentsOf({ grants }: Policy, now: number): readonly number[] {
  const starts = grants.flatMap(({ starts }) => (starts !== null && starts > now ? [starts] : []));
  return [...new Set([now, ...starts])].sort((a, b) => a - b);
}

function candidatesOf({ kind, who }: Invariant, policy: Policy): readonly Identity[] {
  const subjects = new Map(policy.grants.map(({ to }) => [JSON.stringify(to), to]));
  const people = strangers(policy).flatMap((stranger) =>
    kind === 'only' ? [stranger] : who.flatMap((pattern) => joined(stranger, pattern, policy)),
  );
  const candidates = people.flatMap((person) =>
    [...subjects.values()].flatMap((subject) => joined(person, subject, policy)),
  );
  const different = [...new Map(candidates.map((each) => [`${each.key} ${each.claims.join()}`, each])).values()];
  // The plainest example is the best one to show.
  return different.sort((one, other) => one.claims.length - other.claims.length);
}

interface Search {
  readonly target: ToolTarget;
  readonly at: number;
  readonly policy: Policy;
  readonly ask: Ask;
  readonly invariant: Invariant;
}

/** Goes round guardrails by way of their exceptions; every step adds a name or a claim, so it ends. */
function allowedTo(who: Identity, search: Search): Question | null {
  const { target, at, policy, ask, invariant } = search;
  if (invariant.kind === 'only' && invariant.who.some((pattern) => isOneOf(pattern, who, policy))) return null;
  const question = { who, target, at };
  const decision = ask(question);
  if (decision.effect === 'allow') return question;
  const { except = [] } = policy.guardrails.get(decision.by?.name ?? '') ?? {};
  for (const excepted of except.flatMap((pattern) => joined(who, pattern, policy))) {
    const found = excepted === who ? null : allowedTo(excepted, search);
    if (found !== null) return found;
  }
  return null;
}
