import type { LockedTool, Server, ToolClass } from '../config/configuration.ts';
import { matchesGlob } from './glob.ts';

const mostSevereFirst: readonly ToolClass[] = ['destructive', 'write', 'read'];

/**
 * What a tool may do: the registry's override if one matches, the most severe first; else the class it was reviewed
 * with; else what the server's own annotations promise. A tool that promises nothing is destructive, the
 * specification's default (MCP ToolAnnotations). `locked` is for a tool that is as it was reviewed.
 */
export function classOf(
  server: Server,
  tool: { readonly name: string; readonly annotations: unknown },
  locked: LockedTool | null = null,
): ToolClass {
  return overriddenClass(server, tool.name) ?? locked?.class ?? promisedClass(tool.annotations);
}

function promisedClass(annotations: unknown): ToolClass {
  const { readOnlyHint, destructiveHint } = hintsOf(annotations);
  if (readOnlyHint === true) return 'read';
  return destructiveHint === false ? 'write' : 'destructive';
}

/** What the registry says of a tool, whatever the server or the lock say: the most severe match, or null for none. */
export function overriddenClass(server: Server, tool: string): ToolClass | null {
  const matches = (toolClass: ToolClass) => server.classes[toolClass].some((glob) => matchesGlob(glob, tool));
  return mostSevereFirst.find(matches) ?? null;
}

/** Annotations come from the upstream and may be anything. */
function hintsOf(annotations: unknown): { readonly readOnlyHint?: unknown; readonly destructiveHint?: unknown } {
  return typeof annotations === 'object' && annotations !== null ? annotations : {};
}
