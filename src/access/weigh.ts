import type { Identity } from '../identity/identity.ts';
import type { Access, Terms } from './compile.ts';
import type { CallFacts, CompiledCondition, Met, Principal } from './compiled-condition.ts';
import type { Arguments, Decision, Unmet } from './decision.ts';
import { positionsOf } from './subjects.ts';

export interface Weighed {
  readonly who: Identity;
  readonly args: Arguments;
  /** Epoch milliseconds. */
  readonly at: number;
}

/**
 * Holds the arguments of one call against the terms. Where a condition cannot be judged, a role's rule does not allow
 * and a guardrail denies.
 */
export function weigh(access: Access, { except, alternatives }: Terms, weighed: Weighed): Decision {
  const judge = judgeOf(access, weighed);
  for (const { name, at, condition } of except) {
    const met = judge(condition);
    if (met.kind === 'unmet') continue;
    return denied({ by: 'guardrail', name, at, detail: met.kind === 'met' ? (condition?.words ?? '') : met.detail });
  }
  let nearest: Unmet | null = null;
  for (const { allow, condition } of alternatives) {
    const met = judge(condition);
    if (met.kind === 'met') return allow;
    nearest ??= { by: 'role', name: allow.role, at: allow.rule, detail: met.detail };
  }
  return denied(nearest);
}

function denied(unmet: Unmet | null): Decision {
  return { effect: 'deny', why: 'condition', ...(unmet && { unmet }) };
}

function judgeOf(access: Access, { who, args, at }: Weighed): (condition: CompiledCondition | null) => Met {
  let facts: CallFacts | null = null;
  return (condition) => {
    if (condition === null) return { kind: 'met' };
    const read = args();
    if (read.kind === 'unfit') return { kind: 'failed', detail: read.detail };
    facts ??= { args: read.value, principal: principalOf(access, who), now: at };
    return condition.met(facts);
  };
}

function principalOf({ groups, members }: Access, who: Identity): Principal {
  return {
    kind: who.kind,
    name: who.kind === 'robot' ? who.subject : who.user,
    email: who.email,
    groups: positionsOf(members, who).flatMap((position) => groups[position] ?? []),
  };
}
