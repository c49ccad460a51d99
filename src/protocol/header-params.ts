/**
 * Arguments mirrored into `Mcp-Param-*` headers (MCP 2026-07-28, Streamable HTTP, custom headers from tool
 * parameters), so that whoever stands between can route without reading bodies.
 */

/** A request header by lower-case name, or null when absent. */
export type HeaderLookup = (name: string) => string | null;

export interface HeaderParam {
  /** In full and in lower case: `mcp-param-region`. */
  readonly header: string;
  /** Keys from the root of `arguments` to the mirrored value. */
  readonly path: readonly string[];
  readonly type: 'string' | 'integer' | 'boolean';
}

/** `reason` names the property. The specification wants a tool with a wrong annotation dropped from the list. */
export type HeaderParams =
  | { readonly ok: true; readonly params: readonly HeaderParam[] }
  | { readonly ok: false; readonly reason: string };

/** Reads the `x-mcp-header` annotations of a parsed `inputSchema`. */
export function readHeaderParams(inputSchema: unknown): HeaderParams {
  const params: HeaderParam[] = [];
  for (const { path, schema, reachable } of annotated(inputSchema, [], true)) {
    const fault = reachable ? faultOf(schema) : 'is not reached through properties alone';
    if (fault !== null) return { ok: false, reason: `x-mcp-header at ${path.join('.') || 'the root'} ${fault}` };
    const header = `mcp-param-${String(schema[annotation]).toLowerCase()}`;
    if (params.some((param) => param.header === header))
      return { ok: false, reason: `x-mcp-header names ${header} twice` };
    params.push({ header, path, type: schema['type'] as HeaderParam['type'] });
  }
  return { ok: true, params };
}

/** The headers to send with these arguments, values still plain: `encodeHeaderValue` them. */
export function headersOf(params: readonly HeaderParam[], args: Buffer | null): Readonly<Record<string, string>> {
  return Object.fromEntries(mirroredValues(params, args).map(({ header, value }) => [header, String(value)]));
}

/** What disagrees between headers and arguments, one sentence, or null. Headers of absent arguments are ignored. */
export function mismatch(params: readonly HeaderParam[], args: Buffer | null, lookup: HeaderLookup): string | null {
  for (const { header, value } of mirroredValues(params, args)) {
    const sent = lookup(header);
    if (sent === null) return `${header} is missing.`;
    const decoded = decodeHeaderValue(sent);
    if (decoded === null) return `${header} is not valid base64 of UTF-8.`;
    if (!isSame(decoded, value)) return `${header} differs from the argument it mirrors.`;
  }
  return null;
}

/** Visible ASCII as it is, anything else as `=?base64?…?=`; so is what could be taken for that form. */
export function encodeHeaderValue(text: string): string {
  const plain = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(text) && !isEncoded(text);
  return plain ? text : `${encodedStart}${Buffer.from(text).toString('base64')}${encodedEnd}`;
}

/** Null when the value claims to be base64 and is not, canonically, that of UTF-8. */
export function decodeHeaderValue(value: string): string | null {
  if (!isEncoded(value)) return value;
  const base64 = value.slice(encodedStart.length, -encodedEnd.length);
  const text = Buffer.from(base64, 'base64').toString();
  return Buffer.from(text).toString('base64') === base64 ? text : null;
}

const annotation = 'x-mcp-header';
const encodedStart = '=?base64?';
const encodedEnd = '?=';

function isEncoded(value: string): boolean {
  return (
    value.length >= encodedStart.length + encodedEnd.length &&
    value.startsWith(encodedStart) &&
    value.endsWith(encodedEnd)
  );
}

type Schema = Readonly<Record<string, unknown>>;

interface Annotated {
  readonly path: readonly string[];
  readonly schema: Schema;
  readonly reachable: boolean;
}

/** Keywords whose value holds data, not schemas: an `x-mcp-header` key in there annotates nothing. */
const dataKeywords = new Set(['const', 'enum', 'default', 'examples', annotation]);

/** Keywords whose members are schemas under names of the author's choice. */
const mapKeywords = new Set(['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions']);

function* annotated(node: unknown, path: readonly string[], reachable: boolean): Generator<Annotated> {
  if (Array.isArray(node)) for (const item of node) yield* annotated(item, path, false);
  if (!isObject(node)) return;
  if (Object.hasOwn(node, annotation)) yield { path, schema: node, reachable };
  for (const [keyword, child] of Object.entries(node)) {
    if (mapKeywords.has(keyword)) yield* annotatedIn(child, path, reachable && keyword === 'properties');
    else if (!dataKeywords.has(keyword)) yield* annotated(child, path, false);
  }
}

function* annotatedIn(schemas: unknown, path: readonly string[], reachable: boolean): Generator<Annotated> {
  if (!isObject(schemas)) return;
  for (const [name, schema] of Object.entries(schemas)) yield* annotated(schema, [...path, name], reachable);
}

function faultOf(schema: Schema): string | null {
  const name = schema[annotation];
  // RFC 9110 section 5.6.2, token.
  if (typeof name !== 'string' || !/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) return 'is not a header token';
  const type = schema['type'];
  if (type !== 'string' && type !== 'integer' && type !== 'boolean') return 'needs the type string, integer or boolean';
  return null;
}

interface MirroredValue {
  readonly header: string;
  readonly value: string | number | boolean;
}

/** Values no header can hold, such as objects or integers beyond 2^53, are left to the upstream's own check. */
function mirroredValues(params: readonly HeaderParam[], args: Buffer | null): readonly MirroredValue[] {
  if (params.length === 0 || args === null) return [];
  const parsed: unknown = JSON.parse(args.toString());
  return params.flatMap(({ header, path }) => {
    const value = path.reduce((node, key) => (isObject(node) && Object.hasOwn(node, key) ? node[key] : null), parsed);
    const mirrored = typeof value === 'string' || typeof value === 'boolean' || isMirroredNumber(value);
    return mirrored ? [{ header, value }] : [];
  });
}

function isMirroredNumber(value: unknown): value is number {
  return typeof value === 'number' && (Number.isSafeInteger(value) || !Number.isInteger(value));
}

/** Numbers compare as numbers: `42.0` is `42`. */
function isSame(sent: string, value: MirroredValue['value']): boolean {
  if (typeof value === 'number' && /^-?\d+(\.\d+)?$/.test(sent)) return Number(sent) === value;
  return sent === String(value);
}

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
