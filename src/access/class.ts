import type { LockedTool, Server, ToolClass } from '../config/configuration.ts';
import { overriddenClass } from '../config/overridden-class.ts';

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

/** Annotations come from the upstream and may be anything. */
function hintsOf(annotations: unknown): { readonly readOnlyHint?: unknown; readonly destructiveHint?: unknown } {
  return typeof annotations === 'object' && annotations !== null ? annotations : {};
}
