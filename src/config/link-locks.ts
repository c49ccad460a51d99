import { posix } from 'node:path';
import type { LockedTool, ServerLock } from './configuration.ts';
import type { Findings } from './findings.ts';
import { type Known, unknown } from './known.ts';
import { lockHash } from './lock-hash.ts';
import { clip, type Path, type Source } from './parse.ts';
import type { Place } from './problem.ts';
import type { ReviewedLock } from './reviewed-lock.ts';
import type { Shaped } from './shape.ts';
import type { WrittenLock, WrittenLockedTool } from './written.ts';

export interface LockContext {
  readonly findings: Findings;
  /** Names of the registry. */
  readonly servers: Known;
}

/** Links the lock files whose shape is right; each tool's hash must be that of its definition. */
export function linkLocks(
  files: readonly (Shaped | ReviewedLock)[],
  context: LockContext,
): ReadonlyMap<string, ServerLock> {
  const locks = new Map<string, ServerLock>();
  for (const file of files) {
    const lock = 'lock' in file ? takeReviewed(file, context) : linkLock(file, context);
    if (lock !== null) locks.set(lock.server, lock);
  }
  return locks;
}

function takeReviewed({ lock, serverAt }: ReviewedLock, context: LockContext): ServerLock | null {
  return checkServer(lock.server, serverAt, context) ? lock : null;
}

function linkLock(file: Shaped, context: LockContext): ServerLock | null {
  const { server, tools } = file.source.value as WrittenLock;
  if (!file.isSound('server') || !checkServer(server, file.source.at(['server']), context)) return null;
  const names = file.isSound('tools') ? [...tools.keys()] : [];
  const linked = new Map<string, LockedTool>();
  for (const index of names) {
    const tool = tools[index];
    if (tool === undefined || context.findings.full) continue;
    checkTool(tool, ['tools', index], { ...context, ...file, before: linked });
    linked.set(tool.name, tool);
  }
  return { server, tools: linked, at: file.source.at([]) };
}

function checkServer(server: string, at: Place, { servers, findings }: LockContext): boolean {
  const home = posix.basename(at.file, '.json');
  if (server !== home) {
    findings.error('GH101', at, `expected the server the file is named after, ${clip(home)}, found ${clip(server)}`);
  } else if (!servers.has(server)) {
    const { message, hint } = unknown('server', server, servers);
    findings.error('GH053', at, { message, hint: `delete the file if the server is gone; ${hint}` });
  }
  return server === home;
}

interface ToolContext extends LockContext {
  readonly source: Source;
  readonly before: ReadonlyMap<string, LockedTool>;
}

function checkTool(tool: WrittenLockedTool, path: Path, { source, findings, before }: ToolContext): void {
  const { name, sha256, definition } = tool;
  const hint = 'gatehouse lock writes it; only the class is for reviewers to edit';
  if (before.has(name)) {
    findings.error('GH103', source.at([...path, 'name']), {
      message: `expected each tool once, found ${clip(name)} again`,
      hint,
    });
  }
  if (definition['name'] !== name) {
    findings.error('GH104', source.at([...path, 'definition', 'name']), {
      message: `expected the definition of ${clip(name)}, found that of another tool`,
      hint,
    });
  } else if (lockHash(definition) !== sha256) {
    findings.error('GH102', source.at([...path, 'sha256']), {
      message: `expected the SHA-256 of the definition of ${clip(name)}, found another`,
      hint,
    });
  }
}
