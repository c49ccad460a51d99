/** Levels of nesting that an expression sees: its type checker keeps a type for every nesting it has met. */
const levelsMax = 12;
/** Text counts as much as one value for so many characters. */
const charactersPerValue = 16;

/** Stands for what cannot be looked at; the library has no such type, so that looking is an error. */
const unreadable: unique symbol = Symbol('unreadable');

/** What an expression sees of a call's arguments. */
export interface View {
  /** Objects as maps, so that no name means something inherited. */
  readonly value: unknown;
  /** Values, with long text counting as several. */
  readonly weight: number;
}

/** The arguments, or those of them that are `mentioned`. */
export function viewOf(args: unknown, mentioned: ReadonlySet<string> | null): View {
  let weight = 1;
  function copy(value: unknown, levels: number): unknown {
    weight += 1;
    if (typeof value === 'string') weight += value.length / charactersPerValue;
    if (typeof value === 'number') return isExact(value) ? value : unreadable;
    if (typeof value !== 'object' || value === null) return value;
    if (levels === 0) return unreadable;
    if (Array.isArray(value)) return value.map((item) => copy(item, levels - 1));
    return copyMembers(Object.entries(value), levels);
  }
  function copyMembers(members: readonly (readonly [string, unknown])[], levels: number): ReadonlyMap<string, unknown> {
    return new Map(
      members.map(([name, value]) => {
        weight += name.length / charactersPerValue;
        return [name, copy(value, levels - 1)];
      }),
    );
  }
  if (mentioned === null || typeof args !== 'object' || args === null) return { value: copy(args, levelsMax), weight };
  const present = [...mentioned].filter((name) => Object.hasOwn(args, name));
  const members = present.map((name) => [name, (args as Readonly<Record<string, unknown>>)[name]] as const);
  return { value: copyMembers(members, levelsMax), weight };
}

/** A whole number beyond 2^53 reaches the server with all its digits, which parsing has lost. */
function isExact(value: number): boolean {
  return !Number.isInteger(value) || Number.isSafeInteger(value);
}
