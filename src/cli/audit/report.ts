import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Question } from '../../audit/query/query.ts';
import { createSandbox, type Sandbox } from '../../audit/query/sandbox.ts';
import { completenessOf } from '../../audit/report/completeness.ts';
import { missingViews, ReportMisused, valuesFor, withEnd } from '../../audit/report/question.ts';
import { COMMITS, ENTITLEMENTS, REVIEWS, type Report } from '../../audit/report/report.ts';
import { readReviews } from '../../audit/report/reviews.ts';
import { emptyTable, keepTables, readTable, type TableRows } from '../../audit/report/table.ts';
import { version } from '../../version.ts';
import { type Command, type CommandInput, type Io, UsageError } from '../command.ts';
import { exitCodeOf, putQuestion } from './answer.ts';
import { readCommits } from './commits.ts';
import { readMoment } from './moment.ts';
import { readFormat } from './outlet.ts';
import { createLoadAt, type PolicyTable, readPolicy } from './policy.ts';
import { QUESTION_HELP, QUESTION_OPTIONS, readLimits, readQuestion } from './question.ts';
import { recordQuestion, userName } from './record.ts';
import { openReportOutlet } from './report-outlet.ts';
import { findReport, REPORTS_HELP, REPORTS_OPTIONS } from './reports.ts';
import { readTrust, TRUST_OPTIONS } from './trust.ts';

/** `gatehouse audit report NAME` */
export const auditReport: Command = {
  words: ['audit', 'report'],
  summary: 'Print a report of the audit log, with what proves it',
  help: `Usage: gatehouse audit report NAME [VALUE ...] [OPTIONS]

Runs a report; gatehouse audit reports lists them, and tells what each takes.
With it comes what an auditor needs to rely on it: its version, parameters and
period, who ran it and when, every file read with its SHA-256, what was left
out, whether the log is intact, and its newest signed heads. As csv, jsonl and
parquet that stands in FILE.completeness.json, or on stderr without --out.

Options:
  --param NAME=VALUE     a parameter; may be given several times. Values after
                         the report's name are its parameters in their order
  --file FILE            the table a report asks for, as CSV
  --as-of WHEN           of reports on what is granted: the policy that was in
                         force then; default the files as they are
  --format FORMAT        table (default), csv, json, jsonl, markdown, html,
                         parquet
  --out FILE             into a new file; its ending chooses the format
${REPORTS_HELP}
  --against PATH         hold the log against heads kept elsewhere, as for
                         gatehouse audit verify
  --public-key KEY       the signer's key, as for gatehouse audit verify
${QUESTION_HELP}
  -h, --help             this text

Examples:
  gatehouse audit report overview --since 30d --out october.html
  gatehouse audit report access-review --since 90d --out review.csv
  gatehouse audit report dormant --param days=60
  gatehouse audit report who-can-call 'github/*' --as-of 2026-10-01
  gatehouse audit report leavers --file hr.csv

Exit codes: 0 done, 1 done, but the log is not intact, 2 could not run, 3 done,
but finished files hold lines that are no records, 130 interrupted
`,
  options: {
    ...QUESTION_OPTIONS,
    ...TRUST_OPTIONS,
    ...REPORTS_OPTIONS,
    param: { type: 'string', multiple: true },
    file: { type: 'string' },
    'as-of': { type: 'string' },
    format: { type: 'string' },
    out: { type: 'string' },
  },
  async run(input, io) {
    const sandbox = createSandbox(readLimits(input));
    try {
      return await runReport(input, io, sandbox);
    } catch (error) {
      if (error instanceof ReportMisused) throw new UsageError(error.message, { cause: error });
      throw error;
    } finally {
      await sandbox.close();
    }
  },
};

const COMMAND = 'audit report';

