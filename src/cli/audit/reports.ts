import { resolve } from 'node:path';
import { printable } from '../../audit/answer/printable.ts';
import { BUILT_IN, loadReports } from '../../audit/report/library.ts';
import { type Report, ReportRefused } from '../../audit/report/report.ts';
import { suggest } from '../../config/suggest.ts';
import { type Command, type CommandInput, type Io, UsageError } from '../command.ts';
import { wrap } from '../format/problems.ts';
import { configuredReports, DIR_OPTIONS } from './dir.ts';

interface ReportsOptions {
  readonly reports: { readonly type: 'string' };
  readonly config: { readonly type: 'string' };
}

/** Options of every command that takes reports: where those of the user are. */
export const REPORTS_OPTIONS: ReportsOptions = { reports: { type: 'string' }, config: DIR_OPTIONS.config };

/** Their part of a command's help. */
export const REPORTS_HELP: string = `  --reports DIR          a folder of your own reports; default audit.reports of
                         the configuration`;

/** `gatehouse audit reports` */
export const auditReports: Command = {
  words: ['audit', 'reports'],
  summary: 'List the reports, or tell what one of them takes',
  help: `Usage: gatehouse audit reports [NAME] [OPTIONS]

Lists the reports that gatehouse audit report runs: those that come with it,
and your own. With a NAME, tells how to read that one, what it takes, which
controls it is evidence for, and its statement. audit/reports.md tells how to
write one.

Options:
${REPORTS_HELP}
  --config FILE          the configuration; default gateway.config.yaml here
  --format text|json     default text
  -h, --help             this text

Examples:
  gatehouse audit reports
  gatehouse audit reports dormant
  gatehouse audit reports --reports compliance/ --format json | jq '.[].name'

Exit codes: 0 done, 2 could not run
`,
  options: { ...REPORTS_OPTIONS, format: { type: 'string', default: 'text' } },
  async run(input, io) {
    const { format } = input.values;
    if (format !== 'text' && format !== 'json')
      throw new UsageError(`--format is text or json, not "${String(format)}"`);
    if (input.positionals.length > 1) throw new UsageError('expected the name of one report at most');
    const reports = await ownAndBuiltIn(input, io);
    const name = input.positionals[0];
    if (format === 'json') {
      const told = name === undefined ? [...reports.values()] : named(reports, name);
      io.out(`${JSON.stringify(told, null, 2)}\n`);
    } else io.out(name === undefined ? listText([...reports.values()], io.columns) : oneText(named(reports, name), io));
    return 0;
  },
};

/** The report that the first word names. Throws `UsageError`. */
export async function findReport(input: CommandInput, io: Io): Promise<Report> {
  const reports = await ownAndBuiltIn(input, io);
  const [name] = input.positionals;
  if (name === undefined) throw new UsageError('expected the name of a report; gatehouse audit reports lists them');
  return named(reports, name);
}

/** Every report there is, by name. Throws `UsageError`. */
export async function ownAndBuiltIn(input: CommandInput, io: Io): Promise<ReadonlyMap<string, Report>> {
  const { reports } = input.values;
  const own = typeof reports === 'string' ? resolve(io.cwd, reports) : await configuredReports(input, io.cwd);
  return loadReports(own === null ? [BUILT_IN] : [BUILT_IN, own]).catch((error: unknown) => {
    if (error instanceof ReportRefused) throw new UsageError(error.message, { cause: error });
    throw error;
  });
}

/** The report of this name. Throws `UsageError` for none. */
export function named(reports: ReadonlyMap<string, Report>, name: string): Report {
  const report = reports.get(name);
  if (report !== undefined) return report;
  const hint = suggest(name, reports.keys());
  throw new UsageError(
    `there is no report ${name}${hint === '' ? '' : `, ${hint}`}; gatehouse audit reports lists them`,
  );
}

function listText(reports: readonly Report[], columns: number): string {
  const widest = Math.max(...reports.map(({ name }) => name.length));
  const indent = ' '.repeat(widest + 4);
  const lines = reports.map(({ name, title }) => {
    const text = wrap(printable(title), columns, indent);
    return `  ${name.padEnd(widest)}  ${text.slice(indent.length)}\n`;
  });
  return `${lines.join('')}\ngatehouse audit reports NAME tells more of one.\n`;
}

function oneText(report: Report, { columns }: Io): string {
  const paragraph = (text: string, indent = ''): string => `${wrap(printable(text), columns, indent)}\n`;
  const { name, title, reading, version, parameters, table, controls, sql } = report;
  const takes = [
    ...parameters.map(
      (parameter) =>
        `${parameter.name} (${parameter.type}, ${parameter.default === null ? 'must be given' : `default ${parameter.default || '""'}`}): ${parameter.meaning}`,
    ),
    ...(table === null
      ? []
      : [
          `${table.required ? '' : 'optional: '}--file (${table.columns.map((each) => each.name).join(', ')}): ${table.meaning}`,
        ]),
  ];
  return [
    ...[paragraph(title), '\n', paragraph(reading), '\n'],
    ...(takes.length === 0
      ? ['It takes no parameters.\n']
      : ['It takes:\n', ...takes.map((text) => paragraph(text, '  '))]),
    ...['\nEvidence for:\n', ...controls.map((one) => paragraph(`${one.framework} ${one.sections}`, '  '))],
    `\nVersion ${version} of ${name}:\n\n${sql.split(/\r?\n/).map(printable).join('\n')}`,
  ].join('');
}
