import type { Configuration } from '../config/configuration.ts';
import { classOf } from './class.ts';
import type { ToolTarget } from './decision.ts';

/**
 * Every locked tool of every server with its class, in the order of the locks: all tools that can be spoken of without
 * asking a server. The registry's override goes before the class in the lock.
 */
export function toolsIn({ servers, locks }: Pick<Configuration, 'servers' | 'locks'>): readonly ToolTarget[] {
  return [...locks.values()].flatMap(({ server: name, tools }) => {
    const server = servers.get(name);
    if (server === undefined) return [];
    return [...tools.values()].map((tool) => ({
      server: name,
      tool: tool.name,
      class: classOf(server, { name: tool.name, annotations: null }, tool),
    }));
  });
}
