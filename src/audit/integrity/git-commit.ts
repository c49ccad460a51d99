import { execFile } from 'node:child_process';

type Environment = Readonly<Record<string, string | undefined>>;

const TIMEOUT_MS = 10_000;
const OUTPUT_BYTES_MAX = 64 * 1024;
const ANCHORS = ':(glob)dt=*/*.ckpt';
const SUBJECT_LENGTH_MAX = 200;
/** What git, gpg and ssh need to sign as the repository is configured; nothing else of ours is their business. */
const PASSED = ['PATH', 'HOME', 'XDG_CONFIG_HOME', 'GNUPGHOME', 'SSH_AUTH_SOCK'];
/** A repository's programs are not run on a gateway's host. */
const SETTINGS = ['-c', 'core.hooksPath=/dev/null', '-c', 'core.fsmonitor=false'];
const AUTHOR = ['-c', 'user.name=Gatehouse', '-c', 'user.email=gatehouse@localhost'];

/**
 * Commits the anchors in a repository that are not committed yet, those of an earlier failure included; signed when
 * the repository is configured so. Rejects with git's own first line, or when it takes longer than ten seconds.
 */
export async function commitAnchors(repository: string, heads: string, environment: Environment): Promise<void> {
  const git = (...args: string[]): Promise<string> => run(['-C', repository, ...SETTINGS, ...args], environment);
  await git('add', '--', ANCHORS);
  if ((await git('status', '--porcelain', '--untracked-files=no', '--', ANCHORS)) === '') return;
  const isNamed = await git('config', 'user.email').then(
    () => true,
    () => false,
  );
  const subject = `Audit heads: ${heads}`.slice(0, SUBJECT_LENGTH_MAX);
  await git(...(isNamed ? [] : AUTHOR), 'commit', '--quiet', '-m', subject, '--', ANCHORS);
}

function run(args: readonly string[], environment: Environment): Promise<string> {
  const passed = PASSED.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]]));
  const env = { ...Object.fromEntries(passed), LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0' };
  const limits = { timeout: TIMEOUT_MS, killSignal: 'SIGKILL', maxBuffer: OUTPUT_BYTES_MAX } as const;
  return new Promise((resolve, reject) => {
    const child = execFile('git', args, { env, ...limits }, (cause, out, err) => {
      if (cause === null) resolve(out);
      else if (cause.killed === true) reject(new Error(`git took longer than ${TIMEOUT_MS / 1000} s`, { cause }));
      else reject(new Error(err.split('\n').find((line) => line !== '') ?? cause.message, { cause }));
    });
    child.stdin?.end();
  });
}
