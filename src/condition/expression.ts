import { type ASTNode, Environment, EvaluationError, type ParseResult, serialize } from '@marcbachmann/cel-js';
import { viewOf } from './argument-view.ts';
import { misspeltIn, misspeltText, namesInExpression } from './asked-names.ts';
import type { CallFacts, Meets, Met } from './condition.ts';
import { type Survey, surveyOf } from './expression-tree.ts';
import { createPatterns, type Patterns } from './pattern.ts';

/** Parts of an expression; it also bounds how deep operators may be inside one another. */
const nodesMax = 1_000;
/** Steps that an evaluation may take, reckoned from the size of the arguments before it begins. */
const stepsMax = 10_000_000;
/** Characters of an expression shown to a client. */
const shownMax = 120;

/** Compiles an expression that `checkExpression` has accepted. Throws for one that cannot be parsed. */
export function compileExpression(text: string): Meets {
  const patterns = createPatterns();
  const evaluate = createEnvironment(patterns).registerVariable('args', 'dyn').parse(text);
  const survey = surveyOf(evaluate.ast);
  const asked = namesInExpression(evaluate.ast);
  const shown = shownText(text);
  return (facts) => {
    try {
      const misspelt = misspeltIn(facts.args, asked);
      if (misspelt !== null) return { kind: 'failed', detail: misspeltText(misspelt) };
      patterns.restart();
      return evaluateBounded({ evaluate, survey, shown }, facts);
    } catch (error) {
      return { kind: 'failed', detail: `whether ${shown} holds cannot be told: ${reasonOf(error)}` };
    }
  };
}

interface Compiled {
  readonly evaluate: ParseResult;
  readonly survey: Survey;
  readonly shown: string;
}

function evaluateBounded({ evaluate, survey, shown }: Compiled, { args, principal, now }: CallFacts): Met {
  const view = viewOf(args, survey.mentioned);
  if (survey.loops > 0 && survey.loops * view.weight ** (survey.depth + 1) > stepsMax) {
    return { kind: 'failed', detail: `whether ${shown} holds cannot be told: the arguments are too large for it` };
  }
  const result: unknown = evaluate({ args: view.value, principal, now: new Date(now) });
  if (result === true) return { kind: 'met' };
  const detail = `${shown} does not hold`;
  return result === false
    ? { kind: 'unmet', detail }
    : { kind: 'failed', detail: `${shown} is neither true nor false` };
}

const principalTypes = { kind: 'string', name: 'string', email: 'string', groups: 'list<string>' };
export const principalFields: readonly string[] = Object.keys(principalTypes);

/** The variables but for `args`, whose type depends on the tool, and the functions. */
export function createEnvironment(patterns: Patterns): Environment {
  return new Environment({ homogeneousAggregateLiterals: false, limits: { maxAstNodes: nodesMax } })
    .registerVariable({ name: 'principal', schema: principalTypes })
    .registerVariable('now', 'google.protobuf.Timestamp')
    .registerFunction('re2(string, string): bool', (value: string, pattern: string) =>
      patterns.compile(pattern).test(value),
    );
}

/** In words that hold nothing of the arguments, which the library's own may quote. */
function reasonOf(error: unknown): string {
  if (error instanceof EvaluationError && error.code === 'no_such_key' && isPath(error.node)) {
    return `there is no ${serialize(error.node)}`;
  }
  return 'a value is missing, too large or not of the kind it needs';
}

/** Whether a node is `a.b.c`, which shows no value. */
function isPath(node: ASTNode | undefined): node is ASTNode {
  return node?.op === 'id' || (node?.op === '.' && isPath(node.args[0]));
}

function shownText(text: string): string {
  const line = text.trim().replace(/\s+/g, ' ');
  return line.length > shownMax ? `${line.slice(0, shownMax)}…` : line;
}
