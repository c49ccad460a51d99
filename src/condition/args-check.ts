import { compileSchema } from './args-schema.ts';
import type { CheckedTool, Fault } from './fault.ts';
import { isObject, propertyNames } from './input-schema.ts';
import { createPatterns, faultOfPattern } from './pattern.ts';

/** Longest schema, in UTF-8 bytes of JSON. */
const schemaBytesMax = 16_384;

/** Where in a schema: keys and list indices. */
export type SchemaPath = readonly (string | number)[];

/** How a keyword's value is read. */
type Reading = 'value' | 'words' | 'schema' | 'schemas' | 'named schemas';

/**
 * The keywords of JSON Schema that `args` may use. References are not among them, because a reviewer sees what is asked
 * only where it is written, nor `uniqueItems`, which takes time quadratic in what a caller sends.
 */
const keywords: Readonly<Record<string, Reading>> = {
  type: 'value',
  enum: 'value',
  const: 'value',
  minimum: 'value',
  maximum: 'value',
  exclusiveMinimum: 'value',
  exclusiveMaximum: 'value',
  multipleOf: 'value',
  minLength: 'value',
  maxLength: 'value',
  pattern: 'value',
  minItems: 'value',
  maxItems: 'value',
  minProperties: 'value',
  maxProperties: 'value',
  required: 'value',
  title: 'words',
  description: 'words',
  default: 'words',
  examples: 'words',
  $comment: 'words',
  additionalProperties: 'schema',
  propertyNames: 'schema',
  items: 'schema',
  contains: 'schema',
  not: 'schema',
  allOf: 'schemas',
  anyOf: 'schemas',
  oneOf: 'schemas',
  prefixItems: 'schemas',
  properties: 'named schemas',
  patternProperties: 'named schemas',
};

/** Says what is wrong with a schema by itself, and with the names in it when the tool is known. */
export function checkArgs(schema: object, tool: CheckedTool | null): Fault<SchemaPath> | null {
  if (Buffer.byteLength(JSON.stringify(schema)) > schemaBytesMax) {
    return fault([], `expected a schema of at most ${schemaBytesMax} bytes as JSON, found a larger one`);
  }
  const [first] = [...faultsOfSchema(schema, [])];
  if (first !== undefined || tool === null) return first ?? null;
  const [stray] = faultsOfNames(schema, { ...tool, path: [] });
  return stray ?? null;
}

function* faultsOfSchema(schema: unknown, path: SchemaPath): Generator<Fault<SchemaPath>> {
  if (typeof schema === 'boolean') return;
  if (!isObject(schema)) {
    yield fault(path, 'expected a schema here, a map or true or false');
    return;
  }
  for (const [keyword, value] of Object.entries(schema)) yield* faultsOfKeyword(keyword, value, [...path, keyword]);
}

function* faultsOfKeyword(keyword: string, value: unknown, path: SchemaPath): Generator<Fault<SchemaPath>> {
  const reading = Object.hasOwn(keywords, keyword) ? keywords[keyword] : undefined;
  switch (reading) {
    case undefined:
      yield {
        ...fault(path, `expected a keyword of JSON Schema that args may use, found ${keyword}`),
        word: keyword,
        known: Object.keys(keywords),
      };
      break;
    case 'value':
      yield* faultsOfValue({ [keyword]: value }, path);
      break;
    case 'schema':
      yield* faultsOfSchema(value, path);
      break;
    case 'schemas':
      if (!Array.isArray(value) || value.length === 0) yield fault(path, `expected a list of schemas under ${keyword}`);
      else for (const [index, inner] of value.entries()) yield* faultsOfSchema(inner, [...path, index]);
      break;
    case 'named schemas':
      if (!isObject(value)) yield fault(path, `expected a map of names to schemas under ${keyword}`);
      else for (const [name, inner] of Object.entries(value)) yield* faultsOfNamed(name, inner, path);
      break;
    case 'words':
      break;
    default:
      reading satisfies never;
  }
}

function* faultsOfNamed(name: string, schema: unknown, path: SchemaPath): Generator<Fault<SchemaPath>> {
  if (path.at(-1) === 'patternProperties') yield* faultsOfValue({ pattern: name }, [...path, name]);
  yield* faultsOfSchema(schema, [...path, name]);
}

function* faultsOfValue(schema: Readonly<Record<string, unknown>>, path: SchemaPath): Generator<Fault<SchemaPath>> {
  const { pattern } = schema;
  const reason = typeof pattern === 'string' ? faultOfPattern(pattern) : null;
  if (reason !== null) yield fault(path, `expected a pattern in the syntax of RE2, found one with ${reason}`);
  else if (!isSchema(schema)) yield fault(path, `expected another value of ${Object.keys(schema).join()}`);
}

function isSchema(schema: object): boolean {
  try {
    compileSchema(schema, createPatterns());
    return true;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return false;
  }
}

interface NamesOfTool extends CheckedTool {
  readonly path: SchemaPath;
}

/** Names that the tool's own schema does not have, so that the condition would ask for something no call has. */
function* faultsOfNames(schema: unknown, { name, inputSchema, path }: NamesOfTool): Generator<Fault<SchemaPath>> {
  const known = propertyNames(inputSchema);
  if (known === null || !isObject(schema)) return;
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  const required: readonly unknown[] = Array.isArray(schema['required']) ? schema['required'] : [];
  const places = [
    ...Object.keys(properties).map((word) => ({ word, where: [...path, 'properties', word] })),
    ...required.map((word, index) => ({ word: String(word), where: [...path, 'required', index] })),
  ];
  for (const { word, where } of places) {
    if (!known.includes(word)) yield { ...fault(where, `expected an argument of ${name}, found ${word}`), word, known };
  }
  const own = (inputSchema as { readonly properties: Readonly<Record<string, unknown>> }).properties;
  for (const [word, inner] of Object.entries(properties)) {
    const inside = { name: `${name}'s ${word}`, inputSchema: own[word], path: [...path, 'properties', word] };
    yield* faultsOfNames(inner, inside);
  }
}

function fault(where: SchemaPath, message: string): Fault<SchemaPath> {
  return { where, message, hint: '', word: '', known: [] };
}
