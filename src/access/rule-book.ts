import type { Target, ToolClass } from '../config/configuration.ts';
import { matchesGlob } from '../config/glob.ts';
import type { Place } from '../config/problem.ts';
import type { CompiledCondition } from './compiled-condition.ts';

/** Rules laid out by server. */
export interface RuleBook {
  /** The rules for a server that some rule names, `*` rules included, as written. */
  readonly byServer: ReadonlyMap<string, readonly CompiledRule[]>;
  /** The rules for every other server. */
  readonly anywhere: readonly CompiledRule[];
}

export interface CompiledRule {
  readonly classes: readonly ToolClass[];
  /** A glob over names, or over URIs where the book is about resources. */
  readonly name: string;
  /** Null where every call meets it. */
  readonly condition: CompiledCondition | null;
  readonly at: Place;
}

/** What is looked for in a book; prompts and resources are of the class `read`. */
export interface Sought {
  readonly server: string;
  readonly name: string;
  readonly class: ToolClass;
}

/** Rules over many targets, as written. */
export interface Written extends Omit<CompiledRule, 'name'> {
  readonly targets: readonly Target[];
}

export function layOut(written: readonly Written[]): RuleBook {
  const placed = written.flatMap(({ targets, ...rule }) =>
    targets.map(({ server, tool }): { server: string; rule: CompiledRule } => {
      return { server, rule: { ...rule, name: tool } };
    }),
  );
  const about = (name: string): readonly CompiledRule[] =>
    placed.filter(({ server }) => server === name || server === '*').map(({ rule }) => rule);
  const named = new Set(placed.map(({ server }) => server));
  return { byServer: new Map([...named].map((server) => [server, about(server)])), anywhere: about('*') };
}

/** The rules about a server, as written. */
export function rulesFor({ byServer, anywhere }: RuleBook, server: string): readonly CompiledRule[] {
  return byServer.get(server) ?? anywhere;
}

/** The rules about what is sought, as written, up to the first without condition: what follows makes no odds. */
export function rulesAbout(book: RuleBook, sought: Sought): readonly CompiledRule[] {
  let found: readonly CompiledRule[] = nothing;
  for (const rule of rulesFor(book, sought.server)) {
    if (!rule.classes.includes(sought.class) || !matchesGlob(rule.name, sought.name)) continue;
    if (rule.condition === null) return found === nothing ? [rule] : [...found, rule];
    found = [...found, rule];
  }
  return found;
}

/** Most books hold nothing about most tools. */
const nothing: readonly CompiledRule[] = [];
