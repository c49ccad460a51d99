import { createRequire } from 'node:module';
import type { ErrorObject, ValidateFunction } from 'ajv';
import { misspeltIn, misspeltText, namesInSchema } from './asked-names.ts';
import type { Meets } from './condition.ts';
import { createPatterns, type Patterns } from './pattern.ts';

/** Values of an `enum` that a client is shown, and characters of each. */
const choicesShownMax = 8;
const shownMax = 60;
/** A name that the caller chose is shown when it is plain. */
const plainStep = /^[\w-]{1,40}$/;

/** Compiles a schema that `checkArgs` has accepted. Throws for one that is none. */
export function compileArgs(schema: object): Meets {
  const patterns = createPatterns();
  const validate = compileSchema({ type: 'object', ...schema }, patterns);
  const asked = namesInSchema(schema);
  return ({ args }) => {
    try {
      const misspelt = misspeltIn(args, asked);
      if (misspelt !== null) return { kind: 'failed', detail: misspeltText(misspelt) };
      patterns.restart();
      if (validate(args)) return { kind: 'met' };
      return { kind: 'unmet', detail: demandOf(validate.errors?.at(-1)) };
    } catch {
      return { kind: 'failed', detail: 'args are too large to be compared with what is asked of them' };
    }
  };
}

/**
 * JSON Schema 2020-12 in which an unknown keyword is an error and patterns are RE2's. Throws what is wrong. The library
 * takes much to load, so it comes when a condition needs it.
 */
export function compileSchema(schema: object, patterns: Patterns): ValidateFunction {
  const regExp = Object.assign((pattern: string) => patterns.compile(pattern), { code: 're2' });
  const strictness = { strict: true, strictTypes: false, strictRequired: false, strictTuples: false } as const;
  const { Ajv2020 }: typeof import('ajv/dist/2020.js') = createRequire(import.meta.url)('ajv/dist/2020.js');
  const ajv = new Ajv2020({
    ...strictness,
    meta: false,
    validateSchema: false,
    logger: false,
    ownProperties: true,
    code: { regExp },
  });
  return ajv.compile(schema);
}

/** What the first thing that is wrong should be like: taken from the schema, never from the arguments. */
function demandOf(error: ErrorObject | undefined): string {
  if (error === undefined) return 'args do not meet what is asked of them';
  const { keyword, params, message } = error;
  const path = `args${pathText(error.instancePath)}`;
  switch (keyword) {
    case 'required':
      return `${path}${stepText(String(params['missingProperty']))} is required`;
    case 'enum':
      return `${path} must be one of ${choicesText(params['allowedValues'])}`;
    case 'const':
      return `${path} must be ${valueText(params['allowedValue'])}`;
    case 'false schema':
      return `${path} must be left out`;
    default:
      return `${path} ${message}`;
  }
}

function pathText(pointer: string): string {
  const steps = pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const hidden = steps.findIndex((step) => !plainStep.test(step));
  return steps
    .slice(0, hidden < 0 ? steps.length : hidden)
    .map(stepText)
    .join('');
}

function stepText(step: string): string {
  return /^\d+$/.test(step) ? `[${step}]` : `.${step}`;
}

function choicesText(values: unknown): string {
  const words = (values as readonly unknown[]).map(valueText);
  return words.length > choicesShownMax ? `${words.slice(0, choicesShownMax).join(', ')}, …` : words.join(', ');
}

function valueText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > shownMax ? `${text.slice(0, shownMax)}…` : text;
}
