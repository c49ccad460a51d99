import { suggest } from '../../config/suggest.ts';
import { viewsSentence } from './views.ts';

/** What a statement may name, and what it must not. All in lower case. */
export interface Vocabulary {
  /** Functions a statement may call. */
  readonly functions: ReadonlySet<string>;
  /** Tables and views that exist beside ours; a `WITH` must not take their names. */
  readonly relations: ReadonlySet<string>;
  /** Views of the log, and tables brought along. */
  readonly views: ReadonlySet<string>;
  /** Each `$name` that has a value. */
  readonly parameters: ReadonlySet<string>;
}

const TABLE_FUNCTIONS: ReadonlySet<string> = new Set(['range', 'generate_series', 'unnest']);

/** Kinds of node a query is made of, by the `type` of those that are no expressions. */
const NODES: ReadonlySet<string> = new Set([
  ...['SELECT_NODE', 'SET_OPERATION_NODE', 'RECURSIVE_CTE_NODE', 'CTE_NODE'],
  ...['BASE_TABLE', 'EMPTY', 'EXPRESSION_LIST', 'JOIN', 'PIVOT', 'SHOW_REF', 'SUBQUERY', 'TABLE_FUNCTION'],
  ...['DISTINCT_MODIFIER', 'LIMIT_MODIFIER', 'LIMIT_PERCENT_MODIFIER', 'ORDER_MODIFIER'],
  ...['ORDER_DEFAULT', 'ASCENDING', 'DESCENDING'],
]);
/** Kinds of expression, by their `class`. */
const EXPRESSIONS: ReadonlySet<string> = new Set([
  ...['BETWEEN', 'CASE', 'CAST', 'COLLATE', 'COLUMN_REF', 'COMPARISON', 'CONJUNCTION', 'CONSTANT', 'FUNCTION'],
  ...['LAMBDA', 'LAMBDA_REF', 'OPERATOR', 'POSITIONAL_REFERENCE', 'STAR', 'SUBQUERY', 'TYPE', 'WINDOW'],
]);
/** A name of this shape could be taken for a file. */
const LIKE_A_PATH = /[./\\:*?]/;

/** A statement the gate does not let through, or that is not SQL. */
export class StatementRefused extends Error {
  override readonly name = 'StatementRefused';
}

/**
 * Lets through one SELECT that reads the audit views and calculates, judged by DuckDB's own parse of it: `serialized`
 * is what `json_serialize_sql` makes of the statement. Every kind of node, table and function must be a known good
 * one. It guards against mistakes and pasted SQL; what a process may read in the end is up to the operating system.
 */
export function admitStatement(serialized: string, vocabulary: Vocabulary): void {
  const parsed: Serialized = JSON.parse(serialized);
  if (parsed.error_type === 'parser') throw new StatementRefused(parsed.error_message ?? 'this is not SQL');
  if (parsed.error) throw new StatementRefused('only SELECT statements are run on the audit log');
  if (parsed.statements?.length !== 1) throw new StatementRefused('one statement at a time is run on the audit log');
  const nodes = [...walk(parsed.statements)];
  const named = nodes.flatMap(tableExpressionNames);
  for (const name of named) judgeName(name, vocabulary);
  const tables = new Set(named);
  for (const node of nodes) judge(node, tables, vocabulary);
}

interface Serialized {
  readonly error: boolean;
  readonly error_type?: string;
  readonly error_message?: string;
  readonly statements?: readonly unknown[];
}

type Node = Readonly<Record<string, unknown>>;

/** With a stack of its own: a statement may be nested deeper than calls can be. */
function* walk(root: unknown): Generator<Node> {
  const waiting: unknown[] = [root];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value !== 'object' || value === null) continue;
    if (!Array.isArray(value)) yield value as Node;
    for (const child of Object.values(value)) waiting.push(child);
  }
}

/** The names a WITH clause gives, from `cte_map: { map: [{ key, value }] }`. */
function tableExpressionNames(node: Node): string[] {
  const map = node['cte_map'];
  if (typeof map !== 'object' || map === null) return [];
  const entries = (map as { readonly map?: readonly { readonly key: string }[] }).map ?? [];
  return entries.map((entry) => entry.key.toLowerCase());
}

/** Outside the reach of its WITH, such a name would mean what it means without; so it must mean nothing. */
function judgeName(name: string, { relations, views }: Vocabulary): void {
  if (views.has(name)) throw new StatementRefused(`${name} is a view of the log: give WITH another name`);
  if (relations.has(name)) throw new StatementRefused(`${name} is a table of DuckDB: give WITH another name`);
  if (LIKE_A_PATH.test(name)) throw new StatementRefused(`"${name}" looks like a file: give WITH another name`);
}

function judge(node: Node, tables: ReadonlySet<string>, vocabulary: Vocabulary): void {
  const { type } = node;
  if (typeof type !== 'string') return;
  if (typeof node['class'] === 'string') return judgeExpression(node, node['class'], vocabulary);
  if (type.endsWith('_TYPE_INFO')) return;
  if (!NODES.has(type)) throw new StatementRefused(`${type} is not run on the audit log`);
  if (type === 'BASE_TABLE') judgeTable(node, tables, vocabulary);
  if (type === 'SHOW_REF' && node['query'] === null) throw new StatementRefused(`no such view; ${viewsSentence()}`);
  if (type !== 'TABLE_FUNCTION') return;
  const name = nameOf((node['function'] as Node)['function_name']);
  if (!TABLE_FUNCTIONS.has(name)) throw new StatementRefused(`the function ${name} is not run on the audit log`);
}

function judgeExpression(node: Node, kind: string, { functions, parameters }: Vocabulary): void {
  if (kind === 'PARAMETER') return judgeParameter(String(node['identifier']), parameters);
  if (!EXPRESSIONS.has(kind)) throw new StatementRefused(`${kind} is not run on the audit log`);
  // A window's own functions, as row_number(), are known to the parser alone and are harmless.
  if (node['type'] !== 'FUNCTION' && node['type'] !== 'WINDOW_AGGREGATE') return;
  const name = nameOf(node['function_name']);
  if (functions.has(name) || TABLE_FUNCTIONS.has(name)) return;
  const hint = suggest(name, functions);
  throw new StatementRefused(`the function ${name} is not run on the audit log${hint === '' ? '' : `; ${hint}`}`);
}

function judgeParameter(name: string, parameters: ReadonlySet<string>): void {
  if (parameters.has(name)) return;
  const known = [...parameters].map((each) => `$${each}`).join(', ');
  const instead = known === '' ? 'write them into the statement' : `there are ${known}`;
  throw new StatementRefused(`there are no values for ? and $1, or for $${name}: ${instead}`);
}

function judgeTable(node: Node, tables: ReadonlySet<string>, { views }: Vocabulary): void {
  const name = nameOf(node['table_name']);
  const isView = views.has(name) && (node['schema_name'] === '' || node['schema_name'] === 'main');
  const isNamed = tables.has(name) && node['schema_name'] === '';
  if (node['catalog_name'] === '' && (isView || isNamed)) return;
  const hint = suggest(name, views);
  throw new StatementRefused(
    `there is no view ${name}${hint.startsWith('did') ? `, ${hint}` : ''}; ${viewsSentence()}`,
  );
}

function nameOf(value: unknown): string {
  return String(value).toLowerCase();
}
