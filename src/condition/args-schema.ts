import type { Condition } from './condition.ts';

export function compileArgs(_schema: object): Condition {
  throw new TypeError('not yet');
}
