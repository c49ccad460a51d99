/** Views a statement may read; `audit/record.md` says what is in each. */
export const VIEWS: Readonly<Record<string, string>> = {
  audit: 'TRUE',
  calls: "ev = 'tool.call'",
  denied: "decision = 'deny' OR outcome = 'denied' OR ev = 'auth.fail'",
  config_changes: "ev IN ('config.reload', 'config.reject')",
};

const TABLE_FUNCTIONS: ReadonlySet<string> = new Set(['range', 'generate_series', 'unnest']);
/** They reach out of the query: into the process, its environment, its log or other statements. */
const REFUSED_FUNCTIONS: ReadonlySet<string> = new Set([
  'getenv',
  'getvariable',
  'current_setting',
  'write_log',
  'sleep_ms',
  'setseed',
  'nextval',
  'currval',
  'read_text',
  'read_blob',
  'query',
  'query_table',
  'json_execute_serialized_sql',
]);

/** A statement the gate does not let through, or that is not SQL. */
export class StatementRefused extends Error {
  override readonly name = 'StatementRefused';
}

/**
 * Lets through one SELECT that reads the audit views and nothing else, judged by DuckDB's own parse of it: `serialized`
 * is what `json_serialize_sql` makes of the statement. It guards against mistakes and pasted SQL; what a process may
 * read in the end is up to the operating system.
 */
export function admitStatement(serialized: string): void {
  const parsed: Serialized = JSON.parse(serialized);
  if (parsed.error_type === 'parser') throw new StatementRefused(parsed.error_message ?? 'this is not SQL');
  if (parsed.error) throw new StatementRefused('only SELECT statements are run on the audit log');
  if (parsed.statements?.length !== 1) throw new StatementRefused('one statement at a time is run on the audit log');
  const nodes = [...walk(parsed.statements)];
  const tables = new Set([...Object.keys(VIEWS), ...nodes.flatMap(tableExpressionNames)]);
  for (const node of nodes) judge(node, tables);
}

interface Serialized {
  readonly error: boolean;
  readonly error_type?: string;
  readonly error_message?: string;
  readonly statements?: readonly unknown[];
}

type Node = Readonly<Record<string, unknown>>;

function* walk(value: unknown): Generator<Node> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield value as Node;
  for (const child of Object.values(value)) yield* walk(child);
}

/** The names a WITH clause gives, from `cte_map: { map: [{ key, value }] }`. */
function tableExpressionNames(node: Node): string[] {
  const map = node['cte_map'];
  if (typeof map !== 'object' || map === null) return [];
  const entries = (map as { readonly map?: readonly { readonly key: string }[] }).map ?? [];
  return entries.map((entry) => entry.key.toLowerCase());
}

function judge(node: Node, tables: ReadonlySet<string>): void {
  switch (node['type']) {
    case 'BASE_TABLE':
      return judgeTable(node, tables);
    case 'SHOW_REF':
      if (node['query'] === null) throw new StatementRefused(`no such view; ${viewsSentence()}`);
      return;
    case 'TABLE_FUNCTION': {
      const name = nameOf((node['function'] as Node)['function_name']);
      if (!TABLE_FUNCTIONS.has(name)) throw new StatementRefused(`the function ${name} is not run on the audit log`);
      return;
    }
    case 'FUNCTION': {
      const name = nameOf(node['function_name']);
      if (REFUSED_FUNCTIONS.has(name)) throw new StatementRefused(`the function ${name} is not run on the audit log`);
      return;
    }
    default:
  }
}

function judgeTable(node: Node, tables: ReadonlySet<string>): void {
  const name = nameOf(node['table_name']);
  const isOurs = node['catalog_name'] === '' && (node['schema_name'] === '' || node['schema_name'] === 'main');
  if (!isOurs || !tables.has(name)) throw new StatementRefused(`there is no view ${name}; ${viewsSentence()}`);
}

/** For messages: which views there are. */
export function viewsSentence(): string {
  return `the views are ${Object.keys(VIEWS).join(', ')}`;
}

function nameOf(value: unknown): string {
  return String(value).toLowerCase();
}
