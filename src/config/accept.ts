import { isDeepStrictEqual } from 'node:util';

/** A JSON Schema as it is parsed. */
export type JsonSchema = Readonly<Record<string, unknown>>;

type Accept = (value: unknown) => boolean;

/**
 * Whether values meet a schema without references, and nothing of why not: a hundredth of the time it takes to compile
 * a validator that says it. Null when a keyword is not known here, so that the schema may mean more than is checked.
 */
export function createAccept(schema: JsonSchema): Accept | null {
  const strange = new Set<string>();
  const accept = compile(schema);
  return strange.size === 0 ? accept : null;

  function compile(node: unknown): Accept {
    if (typeof node === 'boolean') return () => node;
    const demands = Object.keys(node as JsonSchema).filter((keyword) => !silent.has(keyword));
    const checks = demands.flatMap((keyword) => {
      const make = keywords[keyword];
      if (make === undefined) strange.add(keyword);
      return make?.(node as Keywords & JsonSchema, compile) ?? [];
    });
    return (value) => checks.every((check) => check(value));
  }
}

/** Keywords that demand nothing by themselves. */
const silent: ReadonlySet<string> = new Set([
  ...['$schema', '$comment', 'title', 'description', 'default', 'examples', 'writeOnly', 'definitions'],
  ...['then', 'else'],
]);

/** The schemas are this package's own, so that the arguments of keywords are of the types that JSON Schema gives them. */
interface Keywords {
  readonly type: string | readonly string[];
  readonly const: unknown;
  readonly enum: readonly unknown[];
  readonly pattern: string;
  readonly minLength: number;
  readonly maxLength: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly items: unknown;
  readonly minItems: number;
  readonly maxItems: number;
  readonly required: readonly string[];
  readonly minProperties: number;
  readonly propertyNames: unknown;
  readonly properties: JsonSchema;
  readonly additionalProperties: unknown;
  readonly oneOf: readonly unknown[];
  readonly if: unknown;
}

type MakeCheck = (schema: Keywords & JsonSchema, compile: (schema: unknown) => Accept) => Accept;

/** A keyword says nothing of values of another type. */
const keywords: Readonly<Record<string, MakeCheck>> = {
  type: ({ type }) => {
    const types = [type].flat().map((name) => isOfType[name]);
    return (value) => types.some((is) => is?.(value) === true);
  },
  const:
    ({ const: wanted }) =>
    (value) =>
      isDeepStrictEqual(value, wanted),
  enum: (schema) => (value) => schema.enum.includes(value),
  pattern: ({ pattern }) => {
    const expression = new RegExp(pattern, 'u');
    return ofText((text) => expression.test(text));
  },
  minLength: ({ minLength }) => ofText((text) => [...text].length >= minLength),
  maxLength: ({ maxLength }) => ofText((text) => [...text].length <= maxLength),
  minimum: ({ minimum }) => ofNumber((number) => number >= minimum),
  maximum: ({ maximum }) => ofNumber((number) => number <= maximum),
  items: ({ items }, compile) => {
    const accept = compile(items);
    return ofList((list) => list.every(accept));
  },
  minItems: ({ minItems }) => ofList((list) => list.length >= minItems),
  maxItems: ({ maxItems }) => ofList((list) => list.length <= maxItems),
  uniqueItems: () => ofList(areDifferent),
  required: ({ required }) => ofMap((map) => required.every((key) => Object.hasOwn(map, key))),
  minProperties: ({ minProperties }) => ofMap((map) => Object.keys(map).length >= minProperties),
  propertyNames: ({ propertyNames }, compile) => {
    const accept = compile(propertyNames);
    return ofMap((map) => Object.keys(map).every(accept));
  },
  properties: ({ properties }, compile) => {
    const checks = Object.entries(properties).map(([key, schema]) => [key, compile(schema)] as const);
    return ofMap((map) => checks.every(([key, accept]) => !Object.hasOwn(map, key) || accept(map[key])));
  },
  additionalProperties: ({ additionalProperties, properties = {} }, compile) => {
    const accept = compile(additionalProperties);
    return ofMap((map) => Object.keys(map).every((key) => Object.hasOwn(properties, key) || accept(map[key])));
  },
  oneOf: ({ oneOf }, compile) => {
    const choices = oneOf.map(compile);
    return (value) => choices.filter((accept) => accept(value)).length === 1;
  },
  if: (schema, compile) => {
    const isMet = compile(schema.if);
    const [met, unmet] = [compile(schema['then'] ?? true), compile(schema['else'] ?? true)];
    return (value) => (isMet(value) ? met : unmet)(value);
  },
};

const isOfType: Readonly<Record<string, Accept>> = {
  object: isMap,
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  integer: Number.isInteger,
  number: Number.isFinite,
  null: (value) => value === null,
};

function ofText(check: (text: string) => boolean): Accept {
  return (value) => typeof value !== 'string' || check(value);
}

function ofNumber(check: (number: number) => boolean): Accept {
  return (value) => typeof value !== 'number' || check(value);
}

function ofList(check: (list: readonly unknown[]) => boolean): Accept {
  return (value) => !Array.isArray(value) || check(value);
}

function ofMap(check: (map: JsonSchema) => boolean): Accept {
  return (value) => !isMap(value) || check(value);
}

function isMap(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function areDifferent(list: readonly unknown[]): boolean {
  if (list.every((item) => typeof item === 'string')) return new Set(list).size === list.length;
  return list.every((item, index) => !list.slice(0, index).some((before) => isDeepStrictEqual(before, item)));
}
