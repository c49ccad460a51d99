import { FORMATS, type Format, renderAnswer } from '../audit/answer-text.ts';
import { type Answer, NoLog, query } from '../audit/query.ts';
import { StatementRefused, viewsSentence } from '../audit/statement-gate.ts';
import { auditDirs, DIR_HELP, DIR_OPTIONS } from './audit-dir.ts';
import { readMoment } from './audit-moment.ts';
import { type Command, type Io, UsageError } from './command.ts';

/** `gatehouse audit query SQL` */
export const auditQuery: Command = {
  words: ['audit', 'query'],
  summary: 'Ask the audit log in SQL',
  help: `Usage: gatehouse audit query "SELECT ..." [OPTIONS]

Runs one SELECT (DuckDB's SQL) over the audit log and prints the answer.

Views:
  audit                  every record; audit/record.md tells its fields
  calls                  tool calls, allowed or not
  denied                 what was refused
  config_changes         reloads, taken or refused

Options:
  --format FORMAT        ${FORMATS.join(', ')}; default table
  --since WHEN           only records from then on
  --until WHEN           only records before then; a day is meant whole
                         WHEN is 2026-11-22, 2026-11-22T14:30Z (UTC), or as
                         long ago as 30m, 24h, 7d
${DIR_HELP}
  -h, --help             this text

Examples:
  gatehouse audit query "SELECT ts, actor, tool, outcome FROM calls
    ORDER BY ts DESC LIMIT 20"
  gatehouse audit query --since 7d "SELECT actor, why, count(*) AS n FROM denied
    GROUP BY ALL ORDER BY n DESC"
  gatehouse audit query --format csv "SELECT actor, server, tool, count(*) AS n,
    max(ts) AS latest FROM calls WHERE risk = 'destructive' GROUP BY ALL"

Exit codes: 0 done, 2 could not run, 3 done, but finished files hold lines that
are no records (run gatehouse audit verify)
`,
  options: {
    ...DIR_OPTIONS,
    format: { type: 'string', default: 'table' },
    since: { type: 'string' },
    until: { type: 'string' },
  },
  async run(input, io) {
    const [sql, ...rest] = input.positionals;
    if (sql === undefined || rest.length > 0) throw new UsageError('expected one SQL statement, in quotes');
    const { format, since, until } = input.values;
    if (!isFormat(format)) throw new UsageError(`--format is one of ${FORMATS.join(', ')}, not "${String(format)}"`);
    const now = new Date();
    const question = {
      sql,
      dirs: await auditDirs(input, io.cwd),
      since: since === undefined ? null : readMoment('--since', String(since), now),
      until: until === undefined ? null : readMoment('--until', String(until), now),
    };
    try {
      return print(await query(question), format, io);
    } catch (error) {
      io.err(`gatehouse audit query: ${explain(error)}\n`);
      return 2;
    }
  },
};

function isFormat(format: unknown): format is Format {
  return FORMATS.some((known) => known === format);
}

function print(answer: Answer, format: Format, io: Io): number {
  io.out(renderAnswer(answer, format, io.isTty ? io.columns : null));
  for (const { file, lines, live } of answer.unreadable) {
    const what = live ? 'unfinished or unreadable' : 'unreadable (run gatehouse audit verify)';
    io.err(`gatehouse audit query: left out ${lines} ${lines === 1 ? 'line' : 'lines'} of ${file}: ${what}\n`);
  }
  return answer.unreadable.some(({ live }) => !live) ? 3 : 0;
}

/** DuckDB begins its messages with the kind of error; any other error is a fault of ours and rethrown. */
function explain(error: unknown): string {
  if (error instanceof NoLog || error instanceof StatementRefused) return error.message;
  if (!(error instanceof Error) || !/^[A-Z][\w ]* Error: /.test(error.message)) throw error;
  return /^(?:Binder|Catalog) Error/.test(error.message) ? `${error.message}\n\n(${viewsSentence()})` : error.message;
}
