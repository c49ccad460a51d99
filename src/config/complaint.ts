import type { AnySchemaObject, ErrorObject } from 'ajv';
import type { Words } from './findings.ts';
import { clip, type Source } from './parse.ts';
import type { Place } from './problem.ts';
import { suggest } from './suggest.ts';

/** The kinds of file, each with its schema in `schema/`. */
export type FileKind = (typeof fileKinds)[number];
const fileKinds = ['gateway', 'policy', 'policy-test', 'lock'] as const;

/** A schema's error in an author's words. */
export interface Complaint {
  readonly code: string;
  readonly at: Place;
  readonly words: Words;
}

/** Parts of the language that are designed and not built: refused by name, because ignoring one could open a door. */
const later: readonly (readonly [where: RegExp, words: readonly string[]])[] = [
  [/^$/, ['includes']],
  [/^\/gateway$/, ['allow_commands', 'includes']],
  [/^\/roles\/[^/]+$/, ['guardrails']],
  [/^\/servers\/[^/]+\/(?:mode|auth)$/, ['personal', 'oauth']],
];

const sections: Readonly<Record<FileKind, readonly string[]>> = {
  gateway: ['gateway', 'identity', 'audit', 'limits', 'require', 'owners', 'servers'],
  policy: ['groups', 'roles', 'robots', 'grants', 'guardrails', 'revoked'],
  'policy-test': ['tests', 'invariants'],
  lock: [],
};

const homes: Readonly<Record<FileKind, string>> = {
  gateway: 'the gateway configuration',
  policy: 'a file in the policy folder',
  'policy-test': 'a file of the policy folder that ends in .test.yaml',
  lock: 'a lock file',
};

/** Schemas say in `title` what is expected, in `$comment` what to try, and with `writeOnly` that a value is secret. */
export function complaintOf(error: ErrorObject, kind: FileKind, source: Source): Complaint {
  const path = pathOf(error);
  const schema: AnySchemaObject = error.parentSchema ?? {};
  const hint: string = schema['$comment'] ?? '';
  const at = source.at(path);
  switch (error.keyword) {
    case 'additionalProperties':
      return unknownKey(error, kind, source);
    case 'required':
      return { code: 'GH031', at: source.key(path), words: `expected the key ${error.params['missingProperty']} here` };
    case 'oneOf':
      return { code: 'GH041', at: source.key(path), words: choice(schema, error.data) };
    case 'minItems':
      return { code: 'GH036', at, words: 'expected at least one item, found none' };
    case 'minProperties':
      return { code: 'GH036', at, words: 'expected at least one key, found none' };
    case 'minLength':
      return { code: 'GH036', at, words: `expected ${expected(schema)}, found empty text` };
    case 'uniqueItems':
      return { code: 'GH042', at, words: `expected different items, found ${shown(repeated(error))} twice` };
    case 'minimum':
    case 'maximum':
      return { code: 'GH035', at, words: `expected ${range(schema)}, found ${shown(error.data)}` };
    case 'const':
      return { code: 'GH039', at, words: `expected ${shown(schema['const'])}, found ${shown(error.data)}` };
    case 'enum':
      return wrongWord(error, at, hint);
    default:
      return wrongValue(error, path, source);
  }
}

/** The keys from the top of the file to what is wrong, the name itself when a name is wrong. */
export function pathOf({ instancePath, propertyName }: ErrorObject): readonly string[] {
  const steps = instancePath.split('/').slice(1);
  const path = steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  return propertyName === undefined ? path : [...path, propertyName];
}

function unknownKey(error: ErrorObject, kind: FileKind, source: Source): Complaint {
  const key: string = error.params['additionalProperty'];
  const at = source.key([...pathOf(error), key]);
  if (isLater(error.instancePath, key)) return notYet(key, at);
  const other = fileKinds.find((one) => one !== kind && sections[one].includes(key));
  if (error.instancePath === '' && other !== undefined) {
    const hint = `move it to ${homes[other]}`;
    return { code: 'GH040', at, words: { message: `found ${key} in the wrong file`, hint } };
  }
  const hint = suggest(key, Object.keys(error.parentSchema?.['properties'] ?? {}));
  return { code: 'GH030', at, words: { message: `found the unknown key ${clip(key)}`, hint } };
}

function wrongWord(error: ErrorObject, at: Place, hint: string): Complaint {
  const { data, parentSchema: schema = {} } = error;
  if (typeof data === 'string' && isLater(error.instancePath, data)) return notYet(data, at);
  if (schema['writeOnly']) return secret(schema, at);
  const words: readonly string[] = schema['enum'];
  const message = `expected one of ${words.join(', ')}, found ${shown(data)}`;
  return { code: 'GH033', at, words: { message, hint: hint || suggest(String(data), words) } };
}

function wrongValue(
  { keyword, data, parentSchema: schema = {}, propertyName }: ErrorObject,
  path: readonly string[],
  source: Source,
): Complaint {
  const at = propertyName === undefined ? source.at(path) : source.key(path);
  if (schema['writeOnly']) return isHelper(data) ? notYet('a helper reference', at) : secret(schema, at);
  const message = `expected ${expected(schema)}, found ${shown(propertyName ?? data)}`;
  if (keyword !== 'type') return { code: 'GH034', at, words: { message, hint: schema['$comment'] ?? '' } };
  const quotes = typeof data !== 'object' && [schema['type']].flat().includes('string');
  return { code: 'GH032', at, words: { message, hint: quotes ? 'put it in quotes' : (schema['$comment'] ?? '') } };
}

function secret(schema: AnySchemaObject, at: Place): Complaint {
  const message = `expected ${expected(schema)}, found something else (not shown: it may be a secret)`;
  return { code: 'GH038', at, words: { message, hint: schema['$comment'] ?? '' } };
}

function isHelper(data: unknown): boolean {
  return typeof data === 'string' && /^\$\{helper:/.test(data);
}

function isLater(where: string, word: string): boolean {
  return later.some(([pattern, words]) => pattern.test(where) && words.includes(word));
}

function notYet(word: string, at: Place): Complaint {
  const hint = 'wait for a version that has it; taking it out may open what it would have closed';
  return { code: 'GH037', at, words: { message: `${word} is not supported by this version`, hint } };
}

function choice(schema: AnySchemaObject, data: unknown): string {
  const keys = (schema['oneOf'] as readonly { required: readonly string[] }[]).flatMap(({ required }) => required);
  const found = keys.filter((key) => Object.hasOwn(data as object, key));
  return `expected exactly one of ${keys.join(', ')}, found ${found.length === 0 ? 'none' : found.join(' and ')}`;
}

function repeated({ data, params }: ErrorObject): unknown {
  return (data as readonly unknown[])[params['i']];
}

function range({ minimum, maximum }: AnySchemaObject): string {
  return `a number from ${minimum} to ${maximum}`;
}

const typeWords: Readonly<Record<string, string>> = {
  string: 'text',
  array: 'a list',
  object: 'a map',
  integer: 'a whole number',
};

function expected(schema: AnySchemaObject): string {
  if (schema['title']) return schema['title'];
  const types = [schema['type']].flat().filter((type) => type !== 'null');
  return types.map((type: string) => typeWords[type] ?? type).join(' or ');
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'a map';
  return typeof value === 'string' ? clip(JSON.stringify(value)) : `${value}`;
}
