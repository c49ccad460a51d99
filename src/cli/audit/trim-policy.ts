import { existsSync, realpathSync } from 'node:fs';
import { dirname, relative, sep } from 'node:path';
import type { WrittenSide } from '../../access/difference-facts.ts';
import { loadTree, type ReadFiles } from '../../config/load.ts';
import { parse, type Source } from '../../config/parse.ts';
import { configurationHash } from '../../config/tree-hash.ts';
import { type Io, UsageError } from '../command.ts';
import { filesHere, findRepository, type Repository, writtenSide } from '../plan/sides.ts';
import { findTests } from '../test-files.ts';
import { tellProblems } from '../world.ts';

/** The policy to trim, as its files are. */
export interface TrimmedPolicy {
  readonly tree: ReadFiles;
  readonly side: WrittenSide;
  /** The policy files. */
  readonly sources: readonly Source[];
  /** Absolute paths of its tests. */
  readonly tests: readonly string[];
  /** Folder of the configuration file. */
  readonly base: string;
  readonly repository: Repository | null;
  /** The file's path where the patch is applied: in the repository, or outside of one beside the configuration. */
  readonly patchPath: (path: string) => string;
}

/** Reads it once, as `gatehouse check` does; null when it is wrong, which has then been told. */
export async function readTrimmedPolicy(config: string, io: Io): Promise<TrimmedPolicy | null> {
  if (!existsSync(config)) throw new UsageError(`there is no ${relative(io.cwd, config) || config}`);
  const base = dirname(config);
  const tree = await filesHere(config);
  const { linked, source, problems } = loadTree(tree);
  if (linked === null || source === null) {
    tellProblems(problems, base, io);
    return null;
  }
  const repository = await findRepository(config, io);
  const root = realpathSync(repository?.root ?? base);
  return {
    tree,
    side: writtenSide({ hash: configurationHash(tree.files), git: null, ...linked }, source),
    sources: tree.files.flatMap(({ kind, name, bytes }) =>
      kind === 'policy' ? (parse(name, bytes).source ?? []) : [],
    ),
    tests: await findTests(tree.roots.policies ?? base),
    base,
    repository,
    patchPath: (path) => relative(root, realpathSync(path)).split(sep).join('/'),
  };
}
