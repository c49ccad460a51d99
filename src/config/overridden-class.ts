import type { Server, ToolClass } from './configuration.ts';
import { matchesGlob } from './glob.ts';

const mostSevereFirst: readonly ToolClass[] = ['destructive', 'write', 'read'];

/** What the registry says of a tool, whatever the server or the lock say: the most severe match, or null for none. */
export function overriddenClass(server: Server, tool: string): ToolClass | null {
  const matches = (toolClass: ToolClass) => server.classes[toolClass].some((glob) => matchesGlob(glob, tool));
  return mostSevereFirst.find(matches) ?? null;
}