async function runReport(input: CommandInput, io: Io, sandbox: Sandbox): Promise<number> {
  const report = await findReport(input, io);
  const values = valuesFor(report, givenValues(report, input));
  const out = typeof input.values['out'] === 'string' ? resolve(io.cwd, input.values['out']) : null;
  const format = readFormat(input.values['format'], out);
  const limits = readLimits(input);
  const trust = await readTrust(input, io.cwd);
  const period = await readQuestion(input, io);
  const end = period.until ?? new Date();
  const wanted = await wantedTable(report, input, io);
  const config = resolve(io.cwd, String(input.values['config'] ?? 'gateway.config.yaml'));
  const policy = await policyFor({ report, config, input, io, sandbox, question: period, end });
  if (policy === 'wrong') return 2;
  const { environment } = io;
  const ofLog = [
    ...(report.views.includes(COMMITS) ? [await readCommits({ config, sandbox, question: period, environment })] : []),
    ...(report.views.includes(REVIEWS) ? [await readReviews(sandbox, period)] : []),
  ];
  const tables = [...wanted, ...(policy === null ? [] : [policy.table]), ...ofLog.map(({ table }) => table)];
  const kept = await keepTables(tables);
  try {
    const [missing] = missingViews(report, kept.tables);
    if (missing !== undefined) throw new UsageError(`the report ${report.name} reads ${missing}, which is no view`);
    const brought = { values: withEnd(report, values, end), tables: kept.tables };
    const question: Question = { ...period, sql: report.sql, brought };
    const { outlet, complete } = await openReportOutlet({ report, format, out, io, limits });
    const ran = { at: new Date().toISOString(), by: userName(), host: hostname(), program: version };
    const asked = await putQuestion({
      sandbox,
      question,
      outlet,
      io,
      command: `gatehouse ${COMMAND}`,
      interrupts: process,
    });
    await recordQuestion({ question, asked, command: `${COMMAND} ${report.name}` }, io);
    if (asked.kind !== 'answered') return exitCodeOf(asked);
    const { dirs, since, until } = period;
    const completeness = await completenessOf({
      ...{ report, values, dirs, since, until, ran, policy: policy?.basis ?? null },
      ...{ basis: asked.basis, besides: ofLog.flatMap(({ basis }) => basis ?? []), trust },
    });
    await complete(completeness);
    return exitCodeOf(asked) || (completeness.verified.ok ? 0 : 1);
  } finally {
    await kept.remove();
  }
}

/** `--param NAME=VALUE`, and the words after the report's name. */
function givenValues(report: Report, { values, positionals }: CommandInput): ReadonlyMap<string, string> {
  const given = new Map<string, string>();
  const [, ...words] = positionals;
  for (const [index, word] of words.entries()) {
    const parameter = report.parameters[index];
    if (parameter === undefined)
      throw new UsageError(`the report ${report.name} takes ${report.parameters.length} values, not "${word}" besides`);
    given.set(parameter.name, word);
  }
  for (const text of Array.isArray(values['param']) ? values['param'].map(String) : []) {
    const at = text.indexOf('=');
    if (at < 1) throw new UsageError(`--param is NAME=VALUE, not "${text}"`);
    given.set(text.slice(0, at), text.slice(at + 1));
  }
  return given;
}

const TABLE_BYTES_MAX = 64 * 1024 * 1024;

async function wantedTable({ name, table }: Report, { values }: CommandInput, io: Io): Promise<readonly TableRows[]> {
  const { file } = values;
  if (table === null && file !== undefined) throw new UsageError(`the report ${name} takes no --file`);
  if (table === null) return [];
  const columns = table.columns.map((column) => column.name).join(', ');
  if (file === undefined && !table.required) return [emptyTable(table)];
  if (typeof file !== 'string')
    throw new UsageError(`the report ${name} needs --file FILE with columns ${columns} (${table.meaning})`);
  const path = resolve(io.cwd, file);
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new UsageError(`cannot read ${file}: ${cause.message}`, { cause });
  });
  if (bytes.length > TABLE_BYTES_MAX) throw new UsageError(`${file} has more than ${TABLE_BYTES_MAX} bytes`);
  return [readTable(table, bytes.toString('utf8'), file)];
}

interface PolicyRequest {
  readonly report: Report;
  /** Absolute path of the configuration file. */
  readonly config: string;
  readonly input: CommandInput;
  readonly io: Io;
  readonly sandbox: Sandbox;
  readonly question: Omit<Question, 'sql'>;
  readonly end: Date;
}

/** Null for a report that does not read the policy. */
async function policyFor(request: PolicyRequest): Promise<PolicyTable | null | 'wrong'> {
  const { report, config, input, io, sandbox, question, end } = request;
  const asOf = input.values['as-of'];
  if (!report.views.includes(ENTITLEMENTS)) {
    if (asOf === undefined) return null;
    throw new UsageError(`--as-of is for reports on what is granted; ${report.name} reads the log alone`);
  }
  const parts = {
    ...{ config, until: end, sandbox, question },
    asOf: asOf === undefined ? null : readMoment('--as-of', String(asOf), new Date()),
    loadAt: createLoadAt(config, io),
  };
  return (await readPolicy(parts, io)) ?? 'wrong';
}
