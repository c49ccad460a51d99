import { canonicalJson } from '../config/lock-hash.ts';

/**
 * How much a change matters, from mild to severe. `order`: lists that mean the same in any order · `prose`: titles and
 * descriptions · `optional`: a parameter that may be left out · `output`: what it answers with · `input`: what it asks
 * for otherwise, a place elsewhere, or anything not known to be harmless · `wording`: text that instructs a model or
 * that nobody can see · `class`: what it promises to do or not to do.
 */
export const grades = ['order', 'prose', 'optional', 'output', 'input', 'wording', 'class'] as const;
export type Grade = (typeof grades)[number];

/** One difference, fit to be shown: what nobody can see is written as `\u{…}`. */
export interface Difference {
  /** Members from the definition's root, as in `inputSchema.properties.path`. */
  readonly path: string;
  /** JSON text; null where there was nothing. */
  readonly before: string | null;
  /** JSON text; null where there is nothing any more. */
  readonly after: string | null;
  readonly grade: Grade;
}

/** A difference before it is made fit to be shown; undefined is nothing. */
export interface RawDifference {
  readonly path: readonly string[];
  readonly before: unknown;
  readonly after: unknown;
  readonly grade: Grade;
}

/** One member as it was and is; undefined is absent. */
export interface MemberPair {
  readonly key: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** The members in which two values differ, sorted by name. A value that is no object has none. */
export function membersOf(before: unknown, after: unknown): readonly MemberPair[] {
  const [old, now] = [before, after].map((value) => new Map(isObject(value) ? Object.entries(value) : []));
  const keys = [...new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])])].sort();
  return keys
    .map((key) => ({ key, before: old?.get(key), after: now?.get(key) }))
    .filter((pair) => !isSame(pair.before, pair.after));
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isSame(one: unknown, other: unknown): boolean {
  return (one === undefined ? '' : canonicalJson(one)) === (other === undefined ? '' : canonicalJson(other));
}

export function mostSevere<T extends Grade>(...found: readonly [T, ...T[]]): T {
  return found.reduce((worst, grade) => (grades.indexOf(grade) > grades.indexOf(worst) ? grade : worst));
}
