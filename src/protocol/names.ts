import { createHash } from 'node:crypto';

/** The only file that joins tool names. Nothing splits them: whoever exposes tools keeps the map back. */

/** The longest exposed name. Clients put their own prefix before it, so shorter is kinder. */
const exposedNameMax = 64;

/** What a tool is exposed under, given who offers it. */
export interface OfferedTool {
  readonly server: string;
  /** The server's prefix, empty for none. */
  readonly prefix: string;
  /** As its server names it. */
  readonly tool: string;
}

/**
 * `<prefix>_<tool>`, or the tool's own name when the prefix is empty, in letters, digits, `_` and `-` only: any other
 * character becomes `_`. A longer name than `exposedNameMax` is cut and ends in `_` and 8 hex digits of a hash.
 */
export function exposedName(prefix: string, tool: string): string {
  const name = joined(prefix, tool).replace(/[^A-Za-z0-9_-]/g, '_');
  return name.length <= exposedNameMax ? name : withHash(name, [prefix, tool]);
}

/**
 * Every tool with its exposed name. Where several want one name, the one whose own name needed no change keeps it if
 * it is alone in that, and the others end in a hash of server and tool; so nothing depends on the order given.
 * Each `(server, tool)` is to occur once.
 */
export function exposeTools<Tool extends OfferedTool>(tools: readonly Tool[]): (Tool & { readonly exposed: string })[] {
  const taken = new Map<string, Tool>();
  const displaced: Tool[] = [];
  for (const [name, rivals] of groupByName(tools)) {
    const exact = rivals.filter(({ prefix, tool }) => joined(prefix, tool) === name);
    const [keeper] = rivals.length === 1 ? rivals : exact.length === 1 ? exact : [];
    if (keeper !== undefined) taken.set(name, keeper);
    displaced.push(...rivals.filter((rival) => rival !== keeper));
  }
  for (const tool of displaced.sort(byServerAndTool)) taken.set(freeName(tool, taken), tool);
  return [...taken].map(([exposed, tool]) => ({ ...tool, exposed }));
}

/**
 * Pairs of prefixes that could give two tools one name, such as `a` and `a_b`: `a` + `b_c` reads like `a_b` + `c`.
 * A prefix that occurs twice is paired with itself.
 */
export function ambiguousPrefixes(prefixes: readonly string[]): readonly (readonly [string, string])[] {
  const sorted = [...prefixes].sort();
  return sorted.flatMap((shorter, index) =>
    sorted
      .slice(index + 1)
      .filter((longer) => `${longer}_`.startsWith(`${shorter}_`))
      .map((longer) => [shorter, longer] as const),
  );
}

function groupByName<Tool extends OfferedTool>(tools: readonly Tool[]): Map<string, Tool[]> {
  const groups = new Map<string, Tool[]>();
  for (const offered of tools) {
    const name = exposedName(offered.prefix, offered.tool);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [offered]);
    else group.push(offered);
  }
  return groups;
}

function joined(prefix: string, tool: string): string {
  return prefix === '' ? tool : `${prefix}_${tool}`;
}

function freeName({ server, prefix, tool }: OfferedTool, taken: ReadonlyMap<string, unknown>): string {
  for (let attempt = 0; ; attempt++) {
    const name = withHash(exposedName(prefix, tool), [server, tool, `${attempt}`]);
    if (!taken.has(name)) return name;
  }
}

function withHash(name: string, parts: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 8);
  return `${name.slice(0, exposedNameMax - hash.length - 1)}_${hash}`;
}

function byServerAndTool(left: OfferedTool, right: OfferedTool): number {
  return compare(left.server, right.server) || compare(left.tool, right.tool);
}

/** By code units, which unlike a locale's order is the same everywhere. */
function compare(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}
