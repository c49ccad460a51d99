import { readFile, realpath } from 'node:fs/promises';
import { basename, dirname, relative, resolve } from 'node:path';
import { type Changes, readChanges } from './git-changes.ts';
import { createGit, GitError, type GitParts } from './git-command.ts';
import { findRoot } from './git-tree.ts';
import { policiesFrom } from './load.ts';

export interface PolicyHistoryParts extends Pick<GitParts, 'environment'> {
  /** The configuration file; where it says that the policies are, is looked up anew each time. */
  readonly config: string;
}

/**
 * What came into force between two commits of the policy's repository: changes of the configuration file and of the
 * policy folder. Null when that cannot be told: there is no git, no repository, or it lacks one of the commits.
 */
export type PolicyHistory = (from: string | null, to: string) => Promise<Changes | null>;

/** Asks git, which reads objects and changes nothing. */
export function createPolicyHistory({ config, environment }: PolicyHistoryParts): PolicyHistory {
  const file = resolve(config);
  return async (from, to) => {
    const policies = await policyFolder(file);
    const cwd = await realpath(policies ?? dirname(file)).catch(() => dirname(file));
    const git = createGit({ cwd, environment });
    try {
      const root = await findRoot(git);
      if (root === null) return null;
      const configs = await realpath(dirname(file)).then(
        (folder) => [resolve(folder, basename(file))],
        () => [],
      );
      const paths = [cwd, ...configs].filter((path) => !relative(root, path).startsWith('..'));
      return await readChanges(git, { from, to, paths });
    } catch (error) {
      if (error instanceof GitError) return null;
      throw error;
    }
  };
}

async function policyFolder(file: string): Promise<string | null> {
  const bytes = await readFile(file).catch(() => null);
  return bytes === null ? null : policiesFrom(file)(bytes);
}
