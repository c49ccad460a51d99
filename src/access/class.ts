import type { Server, ToolClass } from '../config/configuration.ts';
import { matchesGlob } from './glob.ts';

const mostSevereFirst: readonly ToolClass[] = ['destructive', 'write', 'read'];

/**
 * What a tool may do: the registry's override if one matches, the most severe first; else what the server's own
 * annotations promise. A tool that promises nothing is destructive, the specification's default (MCP ToolAnnotations).
 */
export function classOf(server: Server, tool: { readonly name: string; readonly annotations: unknown }): ToolClass {
  const overridden = mostSevereFirst.find((toolClass) =>
    server.classes[toolClass].some((glob) => matchesGlob(glob, tool.name)),
  );
  if (overridden !== undefined) return overridden;
  const { readOnlyHint, destructiveHint } = hintsOf(tool.annotations);
  if (readOnlyHint === true) return 'read';
  return destructiveHint === false ? 'write' : 'destructive';
}

/** Annotations come from the upstream and may be anything. */
function hintsOf(annotations: unknown): { readonly readOnlyHint?: unknown; readonly destructiveHint?: unknown } {
  return typeof annotations === 'object' && annotations !== null ? annotations : {};
}
