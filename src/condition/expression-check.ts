import type { ASTNode, Environment, ErrorLocation, TypeCheckResult } from '@marcbachmann/cel-js';
import { ParseError, serialize } from '@marcbachmann/cel-js';
import { createEnvironment, principalFields } from './expression.ts';
import { argumentOf, type Call, everyNode, type Survey, surveyOf } from './expression-tree.ts';
import type { CheckedTool, Fault } from './fault.ts';
import { type ArgumentTypes, argumentTypesOf, propertyNames } from './input-schema.ts';
import { createPatterns, faultOfPattern } from './pattern.ts';

/** Longest expression, in UTF-8 bytes. */
const expressionBytesMax = 4_096;
/** Loops inside one another that go through lists of their own. */
const loopDepthMax = 2;

/** What an expression may call: nothing whose result outgrows what it is given, so no `map`, `join` or `bytes`. */
const functions: readonly string[] = ['has', 'size', 'string', 'int', 'double', 'bool', 'timestamp', 'duration', 're2'];
const variables: readonly string[] = ['args', 'principal', 'now'];
const methods: readonly string[] = [
  ...['all', 'exists', 'exists_one', 'filter', 'size', 'startsWith', 'endsWith', 'contains', 'indexOf', 'substring'],
  ...['lowerAscii', 'upperAscii', 'trim', 'split', 'getFullYear', 'getMonth', 'getDate', 'getDayOfMonth'],
  ...['getDayOfWeek', 'getHours', 'getMinutes', 'getSeconds'],
];

/** An expression that can be evaluated, or what is wrong with it; `where` is an offset into the text. */
export type CheckedExpression =
  | { readonly kind: 'sound'; readonly survey: Survey }
  | { readonly kind: 'wrong'; readonly fault: Fault<number> };

/** Checks syntax, names and types; against the arguments of `tool`, or without knowing any of them. */
export function checkExpression(text: string, tool: CheckedTool | null): CheckedExpression {
  if (Buffer.byteLength(text) > expressionBytesMax) {
    const message = `expected an expression of at most ${expressionBytesMax} bytes, found a longer one`;
    return { kind: 'wrong', fault: fault(0, message) };
  }
  const environment = createEnvironment(createPatterns());
  environment.registerVariable({ name: 'args', ...argumentsType(tool) });
  try {
    const parsed = environment.parse(text);
    const survey = surveyOf(parsed.ast);
    const [first] = faultsOf({ text, tool, survey, tree: parsed.ast, environment });
    return first === undefined ? { kind: 'sound', survey } : { kind: 'wrong', fault: first };
  } catch (error) {
    if (error instanceof ParseError) return { kind: 'wrong', fault: faultOfSyntax(error) };
    // Thousands of operators inside one another exhaust the stack.
    if (error instanceof RangeError) return { kind: 'wrong', fault: fault(0, 'expected a simpler expression') };
    throw error;
  }
}

interface Checking {
  readonly text: string;
  readonly tool: CheckedTool | null;
  readonly survey: Survey;
  readonly tree: ASTNode;
  readonly environment: Environment;
}

/** The arguments' type: an object of its own when the tool's schema tells all names. */
function argumentsType(tool: CheckedTool | null): { readonly schema: ArgumentTypes } | { readonly type: string } {
  const types = tool === null ? null : argumentTypesOf(tool.inputSchema);
  return types === null ? { type: 'map<string, dyn>' } : { schema: types };
}

/** The nearest to the start of a chain of causes comes first: what is not there has no type. */
function* faultsOf({ text, tool, survey, tree, environment }: Checking): Generator<Fault<number>> {
  for (const call of survey.calls) yield* faultsOfCall(call, text);
  if (survey.depth > loopDepthMax) {
    yield fault(
      tree.pos,
      `expected at most ${loopDepthMax} loops over lists inside one another, found ${survey.depth}`,
    );
  }
  yield* faultsOfNames(tree, tool);
  // The library looks at what has() asks for only when a call comes.
  for (const {
    args: [path],
  } of survey.calls.filter(({ name }) => name === 'has')) {
    if (path === undefined || path.op !== '.') continue;
    const { error } = environment.check(serialize(path));
    if (error !== undefined) yield faultOfTypes(error, path.pos);
  }
  const { type, error } = environment.check(text);
  if (error !== undefined) yield faultOfTypes(error, error.range?.start ?? 0);
  else if (type !== 'bool' && type !== 'dyn') {
    yield fault(tree.range.start, `expected an expression that is true or false, found one of type ${typeText(type)}`);
  }
}

