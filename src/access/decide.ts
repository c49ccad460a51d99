import type { Identity } from '../identity/identity.ts';
import type { Access, Verdict, Window } from './compile.ts';
import type { Arguments, ContentTarget, Decision, ToolTarget } from './decision.ts';
import { windowOf } from './rights.ts';
import { verdictIn } from './verdict.ts';
import { weigh } from './weigh.ts';

export interface Question {
  readonly who: Identity;
  readonly target: ToolTarget;
  /** Epoch milliseconds. */
  readonly at: number;
  /** The call's; absent asks what a list does: whether some call would be allowed. */
  readonly args?: Arguments;
}

/** Verdicts kept at a time, for all identities together; past this many all are given anew when asked for. */
const verdictsMax = 200_000;

/**
 * Whether `who` may call the tool at `at`. A guardrail that takes it from them always denies, whatever grants say; of
 * several the one whose place comes first is named. Nothing is allowed unless an active grant says so; of several that
 * do, the one that ends last is named, then the one whose place comes first, and in it the first role and rule as
 * written. Without arguments, a rule that allows every call is named before those with a condition. What is denied
 * without arguments is denied with any, for the same reason.
 */
export function decide(access: Access, { who, target, at, args }: Question): Decision {
  const { decision, terms } = verdictOf(access, { who, target, at });
  return terms === null || args === undefined ? decision : weigh(terms, { who, args, at });
}

/** Whether `who` may read the prompt or resource at `at`, by the rules of `decide`. */
export function decideContent(
  access: Access,
  { who, target, at }: { readonly who: Identity; readonly target: ContentTarget; readonly at: number },
): Decision {
  const { server, name } = target;
  return verdictIn(windowOf(access, who, at), `${target.kind}s`, { server, name, class: 'read' }).decision;
}

/** What can be said of the tool whatever the arguments; it is remembered. */
export function verdictOf(access: Access, { who, target, at }: Omit<Question, 'args'>): Verdict {
  const window = windowOf(access, who, at);
  const known = window.verdicts.get(target.server)?.get(target.tool);
  if (known !== undefined && known.class === target.class) return known;
  const verdict = verdictIn(window, 'tools', { server: target.server, name: target.tool, class: target.class });
  remember(access, { window, target, verdict });
  return verdict;
}

interface Judged {
  readonly window: Window;
  readonly target: ToolTarget;
  readonly verdict: Verdict;
}

function remember({ memory }: Access, { window, target, verdict }: Judged): void {
  if (memory.verdicts >= verdictsMax) {
    memory.profiles = new Map();
    memory.ofIdentity = new WeakMap();
    memory.verdicts = 0;
  }
  let tools = window.verdicts.get(target.server);
  if (tools === undefined) {
    tools = new Map();
    window.verdicts.set(target.server, tools);
  }
  tools.set(target.tool, verdict);
  memory.verdicts += 1;
}
