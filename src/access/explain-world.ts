import type { Configuration, Target } from '../config/configuration.ts';
import { matchesGlob } from '../config/glob.ts';
import { overriddenClass } from '../config/overridden-class.ts';
import { type Access, compile } from './compile.ts';
import type { ToolTarget } from './decision.ts';
import { toolsIn } from './universe.ts';

/** A policy to ask, and every tool that is known without asking a server. */
export interface World {
  readonly configuration: Configuration;
  readonly access: Access;
  /** The locked tools of all servers. */
  readonly tools: readonly ToolTarget[];
}

export function worldOf(configuration: Configuration): World {
  return { configuration, access: compile(configuration), tools: toolsIn(configuration) };
}

/** The same gateway and tools under another policy. */
export function withPolicy({ configuration, tools }: World, policy: Configuration['policy']): World {
  const changed = { ...configuration, policy };
  return { configuration: changed, access: compile(changed), tools };
}

/** Whether `lock: strict` hides the tool from everyone, since nobody has reviewed it. */
export function isHidden({ configuration, tools }: World, { server, tool }: ToolTarget): boolean {
  return configuration.gateway.lock === 'strict' && !tools.some((each) => each.server === server && each.tool === tool);
}

/** A tool, and who says what it may do; `default` is nobody, which makes it destructive, `record` an audit record. */
export interface KnownTool {
  readonly target: ToolTarget;
  readonly classFrom: 'lock' | 'registry' | 'default' | 'record';
}

/** The tool of that name, locked or not; null when there is no such server. */
export function findTool({ configuration, tools }: World, server: string, tool: string): KnownTool | null {
  const registered = configuration.servers.get(server);
  if (registered === undefined) return null;
  const overridden = overriddenClass(registered, tool);
  const locked = tools.find((each) => each.server === server && each.tool === tool);
  if (locked !== undefined) return { target: locked, classFrom: overridden === null ? 'lock' : 'registry' };
  const target = { server, tool, class: overridden ?? 'destructive' };
  return { target, classFrom: overridden === null ? 'default' : 'registry' };
}

/** The locked tools that a glob matches; a name without wildcards is a tool even when no lock lists it. */
export function toolsMatching(world: World, { server, tool }: Target): readonly ToolTarget[] {
  const found = world.tools.filter(
    (each) => (server === '*' || each.server === server) && matchesGlob(tool, each.tool),
  );
  if (found.length > 0 || server === '*' || /[*?]/.test(tool) || world.configuration.locks.has(server)) return found;
  return [findTool(world, server, tool)?.target ?? []].flat();
}
