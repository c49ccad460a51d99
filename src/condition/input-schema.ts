/** An object's properties with their CEL types, as the library's `schema` takes them. */
export interface ArgumentTypes {
  readonly [name: string]: string | ArgumentTypes;
}

/** Deeper in a schema every value may be anything. */
const levelsMax = 8;

/**
 * The CEL types of a tool's arguments; null when they may have names the schema does not tell. Numbers are `dyn`: JSON
 * does not say whether one is an int or a double, and `limit == 50` holds for both only when that is left open.
 */
export function argumentTypesOf(inputSchema: unknown): ArgumentTypes | null {
  const types = typeOf(inputSchema, levelsMax);
  return typeof types === 'object' ? types : null;
}

function typeOf(schema: unknown, levels: number): string | ArgumentTypes {
  if (levels === 0 || !isObject(schema) || isComposed(schema)) return 'dyn';
  switch (schema['type']) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    case 'array':
      return listOf(typeOf(schema['items'], levels - 1));
    case 'object':
      return propertiesOf(schema, levels);
    default:
      return 'dyn';
  }
}

function listOf(item: string | ArgumentTypes): string {
  return `list<${typeof item === 'string' ? item : 'dyn'}>`;
}

function propertiesOf(schema: Readonly<Record<string, unknown>>, levels: number): string | ArgumentTypes {
  const names = propertyNames(schema);
  if (names === null) return 'map<string, dyn>';
  const properties = schema['properties'] as Readonly<Record<string, unknown>>;
  return Object.fromEntries(names.map((name) => [name, typeOf(properties[name], levels - 1)]));
}

/**
 * The names an object may have, null when they are open. A schema that lists properties and says nothing of others
 * means no others here: a condition on a name that no tool heeds is a slip of the pen.
 */
export function propertyNames(schema: unknown): readonly string[] | null {
  if (!isObject(schema) || isComposed(schema) || !isObject(schema['properties'])) return null;
  const more = schema['additionalProperties'];
  if (schema['patternProperties'] !== undefined || (more !== undefined && more !== false)) return null;
  return Object.keys(schema['properties']);
}

/** Whether other schemas have a say, which may name more properties. */
function isComposed(schema: Readonly<Record<string, unknown>>): boolean {
  return ['$ref', '$dynamicRef', 'allOf', 'anyOf', 'oneOf', 'if', 'dependentSchemas'].some((word) => word in schema);
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