function* faultsOfCall({ name, node, receiver, args }: Call, text: string): Generator<Fault<number>> {
  const where = receiver === null ? node.pos : text.indexOf(name, receiver.range.end);
  const known = receiver === null ? functions : methods;
  if (name === 'matches' && receiver !== null) {
    yield {
      ...fault(where, 'expected a function that takes bounded time, found matches'),
      hint: `write re2(${[receiver, ...args].map(serialize).join(', ')})`,
    };
  } else if (!known.includes(name)) {
    const kind = receiver === null ? 'function' : 'method';
    const message = `expected a ${kind} that conditions have, found ${name}`;
    yield { ...fault(where, message), word: name, known };
  } else if (name === 're2') {
    yield* faultsOfPattern(args[1] ?? node);
  }
}

function* faultsOfPattern({ op, args, pos }: ASTNode): Generator<Fault<number>> {
  if (op !== 'value' || typeof args !== 'string') {
    yield fault(pos, 'expected a pattern in quotes as the second value of re2');
    return;
  }
  const reason = faultOfPattern(args);
  if (reason !== null) yield { ...fault(pos, `expected a pattern in the syntax of RE2, found one with ${reason}`) };
}

function* faultsOfNames(tree: ASTNode, tool: CheckedTool | null): Generator<Fault<number>> {
  const names = tool === null ? null : propertyNames(tool.inputSchema);
  if (tool === null || names === null) return;
  for (const node of everyNode(tree)) {
    const name = argumentOf(node);
    if (name === null || names.includes(name)) continue;
    const where = node.op === '[]' ? node.args[1].pos : node.pos;
    yield { ...fault(where, `expected an argument of ${tool.name}, found ${name}`), word: name, known: names };
  }
}

function faultOfTypes(error: NonNullable<TypeCheckResult['error']>, where: number): Fault<number> {
  const { code, summary } = error;
  const name = /^(?:No such key|Unknown variable): (.*)$/.exec(summary)?.[1] ?? '';
  if (code === 'unknown_variable') {
    return { ...fault(where, `expected args, principal or now, found ${name}`), word: name, known: variables };
  }
  if (code === 'no_such_key') {
    const known = isOfPrincipal(error.node) ? principalFields : [];
    return { ...fault(where, `expected a name that is there, found ${name}`), word: name, known };
  }
  const found = /^(?:no such overload: |found no matching overload for ')(.*?)'?$/.exec(summary)?.[1];
  if (found === undefined) return fault(where, `not a valid expression: ${uncapitalised(typeText(summary))}`);
  const hint = found.endsWith(' in $args') ? 'write has(args.NAME)' : '';
  return { ...fault(where, `expected types that go together, found ${typeText(found)}`), hint };
}

function isOfPrincipal(node: ErrorLocation | ASTNode | undefined): boolean {
  const [root] = node?.op === '.' ? (node.args as readonly [ASTNode, string]) : [];
  return root?.op === 'id' && root.args === 'principal';
}

function faultOfSyntax({ summary, range }: ParseError): Fault<number> {
  const where = range?.start ?? 0;
  if (summary.startsWith('Exceeded max')) return fault(where, 'expected a simpler expression');
  return fault(where, `not a valid expression: ${uncapitalised(summary.replace(/\bEOF$/, 'the end'))}`);
}

function uncapitalised(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}

/** The library's names for types, as an author writes them. */
function typeText(text = ''): string {
  return text.replaceAll('$args', 'args').replaceAll('google.protobuf.Timestamp', 'timestamp');
}

function fault(where: number, message: string): Fault<number> {
  return { where, message, hint: '', word: '', known: [] };
}
