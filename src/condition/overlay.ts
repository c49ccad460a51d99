import { isDeepStrictEqual } from 'node:util';
import { isObject } from './input-schema.ts';
import { createPatterns } from './pattern.ts';

type Schema = Readonly<Record<string, unknown>>;

/** What one or several conditions ask of arguments together. */
interface Demand {
  readonly properties: ReadonlyMap<string, unknown>;
  readonly required: readonly string[];
}

/** Keywords that ask something of a value whatever stands beside them; two schemas without a common one can be one. */
const independent: ReadonlySet<string> = new Set([
  ...['type', 'enum', 'const', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  ...['minLength', 'maxLength', 'pattern', 'minItems', 'maxItems', 'minProperties', 'maxProperties', 'required', 'not'],
]);
const words: ReadonlySet<string> = new Set(['title', 'description', 'default', 'examples', '$comment']);

/**
 * A tool's input schema as somebody should see it whose calls must meet any one of `overlays`; none changes nothing.
 * One is laid over exactly. Of several only what all of them ask is there, so that some calls it lets through meet
 * none. Properties are joined one by one: clients refuse `allOf`, `anyOf` and `oneOf` at the root.
 */
export function overlaySchema(inputSchema: unknown, overlays: readonly object[]): Record<string, unknown> {
  const schema: Schema = isObject(inputSchema) ? inputSchema : { type: 'object' };
  const { properties, required } = common(overlays.map(demandOf));
  if (properties.size + required.length === 0) return { ...schema };
  const own: Schema = isObject(schema['properties']) ? schema['properties'] : {};
  const joined = [...properties].map(([name, demand]) => [name, join(ruleFor(name, schema), demand)] as const);
  const ownRequired = Array.isArray(schema['required']) ? schema['required'] : [];
  const allRequired = [...new Set([...ownRequired, ...required])];
  return {
    ...schema,
    type: 'object',
    properties: Object.fromEntries([...Object.entries(own), ...joined]),
    ...(allRequired.length > 0 && { required: allRequired }),
  };
}

function demandOf(overlay: object): Demand {
  const { properties = {}, required = [] } = overlay as { properties?: Schema; required?: readonly string[] };
  return { properties: new Map(Object.entries(properties)), required };
}

/** What every one of the demands asks. */
function common(demands: readonly Demand[]): Demand {
  const [first, ...others] = demands;
  if (first === undefined) return { properties: new Map(), required: [] };
  const shared = [...first.properties.keys()].filter((name) => others.every(({ properties }) => properties.has(name)));
  return {
    properties: new Map(shared.map((name) => [name, anyOf(demands.map(({ properties }) => properties.get(name)))])),
    required: first.required.filter((name) => others.every(({ required }) => required.includes(name))),
  };
}

function anyOf(schemas: readonly unknown[]): unknown {
  const different = schemas.filter((schema, index) => schemas.findIndex(isSame(schema)) === index);
  const [only, ...more] = different;
  if (more.length === 0) return only;
  const choices = different.map(choicesOf);
  if (choices.every((values) => values !== null)) return { enum: union(choices.flat()) };
  return { anyOf: different };
}

/** The values of a schema that is nothing but a choice. */
function choicesOf(schema: unknown): readonly unknown[] | null {
  if (!isObject(schema) || Object.keys(schema).length !== 1) return null;
  if ('const' in schema) return [schema['const']];
  return Array.isArray(schema['enum']) ? schema['enum'] : null;
}

function union(values: readonly unknown[]): readonly unknown[] {
  return values.filter((value, index) => values.findIndex(isSame(value)) === index);
}

function isSame(value: unknown): (other: unknown) => boolean {
  return (other) => isDeepStrictEqual(value, other);
}

/** What the tool asks of a property that it names, or else allows or refuses among all others. */
function ruleFor(name: string, { properties, patternProperties, additionalProperties = true }: Schema): unknown {
  if (isObject(properties) && Object.hasOwn(properties, name)) return properties[name];
  const patterns = isObject(patternProperties) ? Object.keys(patternProperties) : [];
  return patterns.some((pattern) => matches(pattern, name)) ? true : additionalProperties;
}

/** A pattern that RE2 does not know counts as one that does not match: the property is then shown narrower. */
function matches(pattern: string, name: string): boolean {
  try {
    return createPatterns().compile(pattern).test(name);
  } catch {
    return false;
  }
}

/** The schema of values that meet both. Older drafts heed nothing that stands beside a `$ref`. */
function join(own: unknown, demand: unknown): unknown {
  if (own === false || demand === false) return false;
  if (!isObject(own) || Object.keys(own).length === 0) return demand;
  if (!isObject(demand)) return own;
  const narrowed = narrowChoice(own, demand);
  if (narrowed !== null) return narrowed;
  const asked = Object.keys(demand);
  const isFree =
    !('$ref' in own) && asked.every((word) => words.has(word) || (independent.has(word) && !(word in own)));
  if (isFree) return { ...own, ...demand };
  const said = Object.fromEntries(Object.entries({ ...own, ...demand }).filter(([word]) => words.has(word)));
  return { ...said, allOf: [own, demand] };
}

/** The common values of two choices, as one choice. */
function narrowChoice(own: Schema, demand: Schema): Schema | null {
  const wanted = choicesOf(demand);
  const { enum: offered, ...others } = own;
  if (wanted === null || !Array.isArray(offered)) return null;
  const both = offered.filter((value) => wanted.some(isSame(value)));
  return both.length === 0 ? null : { ...others, enum: both };
}
