import { newestHeads } from '../../audit/integrity/heads.ts';
import { recordAct } from '../../audit/write/access-record.ts';
import { type Command, type CommandInput, UsageError } from '../command.ts';
import { auditDirs, DIR_HELP, DIR_OPTIONS } from './dir.ts';
import { isFileError, operator } from './keeping.ts';
import { readMoment } from './moment.ts';
import { named, ownAndBuiltIn, REPORTS_HELP, REPORTS_OPTIONS } from './reports.ts';

/** `gatehouse audit review` */
export const auditReview: Command = {
  words: ['audit', 'review'],
  summary: 'Put on record that somebody looked at a period of the log',
  help: `Usage: gatehouse audit review --since WHEN [--until WHEN] [OPTIONS]

Signs off: records in the log that whoever runs this looked at a period of it,
with what and to what end, and the newest signed heads there were. Nothing is
checked here: read the reports first. gatehouse audit report reviews shows which
days nobody stands for yet: whole days, so name one, once it is over, as
--since DAY --until DAY.

Options:
  --since WHEN           the period begins
  --until WHEN           it ends; a day that is over is meant whole. Default:
                         now
                         WHEN is 2026-11-22, 2026-11-22T14:30Z (UTC), or as
                         long ago as 30m, 24h, 7d
  --report NAME          what was looked at; may be given several times
  --note TEXT            what was found, and what is done about it
${REPORTS_HELP}
${DIR_HELP}
  -h, --help             this text

Examples:
  gatehouse audit report denied --since 24h
  gatehouse audit review --since 24h --report denied \\
    --note "SEC-91: a scanner, blocked"
  gatehouse audit report reviews --since 90d

Exit codes: 0 recorded, 2 could not be recorded
`,
  options: {
    ...{ ...DIR_OPTIONS, ...REPORTS_OPTIONS },
    ...{ since: { type: 'string' }, until: { type: 'string' }, note: { type: 'string' } },
    report: { type: 'string', multiple: true },
  },
  async run(input, io) {
    const review = readReview(input);
    const known = await ownAndBuiltIn(input, io);
    for (const name of review.reports) named(known, name);
    const dirs = await auditDirs(input, io.cwd);
    const who = operator();
    for (const [index, dir] of dirs.entries()) {
      try {
        const heads = (await newestHeads([dir]))
          .toSorted((a, b) => (a.time < b.time ? -1 : 1))
          .slice(-HEADS_MAX)
          .map(({ writer, size, head }) => ({ writer, size, head }));
        const detail = { command: 'audit review', host: who.host, ...review, heads };
        await recordAct(dir, who, { ev: 'audit.review', outcome: 'ok', detail });
      } catch (error) {
        if (!isFileError(error)) throw error;
        io.err(`gatehouse audit review: not recorded in ${dir}: ${error.message}\n${recordedIn(dirs.slice(0, index))}`);
        return 2;
      }
    }
    io.out(`Recorded: ${who.user} looked at ${review.since} to ${review.until}.\n`);
    return 0;
  },
};

function recordedIn(dirs: readonly string[]): string {
  return dirs.length === 0 ? '' : `It stands in ${dirs.join(', ')} already: leave that out when you run it again.\n`;
}

/** A record has its bounds. */
const HEADS_MAX = 8;
const NOTE_CHARS_MAX = 1_000;

interface Review {
  /** ISO 8601 in UTC. */
  readonly since: string;
  readonly until: string;
  readonly reports: readonly string[];
  readonly note: string;
}

function readReview({ values, positionals }: CommandInput): Review {
  if (typeof values['since'] !== 'string' || positionals.length > 0)
    throw new UsageError('expected --since WHEN, as --since 24h or --since 2026-11-22, and no words');
  const now = new Date();
  const since = readMoment('--since', values['since'], now);
  const until = values['until'] === undefined ? now : readMoment('--until', String(values['until']), now);
  if (until > now) {
    const ends = `--until ${values['until']} ends only at ${until.toISOString()}`;
    throw new UsageError(
      `${ends}: nobody has looked at what is still to come. Leave --until out to sign off up to now`,
    );
  }
  if (since >= until) throw new UsageError(`--until is not after --since ${values['since']}`);
  const note = String(values['note'] ?? '');
  if (note.length > NOTE_CHARS_MAX)
    throw new UsageError(`--note has at most ${NOTE_CHARS_MAX} characters, not ${note.length}; name a ticket`);
  const reports = Array.isArray(values['report']) ? values['report'].map(String) : [];
  return { since: since.toISOString(), until: until.toISOString(), reports, note };
}
