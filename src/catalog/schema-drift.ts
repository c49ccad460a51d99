import { canonicalJson } from '../config/lock-hash.ts';
import { type Grade, isObject, isSame, type MemberPair, membersOf, type RawDifference } from './difference.ts';

/** A JSON Schema, or a part of one, as it was and is. */
interface SchemaPair {
  readonly path: readonly string[];
  readonly before: unknown;
  readonly after: unknown;
}

/** Keywords that only people and models read. */
const prose: ReadonlySet<string> = new Set(['title', 'description', '$comment']);

/** Keywords whose members are named by the author, each a schema. */
const maps: ReadonlySet<string> = new Set(['properties', 'patternProperties', '$defs', 'definitions']);

/** Keywords whose lists mean the same in any order. */
const sets: ReadonlySet<string> = new Set(['required', 'enum', 'type', 'anyOf', 'oneOf', 'allOf']);

/**
 * Where a schema differs, keyword by keyword, graded as an input's: what can only let more through is `optional`;
 * whatever is not known to be harmless is `input`.
 */
export function differencesInSchema({ path, before, after }: SchemaPair): readonly RawDifference[] {
  if (!isObject(before) || !isObject(after)) return [{ path, before, after, grade: 'input' }];
  const required = listOf(after['required']);
  return membersOf(before, after).flatMap((pair) => {
    const place = { ...pair, path: [...path, pair.key] };
    if (maps.has(pair.key) && isObject(pair.before ?? {}) && isObject(pair.after ?? {})) {
      return membersOf(pair.before, pair.after).flatMap((named) =>
        differencesInNamed(named, { path: place.path, required: pair.key === 'properties' ? required : null }),
      );
    }
    if (isObject(pair.before) && isObject(pair.after)) return differencesInSchema(place);
    return [{ ...place, grade: gradeOf(pair) }];
  });
}

interface NamedPlace {
  readonly path: readonly string[];
  /** Of properties: the names that must be given. */
  readonly required: readonly unknown[] | null;
}

function differencesInNamed(named: MemberPair, { path, required }: NamedPlace): readonly RawDifference[] {
  const place = { before: named.before, after: named.after, path: [...path, named.key] };
  if (named.before !== undefined) return differencesInSchema(place);
  const isOptional = required !== null && !required.includes(named.key);
  return [{ ...place, grade: isOptional ? 'optional' : 'input' }];
}

function gradeOf({ key, before, after }: MemberPair): Grade {
  if (prose.has(key) && typeof (after ?? '') === 'string') return 'prose';
  if (!sets.has(key)) return 'input';
  const [old, now] = [listOf(before), listOf(after)].map((list) => list.map(canonicalJson).sort());
  if (Array.isArray(before) && Array.isArray(after) && isSame(old, now)) return 'order';
  // Fewer required names, or more values allowed, refuse nothing that was accepted.
  const [smaller, larger] = key === 'required' ? [now, old] : [old, now];
  const widens = key === 'required' || (key === 'enum' && before !== undefined && after !== undefined);
  return widens && smaller?.every((one) => larger?.includes(one)) === true ? 'optional' : 'input';
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
