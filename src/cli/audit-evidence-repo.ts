import { execFile } from 'node:child_process';
import { posix, relative, sep } from 'node:path';
import { parseDocument } from 'yaml';
import type { PolicyAt, PolicyFile } from '../audit/evidence-policy.ts';
import { type Io, UsageError } from './command.ts';

export interface RepoParts {
  /** A folder of the checkout, absolute. */
  readonly repo: string;
  /** Absolute path of the configuration file; when it is not in the checkout, its name is looked for in `repo`. */
  readonly config: string;
  readonly io: Pick<Io, 'environment'>;
}

const TIMEOUT_MS = 30_000;
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;
const FILES_MAX = 5_000;
/** The repository's own programs are not run, and no network is used. */
const SETTINGS = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', '-c', 'protocol.allow=never'];
const POLICY_FILE = /\.(?:ya?ml|json)$/;
const DEFAULT_POLICIES = 'policies';

/** Asks git; null when it says no. */
type Git = (...args: readonly string[]) => Promise<Buffer | null>;

/**
 * Reads the configuration file of a commit and the folder it names in `gateway.policies`, locks included, from git's
 * objects; nothing is checked out. What it makes throws `UsageError` when git cannot be asked.
 */
export function createPolicyAt(parts: RepoParts): PolicyAt {
  const git = createGit(parts);
  return async (commit) => {
    const root = await git('rev-parse', '--show-toplevel');
    if (root === null) throw new UsageError(`--repo ${parts.repo} is not a checkout of a git repository`);
    if ((await git('cat-file', '-e', `${commit}^{commit}`)) === null) return null;
    const name = nameIn(root.toString('utf8').trimEnd(), parts);
    const [gateway] = await readFiles(git, commit, [name]);
    if (gateway === undefined) return [];
    const folder = posix.join(posix.dirname(name), policiesIn(gateway.bytes));
    const listed = await git('ls-tree', '-r', '-z', '--name-only', '--full-tree', commit, '--', folder);
    const paths = (listed?.toString('utf8') ?? '').split('\0').filter((path) => POLICY_FILE.test(path));
    if (paths.length > FILES_MAX) throw new UsageError(`commit ${commit} has more than ${FILES_MAX} policy files`);
    return [gateway, ...(await readFiles(git, commit, paths))];
  };
}

function nameIn(root: string, { repo, config }: RepoParts): string {
  const inside = relative(root, config).split(sep).join('/');
  if (!inside.startsWith('..')) return inside;
  return posix.join(relative(root, repo).split(sep).join('/'), posix.basename(inside));
}

/** Of a file that is broken elsewhere, too. */
function policiesIn(bytes: Buffer): string {
  const document = parseDocument(bytes.toString('utf8'));
  const folder = document.contents === null ? undefined : document.getIn(['gateway', 'policies']);
  return typeof folder === 'string' ? folder : DEFAULT_POLICIES;
}

/** Those that are there. */
async function readFiles(git: Git, commit: string, paths: readonly string[]): Promise<readonly PolicyFile[]> {
  const files: PolicyFile[] = [];
  for (const path of paths) {
    const bytes = await git('cat-file', 'blob', `${commit}:${path}`);
    if (bytes !== null) files.push({ path, bytes });
  }
  return files;
}

function createGit({ repo, io }: RepoParts): Git {
  const { PATH, HOME } = io.environment;
  const env = { PATH, HOME, LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0', GIT_NO_LAZY_FETCH: '1' };
  const limits = {
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
    maxBuffer: ANSWER_BYTES_MAX,
    encoding: 'buffer',
  } as const;
  return (...args) =>
    new Promise((resolve, reject) => {
      execFile('git', ['-C', repo, ...SETTINGS, ...args], { env, ...limits }, (cause, out) => {
        if (cause === null) resolve(out);
        else if (typeof cause.code === 'number') resolve(null);
        else reject(new UsageError(`git ${args[0]} could not be asked in ${repo}: ${cause.message}`, { cause }));
      });
    });
}
