import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { posix } from 'node:path';
import type { AnySchemaObject, ErrorObject, ValidateFunction } from 'ajv';
import { createAccept, type JsonSchema } from './accept.ts';
import { complaintOf, type FileKind, pathOf } from './complaint.ts';
import type { Findings } from './findings.ts';
import type { Source } from './parse.ts';

/** A file whose shape has been compared with its schema. */
export interface Shaped {
  readonly source: Source;
  /**
   * Whether the schema accepts all of `section`, or its one `entry`, so that it may be read as its type. Unknown keys
   * are reported but harm nothing else: one misspelt key does not hide other problems.
   */
  isSound(section: string, entry?: string | number): boolean;
}

export type ShapeCheck = (source: Source, findings: Findings) => Shaped;

/**
 * Compares files of one kind with their schema in `schema/`, which is read at the first use. The validator that says
 * what is wrong takes a quarter of a second of CPU to load and compile, so it comes when something is.
 */
export function createShapeCheck(kind: FileKind): ShapeCheck {
  let quick: QuickCheck | null = null;
  let validate: ValidateFunction | null = null;
  return (source, findings) => {
    quick ??= createQuickCheck(kind);
    if (quick.accept?.(source.value) === true) return { source, isSound: () => true };
    validate ??= compile(quick.schema);
    validate(source.value);
    const damage = complain(told(validate.errors ?? []), { kind, source, findings });
    return { source, isSound: (section, entry) => isSound(damage, section, entry) };
  };
}

interface QuickCheck {
  readonly schema: JsonSchema;
  readonly accept: ReturnType<typeof createAccept>;
}

function createQuickCheck(kind: FileKind): QuickCheck {
  const schema = readSchema(kind);
  return { schema, accept: createAccept(schema) };
}

interface Complaining {
  readonly kind: FileKind;
  readonly source: Source;
  readonly findings: Findings;
}

function complain(errors: readonly ErrorObject[], { kind, source, findings }: Complaining): Damage {
  const damage = new Map<string | undefined, Set<string | undefined>>();
  for (const error of errors) {
    if (!findings.full) {
      const { code, at, words } = complaintOf(error, kind, source);
      findings.error(code, at, words);
    }
    if (isUnknownKey(error)) continue;
    const [section, entry] = pathOf(error);
    if (section === undefined && error.keyword !== 'type') continue;
    damage.set(section, (damage.get(section) ?? new Set()).add(entry));
  }
  return damage;
}

/** Damage by section and entry; undefined stands for the whole file and the whole section. */
type Damage = ReadonlyMap<string | undefined, ReadonlySet<string | undefined>>;

function isSound(damage: Damage, section: string, entry?: string | number): boolean {
  const entries = damage.get(section);
  if (damage.has(undefined)) return false;
  if (entries === undefined) return true;
  return entry !== undefined && !entries.has(undefined) && !entries.has(String(entry));
}

/** The published schema of a kind of file, its references written out. */
export function readSchema(kind: FileKind): JsonSchema {
  const url = new URL(`../../schema/${kind}.schema.json`, import.meta.url);
  const schema: AnySchemaObject = JSON.parse(readFileSync(url, 'utf8'));
  return writeOut(schema, schema['definitions']) as JsonSchema;
}

/** A synchronous load, because what is wrong with a file is told while it is read. */
function compile(schema: JsonSchema): ValidateFunction {
  const { Ajv }: typeof import('ajv') = createRequire(import.meta.url)('ajv');
  return new Ajv({ allErrors: true, verbose: true, strictTypes: false, strictRequired: false }).compile(schema);
}

/** The schema without references: ajv copies all errors so far at each one, which a long wrong list would make slow. */
function writeOut(node: unknown, definitions: Readonly<Record<string, unknown>>): unknown {
  if (typeof node !== 'object' || node === null) return node;
  if (Array.isArray(node)) return node.map((item) => writeOut(item, definitions));
  const { $ref, ...rest } = node as AnySchemaObject;
  if ($ref !== undefined) return writeOut({ ...(definitions[posix.basename($ref)] as object), ...rest }, definitions);
  return Object.fromEntries(Object.entries(rest).map(([key, inner]) => [key, writeOut(inner, definitions)]));
}

/** Leaves out errors that only restate others: the branch taken, the names' own rule, the members of a choice. */
function told(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const misspelt = new Set(errors.filter(isUnknownKey).map(({ instancePath }) => instancePath));
  return errors.filter(({ keyword, schemaPath, instancePath }) => {
    if (keyword === 'if' || keyword === 'propertyNames' || /\/oneOf\/\d+\//.test(schemaPath)) return false;
    return keyword !== 'oneOf' || !misspelt.has(instancePath);
  });
}

function isUnknownKey({ keyword }: ErrorObject): boolean {
  return keyword === 'additionalProperties';
}
