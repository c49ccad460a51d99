import { compileArgs } from './args-schema.ts';
import { compileExpression } from './expression.ts';

/** One call, as far as a condition may look at it. */
export interface CallFacts {
  /** The parsed arguments; `{}` when the call has none. */
  readonly args: unknown;
  readonly principal: Principal;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Who calls, as `principal` in an expression. */
export interface Principal {
  readonly kind: 'person' | 'robot';
  readonly name: string;
  readonly email: string;
  /** Values of the token's groups claim. */
  readonly groups: readonly string[];
}

/**
 * Whether a call meets a condition; `failed` when that cannot be told. `detail` is one part of a sentence that a
 * client may read, such as `args.warehouse must be one of WH_RO_XS`. It never holds an argument's value.
 */
export type Met =
  | { readonly kind: 'met' }
  | { readonly kind: 'unmet'; readonly detail: string }
  | { readonly kind: 'failed'; readonly detail: string };

/** A compiled condition. Never throws. */
export type Meets = (facts: CallFacts) => Met;

/** Prepares a condition that has been checked; every part that is there must hold. Throws for one that is wrong. */
export function compileCondition(condition: { readonly args: object | null; readonly when: string | null }): Meets {
  const parts = [
    ...(condition.args === null ? [] : [compileArgs(condition.args)]),
    ...(condition.when === null ? [] : [compileExpression(condition.when)]),
  ];
  return (facts) => {
    for (const part of parts) {
      const met = part(facts);
      if (met.kind !== 'met') return met;
    }
    return { kind: 'met' };
  };
}
