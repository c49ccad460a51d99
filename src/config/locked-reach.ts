import type { GatewaySettings, LockedTool, Rule, Server, ServerLock, Target, ToolClass } from './configuration.ts';
import { matchesGlob } from './glob.ts';
import { overriddenClass } from './overridden-class.ts';

/** What targets reach, as far as the lock tells. */
export interface LockedReach {
  /** The locked tools that a target means, of every class. */
  toolsOf(target: Target): Iterable<ReachedTool>;
  /** A server that the target means and of which nothing is locked; null when there is none, or the lock is off. */
  unlocked(target: Target): string | null;
}

export interface ReachedTool {
  readonly server: string;
  readonly tool: LockedTool;
  /** As the gateway will see it: the registry's word goes before the lock's. */
  readonly class: ToolClass;
}

export interface LockedReachParts {
  readonly mode: GatewaySettings['lock'];
  readonly servers: ReadonlyMap<string, Server>;
  readonly locks: ReadonlyMap<string, ServerLock>;
}

/** The classes that each verb reaches. */
export const reachOfVerb: Readonly<Record<Rule['verb'], readonly ToolClass[]>> = {
  read: ['read'],
  write: ['read', 'write'],
  any: ['read', 'write', 'destructive'],
};

export function createLockedReach({ mode, servers, locks }: LockedReachParts): LockedReach {
  function meant(target: Target): readonly Server[] {
    if (mode === 'off') return [];
    const server = servers.get(target.server);
    return target.server === '*' ? [...servers.values()] : server === undefined ? [] : [server];
  }
  return {
    *toolsOf(target) {
      for (const server of meant(target)) {
        const tools = locks.get(server.name)?.tools ?? new Map<string, LockedTool>();
        for (const tool of matching(tools, target.tool)) {
          yield { server: server.name, tool, class: overriddenClass(server, tool.name) ?? tool.class };
        }
      }
    },
    unlocked: (target) => meant(target).find(({ name }) => !locks.has(name))?.name ?? null,
  };
}

function matching(tools: ReadonlyMap<string, LockedTool>, glob: string): readonly LockedTool[] {
  const named = tools.get(glob);
  if (named !== undefined) return [named];
  return isGlob(glob) ? [...tools.values()].filter(({ name }) => matchesGlob(glob, name)) : [];
}

export function isGlob(text: string): boolean {
  return /[*?]/.test(text);
}
