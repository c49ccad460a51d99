import type { ASTNode } from '@marcbachmann/cel-js';
import { caseFolded } from '../protocol/case-fold.ts';
import { everyNode } from './expression-tree.ts';
import { isObject } from './input-schema.ts';

/** Names of arguments that a condition asks for, and in each those it asks for inside; lists are looked through. */
export type AskedNames = ReadonlyMap<string, AskedNames>;

type Growing = Map<string, Growing>;

/** Of a schema, as far as it names properties one inside another. */
export function namesInSchema(schema: unknown): AskedNames {
  const names: Growing = new Map();
  addSchema(schema, names);
  return names;
}

function addSchema(schema: unknown, names: Growing): void {
  if (!isObject(schema)) return;
  const { properties, required, items } = schema;
  for (const name of Array.isArray(required) ? required : []) inside(names, [String(name)]);
  for (const [name, inner] of isObject(properties) ? Object.entries(properties) : []) {
    addSchema(inner, inside(names, [name]));
  }
  addSchema(items, names);
}

/** Of an expression: `args.head.sha`, `args["head"]`, `"head" in args`. */
export function namesInExpression(tree: ASTNode): AskedNames {
  const names: Growing = new Map();
  for (const node of everyNode(tree)) inside(names, pathOf(node) ?? []);
  return names;
}

/** Null for what is no path into the arguments. */
function pathOf({ op, args }: ASTNode): readonly string[] | null {
  if (op === 'id') return args === 'args' ? [] : null;
  if (op !== '.' && op !== '[]' && op !== 'in') return null;
  const [root, step] = op === 'in' ? [args[1], args[0]] : args;
  const path = pathOf(root);
  const name = typeof step === 'string' ? step : step.op === 'value' ? step.args : null;
  return path !== null && typeof name === 'string' ? [...path, name] : path;
}

function inside(names: Growing, path: readonly string[]): Growing {
  let place = names;
  for (const name of path) {
    const next: Growing = place.get(name) ?? new Map();
    place.set(name, next);
    place = next;
  }
  return place;
}

/**
 * A name that is asked for where the arguments hold it in other letters too or instead, or null. The call cannot be
 * judged then: some servers take one for the other.
 */
export function misspeltIn(args: unknown, asked: AskedNames): string | null {
  if (asked.size === 0) return null;
  if (Array.isArray(args)) return firstOf(args, (item) => misspeltIn(item, asked));
  if (!isObject(args)) return null;
  const others = Object.keys(args).filter((name) => !asked.has(name));
  const folded = new Set(others.map(caseFolded));
  return firstOf([...asked], ([name, inner]) =>
    folded.has(caseFolded(name)) ? name : misspeltIn(Object.hasOwn(args, name) ? args[name] : null, inner),
  );
}

function firstOf<T>(items: readonly T[], find: (item: T) => string | null): string | null {
  for (const item of items) {
    const found = find(item);
    if (found !== null) return found;
  }
  return null;
}

/** Shows what a condition asks for, never what a caller sent. */
export function misspeltText(name: string): string {
  return `the arguments hold a name that differs from ${name} only in case`;
}
