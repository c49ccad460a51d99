import { logSize } from '../../audit/files/log-bytes.ts';
import { DAY_MS } from '../../audit/files/log-files.ts';
import { HoldsRefused } from '../../audit/keeping/hold.ts';
import { type ExpiredDay, expiredDays, removeDay } from '../../audit/keeping/retention.ts';
import { recordAct } from '../../audit/write/access-record.ts';
import { type Command, type CommandInput, type Io, UsageError } from '../command.ts';
import { auditDirs, auditRetentionDays, DIR_HELP, DIR_OPTIONS } from './dir.ts';
import { countOf, isFileError, operator, sizeText } from './keeping.ts';

/** `gatehouse audit retention` */
export const auditRetention: Command = {
  words: ['audit', 'retention'],
  summary: 'Remove days of the log whose time is over',
  help: `Usage: gatehouse audit retention [--write] [OPTIONS]

Removes whole days of the log, sealed files and Parquet alike, that are older
than audit.retention_days in the configuration. Without that key everything is
kept for ever. The manifest and the checkpoints stay, and each removal is put
on record first, so that gatehouse audit verify tells it from a loss. Days that
are held (gatehouse audit hold) or not sealed are left.

Options:
  --days N               keep N days, whatever the configuration says
  --write                do it; without, only say what would be done
${DIR_HELP}
  -h, --help             this text

Examples:
  gatehouse audit retention
  gatehouse audit retention --write
  gatehouse audit retention --days 2190 --dir /mnt/archive/gw1

Exit codes: 0 done, 1 some days are held or not sealed, 2 could not run
`,
  options: { ...DIR_OPTIONS, days: { type: 'string' }, write: { type: 'boolean', default: false } },
  async run(input, io) {
    if (input.positionals.length > 0)
      throw new UsageError('expected no words after audit retention; folders are --dir DIR');
    const days = await readDays(input, io.cwd);
    if (days === null) {
      io.out('Everything is kept: neither audit.retention_days nor --days says for how long.\n');
      return 0;
    }
    try {
      let left = 0;
      for (const dir of await auditDirs(input, io.cwd))
        left += await retain({ dir, days, write: input.values['write'] === true }, io);
      return left > 0 ? 1 : 0;
    } catch (error) {
      if (!(error instanceof HoldsRefused || isFileError(error))) throw error;
      io.err(`gatehouse audit retention: ${error.message}\n`);
      return 2;
    }
  },
};

interface Retention {
  readonly dir: string;
  /** How many are kept. */
  readonly days: number;
  readonly write: boolean;
}

/** Resolves to the number of expired days that stay. */
async function retain({ dir, days, write }: Retention, io: Io): Promise<number> {
  const expired = await expiredDays(dir, { now: new Date(), olderThanMs: days * DAY_MS });
  const left = tellLeft(expired, io);
  const due = expired.filter(({ verdict }) => verdict.kind === 'remove');
  const of = `${countOf(due.length, 'day')} of ${sizeText(sizeOf(due))} older than ${countOf(days, 'day')} in ${dir}`;
  for (const day of write ? due : [])
    await removeDay(dir, day, (detail) =>
      recordAct(dir, operator(), { ev: 'audit.retention', outcome: 'ok', detail: { ...detail, keep_days: days } }),
    );
  if (write) io.out(`Removed ${of}.\n`);
  else io.out(`Would remove ${of}${due.length > 0 ? '; say --write to do it' : ''}.\n`);
  return left;
}

async function readDays(input: CommandInput, cwd: string): Promise<number | null> {
  const { days } = input.values;
  if (days === undefined) return auditRetentionDays(input, cwd);
  if (!/^[1-9]\d{0,4}$/.test(String(days))) throw new UsageError(`--days is a number of days, not "${String(days)}"`);
  return Number(days);
}

/** Says which expired days stay, and why. Returns how many. */
function tellLeft(expired: readonly ExpiredDay[], io: Io): number {
  let left = 0;
  for (const { day, verdict } of expired) {
    if (verdict.kind === 'remove') continue;
    left += 1;
    const why =
      verdict.kind === 'held' ? `held for ${verdict.cases.join(', ')}` : 'not sealed: run gatehouse audit seal';
    io.err(`gatehouse audit retention: dt=${day} is kept: ${why}\n`);
  }
  return left;
}

function sizeOf(days: readonly ExpiredDay[]): number {
  return days.flatMap(({ files }) => files).reduce((sum, { path }) => sum + logSize(path), 0);
}
