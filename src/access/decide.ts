import type { ToolClass } from '../config/configuration.ts';
import type { Identity } from '../identity/identity.ts';
import type { Access, ServerVerdicts, Verdict, Window } from './compile.ts';
import type { Arguments, ContentTarget, Decision, ToolTarget } from './decision.ts';
import { windowOf } from './rights.ts';
import { type RuleBook, rulesFor } from './rule-book.ts';
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
  const tools = window.verdicts.get(target.server) ?? openServer(access, window, target.server);
  if (tools === 'unreached') return unreached[target.class];
  const known = tools.get(target.tool);
  if (known !== undefined && known.class === target.class) return known;
  const verdict = verdictIn(window, 'tools', { server: target.server, name: target.tool, class: target.class });
  makeRoom(access);
  tools.set(target.tool, verdict);
  return verdict;
}

/** Most people have nothing to do with most servers of a large company: one word for all tools of such a server. */
function openServer(access: Access, window: Window, server: string): ServerVerdicts {
  const { active, expired, coming, guardrails } = window;
  const isAbout = ({ tools }: { readonly tools: RuleBook }): boolean => rulesFor(tools, server).length > 0;
  const isReached =
    guardrails.some(isAbout) ||
    [active, expired, coming].some((grants) => grants.some(({ roles }) => roles.some(isAbout)));
  const opened: ServerVerdicts = isReached ? new Map() : 'unreached';
  makeRoom(access);
  window.verdicts.set(server, opened);
  return opened;
}

/** The window in hand stays good: what is forgotten is only where to find it. */
function makeRoom({ memory }: Access): void {
  if (memory.verdicts >= verdictsMax) {
    memory.profiles = new Map();
    memory.ofIdentity = new WeakMap();
    memory.verdicts = 0;
  }
  memory.verdicts += 1;
}

const unreached: Readonly<Record<ToolClass, Verdict>> = {
  read: unreachedOf('read'),
  write: unreachedOf('write'),
  destructive: unreachedOf('destructive'),
};

function unreachedOf(toolClass: ToolClass): Verdict {
  return { class: toolClass, decision: { effect: 'deny', why: 'no_grant' }, terms: null };
}
