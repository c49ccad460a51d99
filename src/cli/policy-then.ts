import { resolve } from 'node:path';
import { type World, worldOf } from '../access/explain-world.ts';
import { printable } from '../audit/answer/printable.ts';
import { GitError } from '../config/git-command.ts';
import { resolveCommit } from '../config/git-tree.ts';
import { loadTree } from '../config/load.ts';
import { configurationHash } from '../config/tree-hash.ts';
import { type Io, UsageError } from './command.ts';
import { filesOf, openRepository } from './plan/sides.ts';

/** The policy that was in force. */
export interface PolicyThen {
  readonly world: World;
  /** Object name of the commit, hex. */
  readonly commit: string;
}

export interface PolicyParts {
  /** Absolute path of the configuration file. */
  readonly config: string;
  /** What the record names; empty for none. */
  readonly git: string;
  /** What the command line names instead; null for nothing. */
  readonly instead: string | null;
  /** Hash of the configuration in force, as recorded. */
  readonly cfg: string;
  /** What to try when its files are not those of the commit: the end of a sentence. */
  readonly advice: string;
  readonly io: Io;
}

/**
 * Reads the commit that was in force from the repository of the configuration, without a checkout. Only when its files
 * are, by their hash, those that were in force does it say anything of the decision: a `UsageError` says if not.
 */
export async function policyThen({ config, git: named, instead, cfg, advice, io }: PolicyParts): Promise<PolicyThen> {
  const revision = instead ?? named;
  if (revision === '') {
    throw new UsageError(
      `the record names no commit: the gateway ran on files outside of a repository. If you know one, ${advice}`,
    );
  }
  try {
    const repository = await openRepository(config, io);
    const commit = await resolveCommit(repository.git, revision);
    const word = printable(revision);
    if (commit === null) throw new UsageError(`there is no commit ${word} in this repository: fetch it, or ${advice}`);
    const tree = await filesOf({ commit }, repository);
    if (tree === null)
      throw new UsageError(`the commit ${word} holds no ${repository.name}: name another with --config`);
    const hash = configurationHash(tree.files);
    if (hash !== cfg) throw new UsageError(otherFiles({ word, hash, cfg: printable(cfg), advice }));
    const { linked, problems } = loadTree(tree);
    if (linked === null) {
      const [first] = problems.filter(({ severity }) => severity === 'error');
      const what = first === undefined ? '' : `: ${resolve(first.at.file)}:${first.at.line} ${first.message}`;
      throw new UsageError(`this program takes the files of ${word} for wrong${printable(what)}`);
    }
    return { world: worldOf({ ...linked, hash, git: commit }), commit };
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    throw new UsageError(`cannot read the repository: ${printable(error.message)}`, { cause: error });
  }
}

interface Mismatch extends Pick<PolicyParts, 'cfg' | 'advice'> {
  readonly word: string;
  readonly hash: string;
}

function otherFiles({ word, hash, cfg, advice }: Mismatch): string {
  return [
    `the files in force were not those of ${word}: their hash is recorded as ${cfg || 'nothing'},`,
    `and that of the commit is ${hash}. They had been edited, or came from elsewhere.`,
    `When you know the commit that holds them, ${advice}`,
  ].join(' ');
}
