import { list } from '../config/link-servers.ts';
import { reachOfVerb } from '../config/locked-reach.ts';
import type { Path, Source } from '../config/parse.ts';
import type { Place } from '../config/problem.ts';
import type { WrittenPolicy, WrittenRole } from '../config/written.ts';
import type { ToolTarget } from './decision.ts';
import { toolsMatching, type World } from './explain-world.ts';

/** Something in a policy file. */
export interface Written {
  /** As it is written there. */
  readonly text: string;
  readonly path: Path;
  readonly at: Place;
}

/** A role, rule by rule as its file has them. */
export interface RoleAsWritten extends Written {
  readonly includes: readonly Written[];
  readonly rules: readonly RuleAsWritten[];
}

export interface RuleAsWritten extends Written {
  readonly targets: readonly TargetAsWritten[];
}

export interface TargetAsWritten extends Written {
  /** The tools it reaches; null when they cannot all be told: a server has no lock, or it is about something else. */
  readonly tools: readonly ToolTarget[] | null;
}

/** Every role of the policy files, by name. */
export function writtenRoles(world: World, sources: readonly Source[]): ReadonlyMap<string, RoleAsWritten> {
  return new Map(
    sources.flatMap((source) =>
      Object.entries((source.value as WrittenPolicy).roles ?? {}).map(([name, role]) => {
        return [name, roleIn(role, { world, source, path: ['roles', name] })] as const;
      }),
    ),
  );
}

interface Context {
  readonly world: World;
  readonly source: Source;
  readonly path: Path;
}

function roleIn({ includes = [], allow = [] }: WrittenRole, { world, source, path }: Context): RoleAsWritten {
  return {
    text: String(path.at(-1)),
    path,
    at: source.key(path),
    includes: includes.map((text, index) => written(text, source, [...path, 'includes', index])),
    rules: allow.map((rule, index): RuleAsWritten => {
      const at: Path = [...path, 'allow', index];
      const kind = verbs.find((verb) => rule[verb] !== undefined) ?? 'read';
      const globs = rule[kind] ?? [];
      const targets = list(globs).map((text, nth): TargetAsWritten => {
        const place = typeof globs === 'string' ? [...at, kind] : [...at, kind, nth];
        return { ...written(text, source, place), tools: toolsOf(kind, text, world) };
      });
      return { ...written(`${kind} ${list(globs).join(', ')}`, source, at), targets };
    }),
  };
}

const verbs = ['read', 'write', 'any', 'prompts', 'resources'] as const;

function written(text: string, source: Source, path: Path): Written {
  return { text, path, at: source.at(path) };
}

function toolsOf(kind: (typeof verbs)[number], text: string, world: World): readonly ToolTarget[] | null {
  const slash = text.indexOf('/');
  const [server, tool] = [text.slice(0, slash), text.slice(slash + 1)];
  const { servers, locks } = world.configuration;
  const meant = server === '*' ? [...servers.keys()] : [server];
  if (kind === 'prompts' || kind === 'resources' || meant.some((name) => !locks.has(name))) return null;
  const found = toolsMatching(world, { server, tool, at: { file: '', line: 1, col: 1 } });
  return found.filter((target) => reachOfVerb[kind].includes(target.class));
}
