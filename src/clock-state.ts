import { execFile } from 'node:child_process';
import { delimiter, isAbsolute } from 'node:path';

/** What the time service of this machine says of its clock. */
export interface ClockState {
  readonly source: 'chrony' | 'systemd';
  readonly synchronized: boolean;
  /** How far the clock is from true time, in milliseconds; null when the service does not tell. */
  readonly offset_ms: number | null;
}

/** Each service is asked for so long, in milliseconds. */
const answerMsMax = 1_000;
/** Where `chronyc -c tracking` has them. */
const OFFSET_FIELD = 4;
const LEAP_FIELD = 13;

/** Null where no such service can be asked, as in most containers: their host's clock is then nobody's word. */
export async function readClockState(path: string | undefined): Promise<ClockState | null> {
  const ask = (command: string, args: readonly string[]) => answerOf({ command, args, path });
  const tracking = (await ask('chronyc', ['-c', 'tracking']))?.trim().split(',') ?? [];
  const leap = tracking[LEAP_FIELD];
  if (leap !== undefined) {
    const offset = Math.abs(Number(tracking[OFFSET_FIELD])) * 1_000;
    return { source: 'chrony', synchronized: leap !== 'Not synchronised', offset_ms: offset };
  }
  const word = (await ask('timedatectl', ['show', '--property=NTPSynchronized', '--value']))?.trim();
  if (word !== 'yes' && word !== 'no') return null;
  return { source: 'systemd', synchronized: word === 'yes', offset_ms: null };
}

interface Ask {
  readonly command: string;
  readonly args: readonly string[];
  /** `PATH` to find it in. */
  readonly path: string | undefined;
}

/** Null when it is not installed, fails, or takes too long. */
function answerOf({ command, args, path }: Ask): Promise<string | null> {
  // What lies in the folder that this is started in is not run; without any path the system has its own.
  const folders = path?.split(delimiter).filter((folder) => isAbsolute(folder));
  const options = {
    env: { PATH: folders?.join(delimiter) || undefined, LC_ALL: 'C' },
    timeout: answerMsMax,
    killSignal: 'SIGKILL',
  } as const;
  return new Promise((resolve) => {
    execFile(command, args, options, (error, stdout) => resolve(error === null ? stdout : null));
  });
}
