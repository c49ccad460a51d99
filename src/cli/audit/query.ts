import { resolve } from 'node:path';
import { createSandbox } from '../../audit/query/sandbox.ts';
import { type Command, UsageError } from '../command.ts';
import { exitCodeOf, putQuestion } from './answer.ts';
import { openOutlet, readFormat } from './outlet.ts';
import { QUESTION_HELP, QUESTION_OPTIONS, readLimits, readQuestion } from './question.ts';
import { recordQuestion } from './record.ts';

/** `gatehouse audit query SQL` */
export const auditQuery: Command = {
  words: ['audit', 'query'],
  summary: 'Ask the audit log in SQL',
  help: `Usage: gatehouse audit query "SELECT ..." [OPTIONS]

Runs one SELECT (DuckDB's SQL) over the audit log and prints the answer. It runs
in a process of its own that can read the log's files and nothing else. That
the log was read is itself recorded in it, as audit.read.

Views:
  audit                  every record; audit/record.md tells its fields
  calls                  tool calls, allowed or not
  attempts               calls that were begun
  denied                 what was refused
  config_changes         reloads, taken or refused

Options:
  --format FORMAT        table (default), csv, json, jsonl, markdown, html,
                         parquet
  --out FILE             into a new file; its ending chooses the format
${QUESTION_HELP}
  -h, --help             this text

Examples:
  gatehouse audit query "SELECT ts, actor, tool, outcome FROM calls
    ORDER BY ts DESC LIMIT 20"
  gatehouse audit query --since 7d "SELECT actor, why, count(*) AS n FROM denied
    GROUP BY ALL ORDER BY n DESC"
  gatehouse audit query --out october.parquet --since 2026-10-01
    --until 2026-10-31 "FROM audit"

Exit codes: 0 done, 2 could not run, 3 done, but finished files hold lines that
are no records (run gatehouse audit verify), 130 interrupted
`,
  options: { ...QUESTION_OPTIONS, format: { type: 'string' }, out: { type: 'string' } },
  async run(input, io) {
    const [sql, ...rest] = input.positionals;
    if (sql === undefined || rest.length > 0) throw new UsageError('expected one SQL statement, in quotes');
    const out = input.values['out'] === undefined ? null : resolve(io.cwd, String(input.values['out']));
    const format = readFormat(input.values['format'], out);
    const limits = readLimits(input);
    const question = { ...(await readQuestion(input, io)), sql };
    const outlet = await openOutlet({ format, out, sql, io, limits });
    const sandbox = createSandbox(limits);
    try {
      const command = 'gatehouse audit query';
      const asked = await putQuestion({ sandbox, question, outlet, io, command, interrupts: process });
      await recordQuestion({ question, asked, command: 'audit query' }, io);
      return exitCodeOf(asked);
    } finally {
      await sandbox.close();
    }
  },
};
