import { basename, join, relative, sep } from 'node:path';
import { printable } from '../../audit/answer/printable.ts';
import type { PolicyAt } from '../../audit/evidence/policy.ts';
import { GitError } from '../../config/git-command.ts';
import { resolveCommit } from '../../config/git-tree.ts';
import { type Io, UsageError } from '../command.ts';
import { filesOf, openRepository } from '../plan/sides.ts';

export interface RepoParts {
  /** A folder of the checkout, absolute. */
  readonly repo: string;
  /** Absolute path of the configuration file; when it is not in the checkout, its name is looked for in `repo`. */
  readonly config: string;
  readonly io: Io;
}

/** The configuration file in the checkout `repo`: `config`, or what is called like it there. */
export function configIn(repo: string, config: string): string {
  return relative(repo, config).startsWith('..') ? join(repo, basename(config)) : config;
}

/**
 * Reads the configuration and policy files of a commit, locks included, from git's objects; nothing is checked out.
 * What it makes throws `UsageError` when git cannot be asked.
 */
export function createPolicyAt({ repo, config, io }: RepoParts): PolicyAt {
  const inside = configIn(repo, config);
  return async (commit) => {
    try {
      const repository = await openRepository(inside, io);
      const found = await resolveCommit(repository.git, commit);
      if (found === null) return null;
      const tree = await filesOf({ commit: found }, repository);
      const nameOf = (path: string): string => relative(repository.root, path).split(sep).join('/');
      return (tree?.files ?? []).map(({ path, bytes }) => ({ path: nameOf(path), bytes }));
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      throw new UsageError(`cannot read the repository: ${printable(error.message)}`, { cause: error });
    }
  };
}
