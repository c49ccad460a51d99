import type { CallFacts, Met, Principal } from '../condition/condition.ts';
import type { Identity } from '../identity/identity.ts';
import type { Terms } from './compile.ts';
import { type CompiledCondition, callsThat } from './compiled-condition.ts';
import type { Arguments, Decision, Unmet } from './decision.ts';

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
export function weigh({ except, alternatives }: Terms, weighed: Weighed): Decision {
  const judge = judgeOf(weighed);
  for (const { name, at, condition } of except) {
    const met = judge(condition);
    if (met.kind === 'unmet') continue;
    return denied({
      by: 'guardrail',
      name,
      at,
      detail: met.kind === 'met' ? `it denies ${callsThat(condition.source)}` : met.detail,
    });
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

function judgeOf({ who, args, at }: Weighed): (condition: CompiledCondition | null) => Met {
  let facts: CallFacts | null = null;
  return (condition) => {
    if (condition === null) return { kind: 'met' };
    const read = args();
    if (read.kind === 'unfit') return { kind: 'failed', detail: read.detail };
    facts ??= { args: read.value, principal: principalOf(who), now: at };
    return condition.met(facts);
  };
}

/** As the audit record has them, so that a decision can be made again from it. */
function principalOf({ kind, user, subject, email, claims }: Identity): Principal {
  return { kind, name: kind === 'robot' ? subject : user, email, groups: claims };
}
