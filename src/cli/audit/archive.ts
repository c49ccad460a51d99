import { oldFiles } from '../../audit/files/finished.ts';
import { type ArchivedDay, type Manifest, readManifest } from '../../audit/files/manifest.ts';
import { ArchiveRefused, archiveDay, type DueDay, dueDays } from '../../audit/keeping/archive.ts';
import { removeOldDrafts } from '../../audit/keeping/draft.ts';
import { createSandbox, QueryFailed } from '../../audit/query/sandbox.ts';
import { type Command, type CommandInput, type Io, UsageError } from '../command.ts';
import { auditDirs, DIR_HELP, DIR_OPTIONS } from './dir.ts';
import { countOf, isFileError, KEEPING_HELP, KEEPING_OPTIONS, readAge, recordDone, sizeText } from './keeping.ts';
import { readLimits } from './question.ts';

/** `gatehouse audit archive` */
export const auditArchive: Command = {
  words: ['audit', 'archive'],
  summary: 'Copy sealed days of the log to Parquet',
  help: `Usage: gatehouse audit archive [--write] [OPTIONS]

Makes one Parquet file of each sealed day: parquet/dt=DAY/part-0.parquet in the
folder of the log, zstd, in order of time. Audit queries read it instead of the
log, many times faster, as long as the log's files of that day are the ones it
was made of. It is a copy: the sealed files stay the evidence.

Options:
${KEEPING_HELP}
  --timeout TIME         for one day: 30s, 10m; default 10m
  --memory SIZE          for sorting: 512MB, 4GB; default 1GB
${DIR_HELP}
  -h, --help             this text

Examples:
  gatehouse audit archive
  gatehouse audit seal --write && gatehouse audit archive --write
  gatehouse audit archive --older-than 4w --write --memory 4GB

Exit codes: 0 done, 1 some day could not be archived, 2 could not run
`,
  options: {
    ...{ ...DIR_OPTIONS, ...KEEPING_OPTIONS },
    timeout: { type: 'string', default: '10m' },
    memory: { type: 'string', default: '1GB' },
  },
  async run(input, io) {
    if (input.positionals.length > 0)
      throw new UsageError('expected no words after audit archive; folders are --dir DIR');
    const age = readAge(input);
    let refused = 0;
    for (const dir of await auditDirs(input, io.cwd)) {
      const manifest = await readManifest(dir);
      const { due, unsealed } = await dueDays(dir, await oldFiles(dir, age), manifest);
      for (const day of unsealed)
        io.err(`gatehouse audit archive: dt=${day} is not sealed as a whole: run gatehouse audit seal\n`);
      if (input.values['write'] === true) {
        await removeOldDrafts(dir, age.now);
        refused += await archiveAll({ dir, due, manifest }, input, io);
      } else
        io.out(
          `Would archive ${countOf(due.length, 'day')} in ${dir}${due.length > 0 ? '; say --write to do it' : ''}.\n`,
        );
    }
    return refused > 0 ? 1 : 0;
  },
};

interface Due {
  readonly dir: string;
  readonly due: readonly DueDay[];
  readonly manifest: Manifest;
}

/** Resolves to how many could not be archived. */
async function archiveAll({ dir, due, manifest }: Due, input: CommandInput, io: Io): Promise<number> {
  const made: ArchivedDay[] = [];
  const sandbox = createSandbox(readLimits(input));
  try {
    for (const day of due) {
      await archiveDay(dir, day, { manifest, sandbox }).then(
        (archived) => made.push(archived),
        (error: unknown) => {
          if (!(error instanceof ArchiveRefused || error instanceof QueryFailed || isFileError(error))) throw error;
          io.err(`gatehouse audit archive: dt=${day.day}: ${error.message}\n`);
        },
      );
    }
  } finally {
    await sandbox.close();
  }
  const [records, bytes] = [sumOf(made, 'records'), sumOf(made, 'bytes')];
  io.out(
    `Archived ${countOf(made.length, 'day')} in ${dir}: ${countOf(records, 'record')}, ${sizeText(bytes)} of Parquet.\n`,
  );
  const detail = { days: made.length, first: made[0]?.day, last: made.at(-1)?.day, records, bytes };
  if (due.length > 0) await recordDone(dir, { ev: 'audit.archive', outcome: 'ok', detail }, io);
  return due.length - made.length;
}

function sumOf(made: readonly ArchivedDay[], field: 'records' | 'bytes'): number {
  return made.reduce((sum, day) => sum + day[field], 0);
}
