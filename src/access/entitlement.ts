import type { Condition } from '../config/configuration.ts';
import type { Access, Alternative } from './compile.ts';
import { type Question, verdictOf } from './decide.ts';
import type { Allow, Deny } from './decision.ts';
import { byPlace } from './place-order.ts';

/** What somebody may do with one tool over all arguments: what a list shows and what a plan compares. */
export type Entitlement =
  | { readonly kind: 'none'; readonly decision: Deny }
  | {
      readonly kind: 'some';
      /** Alternatives, by place, none twice: one is enough. An unconditional grant gives exactly `[null]`. */
      readonly conditions: readonly (Condition | null)[];
      /** Guardrails' conditions, by the guardrails' places: each still takes away the calls that meet it. */
      readonly except: readonly Condition[];
      /** Until when at least all this holds, epoch milliseconds; null when no date ends any of it. */
      readonly until: number | null;
      readonly decision: Allow;
    };

/** The entitlement that `decide` weighs arguments against; equal for all whose rights have equal keys. */
export function entitlementOf(access: Access, question: Omit<Question, 'args'>): Entitlement {
  const { decision, terms } = verdictOf(access, question);
  if (decision.effect === 'deny') return { kind: 'none', decision };
  const { until } = decision;
  if (terms === null) return { kind: 'some', conditions: [null], except: [], until, decision };
  const except = terms.except.map(({ condition }) => condition.source);
  if (terms.alternatives.at(-1)?.condition === null)
    return { kind: 'some', conditions: [null], except, until, decision };
  const { alternatives } = terms;
  const conditions = [...new Set(alternatives.flatMap(({ condition }) => condition?.source ?? []))];
  return {
    kind: 'some',
    conditions: conditions.sort(byPlace),
    except,
    until: firstEnd(alternatives),
    decision,
  };
}

/** Of several grants of one condition the first in deciding order ends last. */
function firstEnd(alternatives: readonly Alternative[]): number | null {
  const ends = new Map<Condition | undefined, number>();
  for (const { condition, allow } of alternatives) {
    if (!ends.has(condition?.source)) ends.set(condition?.source, allow.until ?? Number.POSITIVE_INFINITY);
  }
  const end = Math.min(...ends.values());
  return end === Number.POSITIVE_INFINITY ? null : end;
}
