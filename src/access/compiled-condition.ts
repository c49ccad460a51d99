import type { Condition } from '../config/configuration.ts';

export interface CallFacts {
  readonly args: unknown;
  readonly principal: Principal;
  readonly now: number;
}
export interface Principal {
  readonly kind: 'person' | 'robot';
  readonly name: string;
  readonly email: string;
  readonly groups: readonly string[];
}
export type Met =
  | { readonly kind: 'met' }
  | { readonly kind: 'unmet'; readonly detail: string }
  | { readonly kind: 'failed'; readonly detail: string };

export interface CompiledCondition {
  readonly source: Condition;
  readonly words: string;
  met(facts: CallFacts): Met;
}

export function compileOnDemand(source: Condition): CompiledCondition {
  return { source, words: '', met: () => ({ kind: 'failed', detail: 'conditions are not judged yet' }) };
}
