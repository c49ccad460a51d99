import { entitlementsOf } from '../../access/entitlements.ts';
import { type World, worldOf } from '../../access/explain-world.ts';
import { GitError } from '../../config/git-command.ts';
import { findCommitBefore } from '../../config/git-tree.ts';
import { loadTree } from '../../config/load.ts';
import { filesOf, type Repository } from '../plan/sides.ts';

/** What a subject may call, as one text. */
export function pairOf(subject: string, { server, tool }: { readonly server: string; readonly tool: string }): string {
  return `${subject} ${server}/${tool}`;
}

/**
 * What could be called at `from` by the commit that was checked out then: a tool that was reviewed or granted later
 * has had less time to be used. Null when there is no commit that old whose files can be read.
 */
export async function grantedAt(from: Date, repository: Repository, { tools }: World): Promise<Set<string> | null> {
  const commit = await findCommitBefore(repository.git, from).catch((error: unknown) => {
    // There is no commit at all yet.
    if (error instanceof GitError && error.code === 'failed') return null;
    throw error;
  });
  const tree = commit === null ? null : await filesOf({ commit }, repository);
  const linked = tree === null ? null : loadTree(tree).linked;
  if (linked === null) return null;
  const { servers, locks } = linked;
  const isKnown = ({ server, tool }: World['tools'][number]) =>
    servers.has(server) && locks.get(server)?.tools.has(tool) !== false;
  const then = { ...worldOf({ hash: '', git: commit, ...linked }), tools: tools.filter(isKnown) };
  const held = entitlementsOf(then, from.getTime()).filter(({ starts }) => starts === null);
  return new Set(held.map((each) => pairOf(each.subject, each)));
}
