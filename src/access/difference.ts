import { type AccessDifference, compareAccess } from './difference-access.ts';
import type { WrittenSide } from './difference-facts.ts';
import { compareGuardrails, type GuardrailChange } from './difference-guardrails.ts';
import { compareSettings, type SettingChange } from './difference-settings.ts';

/** From harmless to worst; the verdict on a change is the worst of its parts. */
export const verdicts = ['none', 'narrows', 'widens', 'widens-destructive', 'relaxes-guardrail'] as const;

export type PlanVerdict = (typeof verdicts)[number];

/** All that differs between two policies. */
export interface Difference extends AccessDifference {
  readonly verdict: PlanVerdict;
  readonly guardrails: readonly GuardrailChange[];
  readonly settings: readonly SettingChange[];
}

/**
 * What a change of the files does, compared as from `at` (epoch milliseconds). What widens in one place and narrows in
 * another widens; a condition or date that may let more through widens; a guardrail that takes away less relaxes,
 * whoever that lets in today.
 */
export function differenceOf(base: WrittenSide, head: WrittenSide, at: number): Difference {
  const access = compareAccess({ base: base.world, head: head.world, at });
  const guardrails = compareGuardrails(base.world.configuration.policy, head.world.configuration.policy);
  const settings = compareSettings(base, head);
  const words = [
    ...access.changes.map(accessVerdict),
    ...guardrails.map(guardrailVerdict),
    ...settings.map(({ effect }) => effect),
  ];
  return { ...access, guardrails, settings, verdict: worstOf(words) };
}

export function accessVerdict({ direction, class: toolClass }: AccessDifference['changes'][number]): PlanVerdict {
  if (direction === 'narrower') return 'narrows';
  return toolClass === 'destructive' ? 'widens-destructive' : 'widens';
}

export function guardrailVerdict({ change }: GuardrailChange): PlanVerdict {
  return change === 'removed' || change === 'weakened' ? 'relaxes-guardrail' : 'narrows';
}

function worstOf(words: readonly PlanVerdict[]): PlanVerdict {
  return verdicts.findLast((word) => words.includes(word)) ?? 'none';
}
