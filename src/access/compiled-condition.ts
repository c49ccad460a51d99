import { type CallFacts, compileCondition, type Met } from '../condition/condition.ts';
import type { Condition } from '../config/configuration.ts';

/** A condition of the policy, ready to be asked. */
export interface CompiledCondition {
  readonly source: Condition;
  met(facts: CallFacts): Met;
}

/** Compiles at the first question and once: most commands ask about few of the policy's conditions. */
export function compileOnDemand(source: Condition): CompiledCondition {
  let compiled: ((facts: CallFacts) => Met) | null = null;
  return {
    source,
    met(facts) {
      compiled ??= compileCondition(source);
      return compiled(facts);
    },
  };
}

/** An expression or schema is told in so many characters at most. */
const wordsMax = 200;

/** `calls where args.limit > 100`: which calls a condition is about, for a person to read. */
export function callsThat({ when, args }: Pick<Condition, 'when' | 'args'>): string {
  const parts = [
    ...(when === null ? [] : [`where ${clippedLine(when)}`]),
    ...(args === null ? [] : [`whose arguments meet ${clippedLine(JSON.stringify(args))}`]),
  ];
  return `calls ${parts.join(' and ')}`;
}

/** As much of an expression or schema as fits a sentence. */
export function clippedLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > wordsMax ? `${line.slice(0, wordsMax)}…` : line;
}
