/** A function as `duckdb_functions()` tells of it. */
export interface KnownFunction {
  readonly name: string;
  /** `scalar`, `aggregate`, `macro`, `table`, `table_macro` or `pragma`. */
  readonly kind: string;
  /** It does not always answer the same: it reads something else than its arguments, or changes something. */
  readonly volatile: boolean;
}

/** Chance is the only thing outside the log a question may ask for. */
const CHANCE: ReadonlySet<string> = new Set(['random', 'uuid', 'gen_random_uuid', 'uuidv4', 'uuidv7']);

/** What calculates, but about the process, its catalog or other statements, or on values that are not data. */
const REFUSED: readonly RegExp[] = [
  /^__internal/,
  /^current_(?!date$|timestamp$|localtime$|localtimestamp$)/,
  /^(?:get_block_size|getenv|getvariable|in_search_path|session_user|txid_current|user|version)$/,
  /^(?:has_|inet_|pg_|col_description|obj_description|shobj_description|format_pg_type|format_type|map_to_pg_oid)/,
  /^json_(?:de)?serialize_/,
  /^(?:read_|write_|parse_duckdb_log|can_cast_implicitly|cast_to_type|make_type|replace_type|vector_type)/,
  /^(?:combine|finalize|create_sort_key|remap_struct|variant_bytes_to_variant)$/,
];

/**
 * Names of the functions a statement may call, in lower case: those that calculate from their arguments alone. Drawn
 * from DuckDB's own list, so that a function of a later version that acts on anything is refused unasked.
 */
export function allowedFunctions(known: readonly KnownFunction[]): ReadonlySet<string> {
  const acting = new Set(known.filter(isActing).map(({ name }) => name.toLowerCase()));
  const calculating = known.filter(({ kind }) => kind === 'scalar' || kind === 'aggregate' || kind === 'macro');
  return new Set(calculating.map(({ name }) => name.toLowerCase()).filter((name) => !acting.has(name)));
}

function isActing({ name, volatile }: KnownFunction): boolean {
  return (volatile && !CHANCE.has(name)) || REFUSED.some((pattern) => pattern.test(name));
}
