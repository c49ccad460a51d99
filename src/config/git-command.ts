import { spawn } from 'node:child_process';
import { delimiter, isAbsolute } from 'node:path';

/** One question to git takes no longer, in milliseconds. */
const answerMsMax = 30_000;

/** Of what git complains, so many bytes are kept. */
const complaintBytesMax = 4_096;

export interface GitQuestion {
  readonly args: readonly string[];
  /** What it reads, line by line; nothing when absent. */
  readonly lines?: readonly string[];
  /** A longer answer is a fault. */
  readonly bytesMax: number;
}

/** Resolves to the answer, or to null when git exits with a code of its own for "no": 1. */
export type Git = (question: GitQuestion) => Promise<Buffer | null>;

/** Git could not be asked, or could not answer. `code` is stable; the message is fit for a person. */
export class GitError extends Error {
  override readonly name = 'GitError';
  readonly code: 'absent' | 'failed' | 'slow' | 'large';

  constructor(code: GitError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * Settings that go before those of the repository, which may be a stranger's. The commands asked here read objects and
 * run none of these programs; this holds should git change. `safe.bareRepository` keeps a folder of a commit that
 * looks like a repository from being taken for one.
 */
const settings = [
  'core.fsmonitor=false',
  'core.hooksPath=/dev/null',
  'core.pager=cat',
  'core.sshCommand=false',
  'gpg.program=gpg',
  'gpg.ssh.program=ssh-keygen',
  'gpg.x509.program=gpgsm',
  'protocol.allow=never',
  'safe.bareRepository=explicit',
];

/** What git needs of the environment: to be found, and to find the user's own settings. */
const inherited = ['HOME', 'GNUPGHOME', 'XDG_CONFIG_HOME', 'SystemRoot', 'SUDO_UID'];

export interface GitParts {
  /** A folder inside the working tree. */
  readonly cwd: string;
  /** The process's environment. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Asks git to read: it is started without a shell, runs nothing the repository names and goes to no network. */
export function createGit({ cwd, environment }: GitParts): Git {
  const env = environmentFor(environment);
  return ({ args, lines = [], bytesMax }) =>
    new Promise((resolve, reject) => {
      const options = ['--no-pager', '--no-replace-objects', ...settings.flatMap((setting) => ['-c', setting])];
      const child = spawn('git', [...options, ...args], { cwd, env, windowsHide: true });
      child.on('error', (cause: NodeJS.ErrnoException) => {
        clearTimeout(timer);
        const message = cause.code === 'ENOENT' ? 'git is not installed' : `git does not start (${cause.code})`;
        reject(new GitError('absent', message, { cause }));
      });
      const stop = (error: GitError): void => {
        child.kill('SIGKILL');
        reject(error);
      };
      const slow = new GitError('slow', `git ${args[0]} took longer than ${answerMsMax / 1000} s`);
      const timer = setTimeout(stop, answerMsMax, slow);
      const out: Buffer[] = [];
      let bytes = 0;
      let complaint = '';
      // Without a file descriptor left there are none of these, and the error follows.
      if (child.stdout === undefined) return;
      child.stdout.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > bytesMax) stop(new GitError('large', `git ${args[0]} answered more than ${bytesMax} bytes`));
        else out.push(chunk);
      });
      child.stderr.on('data', (chunk: Buffer) => {
        complaint = `${complaint}${chunk}`.slice(0, complaintBytesMax);
      });
      // Git may end before it has read everything; its exit code tells.
      child.stdin.on('error', () => undefined);
      child.stdin.end(lines.map((line) => `${line}\n`).join(''));
      child.on('close', (code) => {
        clearTimeout(timer);
        if (code === 0) resolve(Buffer.concat(out));
        else if (code === 1) resolve(null);
        else reject(new GitError('failed', complaint.split('\n')[0] ?? ''));
      });
    });
}

/** Relative folders of PATH would let the repository bring its own git. */
function environmentFor(environment: GitParts['environment']): Record<string, string> {
  const paths = (environment['PATH'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder));
  const kept = inherited.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(kept),
    PATH: paths.join(delimiter),
    LC_ALL: 'C',
    GIT_ALLOW_PROTOCOL: 'none',
    GIT_LITERAL_PATHSPECS: '1',
    GIT_NO_LAZY_FETCH: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
  };
}
