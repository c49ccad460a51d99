import type { Condition } from './condition.ts';

export function compileExpression(_text: string): Condition {
  throw new TypeError('not yet');
}
