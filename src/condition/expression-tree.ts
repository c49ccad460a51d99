import type { ASTNode } from '@marcbachmann/cel-js';

/** Methods that go through a list. */
const loops: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'filter']);
/** Functions that ask about an argument without looking at its text. */
const blind: ReadonlySet<string> = new Set(['has', 'size', ...loops]);

/** A call of a function, or of a method with its receiver. */
export interface Call {
  readonly name: string;
  readonly node: ASTNode;
  readonly receiver: ASTNode | null;
  readonly args: readonly ASTNode[];
}

/** What an expression does, as far as its text says it. */
export interface Survey {
  readonly calls: readonly Call[];
  /** Arguments it mentions by name; null when it looks at the arguments as a whole. */
  readonly mentioned: ReadonlySet<string> | null;
  /** Arguments whose text it looks into. */
  readonly inspected: ReadonlySet<string>;
  /** Loops in all, and how many are inside one another that go through lists of their own. */
  readonly loops: number;
  readonly depth: number;
}

export function surveyOf(tree: ASTNode): Survey {
  const nodes = [...everyNode(tree)];
  const calls = nodes.flatMap((node) => callOf(node) ?? []);
  return {
    calls,
    mentioned: mentionedIn(tree),
    inspected: new Set(calls.flatMap(inspectedBy)),
    loops: calls.filter(isLoop).length,
    depth: depthOf(tree),
  };
}

function callOf(node: ASTNode): Call | null {
  if (node.op === 'call') return { name: node.args[0], node, receiver: null, args: node.args[1] };
  return node.op === 'rcall' ? { name: node.args[0], node, receiver: node.args[1], args: node.args[2] } : null;
}

function isLoop({ name, receiver }: Call): boolean {
  return receiver !== null && loops.has(name);
}

function inspectedBy(call: Call): readonly string[] {
  if (blind.has(call.name)) return [];
  return childrenOf(call.node).flatMap((child) => [...(mentionedIn(child) ?? [])]);
}

function mentionedIn(tree: ASTNode): ReadonlySet<string> | null {
  const names = new Set<string>();
  const parents = new Map<ASTNode, ASTNode>();
  for (const node of everyNode(tree)) {
    for (const child of childrenOf(node)) parents.set(child, node);
    if (node.op !== 'id' || node.args !== 'args') continue;
    const parent = parents.get(node);
    const name = parent === undefined ? null : argumentOf(parent);
    if (name === null) return null;
    names.add(name);
  }
  return names;
}

/** The name of the argument that `args.name` or `args["name"]` means. */
export function argumentOf({ op, args }: ASTNode): string | null {
  if (op !== '.' && op !== '[]') return null;
  const [root, key] = args;
  if (root.op !== 'id' || root.args !== 'args') return null;
  if (typeof key === 'string') return key;
  return key.op === 'value' && typeof key.args === 'string' ? key.args : null;
}

/**
 * How deep loops multiply. One through what an outer loop stands at adds nothing: all its rounds together are as many
 * as there are things.
 */
function depthOf(node: ASTNode): number {
  const call = callOf(node);
  if (call === null || call.receiver === null || !isLoop(call)) return deepest(childrenOf(node));
  const own = hasVariableOfLoop(call.receiver) ? 0 : 1;
  return Math.max(depthOf(call.receiver), own + deepest(call.args));
}

function deepest(nodes: readonly ASTNode[]): number {
  return Math.max(0, ...nodes.map(depthOf));
}

function hasVariableOfLoop(range: ASTNode): boolean {
  const names = [...everyNode(range)].flatMap(({ op, args }) => (op === 'id' ? [args] : []));
  return names.length > 0 && !names.includes('args');
}

/** A node before what is in it. */
export function* everyNode(tree: ASTNode): Generator<ASTNode> {
  yield tree;
  for (const child of childrenOf(tree)) yield* everyNode(child);
}

function childrenOf(node: ASTNode): readonly ASTNode[] {
  switch (node.op) {
    case 'value':
    case 'id':
      return [];
    case '.':
    case '.?':
      return [node.args[0]];
    case '!_':
    case '-_':
      return [node.args];
    case 'call':
      return node.args[1];
    case 'rcall':
      return [node.args[1], ...node.args[2]];
    case 'map':
      return node.args.flat();
    default:
      return node.args;
  }
}
