import type { Identity } from '../identity/identity.ts';
import {
  type Access,
  type CompiledGrant,
  type CompiledRole,
  type CompiledRule,
  type RuleBook,
  rulesFor,
  type Window,
} from './compile.ts';
import type { Decision, ToolTarget } from './decision.ts';
import { matchesGlob } from './glob.ts';
import { windowOf } from './rights.ts';

export interface Question {
  readonly who: Identity;
  readonly target: ToolTarget;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** Verdicts kept at a time, for all identities together; past this many all are given anew when asked for. */
const verdictsMax = 200_000;

/**
 * Whether `who` may call the tool at `at`. A guardrail that takes it from them always denies, whatever grants say; of
 * several the one whose place comes first is named. Nothing is allowed unless an active grant says so; of several that
 * do, the one that ends last is named, then the one whose place comes first, and in it the first role and rule as
 * written.
 */
export function decide(access: Access, { who, target, at }: Question): Decision {
  const window = windowOf(access, who, at);
  const known = window.verdicts.get(target.server)?.get(target.tool);
  if (known !== undefined && known.class === target.class) return known.decision;
  const decision = judge(window, target);
  remember(access, { window, target, decision });
  return decision;
}

interface Judged {
  readonly window: Window;
  readonly target: ToolTarget;
  readonly decision: Decision;
}

function remember({ memory }: Access, { window, target, decision }: Judged): void {
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
  tools.set(target.tool, { class: target.class, decision });
  memory.verdicts += 1;
}

function judge({ active, expired, coming, guardrails }: Window, target: ToolTarget): Decision {
  const by = guardrails.find((guardrail) => ruleAbout(guardrail, target) !== undefined);
  if (by !== undefined) return { effect: 'deny', why: 'guardrail', by: { name: by.name, at: by.at } };
  const found = firstThatAllows(active, target);
  if (found === null) return { effect: 'deny', why: reasonOf({ expired, coming, target }) };
  const { grant, role, rule } = found;
  const until = grant.expires === Number.POSITIVE_INFINITY ? null : grant.expires;
  return { effect: 'allow', role: role.name, rule: rule.at, grant: grant.at, ticket: grant.ticket, until };
}

function reasonOf({ expired, coming, target }: Pick<Window, 'expired' | 'coming'> & { target: ToolTarget }) {
  if (firstThatAllows(expired, target) !== null) return 'expired';
  return firstThatAllows(coming, target) === null ? 'no_grant' : 'not_started';
}

interface Allowed {
  readonly grant: CompiledGrant;
  readonly role: CompiledRole;
  readonly rule: CompiledRule;
}

function firstThatAllows(grants: readonly CompiledGrant[], target: ToolTarget): Allowed | null {
  for (const grant of grants) {
    for (const role of grant.roles) {
      const rule = ruleAbout(role, target);
      if (rule !== undefined) return { grant, role, rule };
    }
  }
  return null;
}

function ruleAbout(book: RuleBook, target: ToolTarget): CompiledRule | undefined {
  return rulesFor(book, target.server).find(
    ({ classes, tool }) => classes.includes(target.class) && matchesGlob(tool, target.tool),
  );
}
