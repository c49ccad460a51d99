import { once } from 'node:events';
import { type ExportFormat, type ExportOrder, exportFile } from '../../audit/export/export.ts';
import type { FoundFile } from '../../audit/files/chosen-files.ts';
import { NoLog } from '../../audit/files/log-files.ts';
import { filesOf } from '../../audit/query/query.ts';
import { type Command, type CommandInput, type Io, UsageError } from '../command.ts';
import { auditDirs, DIR_HELP, DIR_OPTIONS } from './dir.ts';
import { countOf, isFileError } from './keeping.ts';
import { readMoment } from './moment.ts';

/** `gatehouse audit export` */
export const auditExport: Command = {
  words: ['audit', 'export'],
  summary: 'Print the log in the words of other systems',
  help: `Usage: gatehouse audit export --as ocsf|otel|ecs [OPTIONS]

Prints the records of the log as JSON lines for another system: OCSF 1.2,
OpenTelemetry logs (OTLP JSON) or the Elastic Common Schema 8.11. Each carries
WRITER:SEQ, which tells one that arrives twice. audit/lifecycle.md has the
table of what becomes what.

Options:
  --as ocsf|otel|ecs     in whose words
  --since WHEN           only records from then on
  --until WHEN           only records before then; a day is meant whole
                         WHEN is 2026-11-22, 2026-11-22T14:30Z (UTC), or as
                         long ago as 30m, 24h, 7d
  --writer NAME          only this gateway, or this one start of it; may be
                         given several times
${DIR_HELP}
  -h, --help             this text

Examples:
  gatehouse audit export --as ocsf --since 24h > ocsf.jsonl
  gatehouse audit export --as ecs --since 2026-11-01 --until 2026-11-30
  gatehouse audit export --as otel --writer acme | gzip > logs.jsonl.gz

Exit codes: 0 done, 2 could not run, 3 done, but finished files hold lines that
are no records (run gatehouse audit verify)
`,
  options: {
    ...DIR_OPTIONS,
    ...{ as: { type: 'string' }, since: { type: 'string' }, until: { type: 'string' } },
    writer: { type: 'string', multiple: true },
  },
  async run(input, io) {
    const order = readOrder(input);
    const { writer } = input.values;
    const writers = Array.isArray(writer) ? writer.map(String) : [];
    const dirs = await auditDirs(input, io.cwd);
    try {
      return await exportAll(await filesOf({ dirs, writers, since: order.since, until: order.until }), order, io);
    } catch (error) {
      if (!(error instanceof NoLog || isFileError(error))) throw error;
      io.err(`gatehouse audit export: ${error.message}\n`);
      return 2;
    }
  },
};

const FORMATS: readonly ExportFormat[] = ['ocsf', 'otel', 'ecs'];

function readOrder({ values, positionals }: CommandInput): ExportOrder {
  const as = FORMATS.find((format) => format === values['as']);
  if (as === undefined || positionals.length > 0) throw new UsageError('expected --as ocsf, --as otel or --as ecs');
  const { since, until } = values;
  const now = new Date();
  return {
    as,
    since: since === undefined ? null : readMoment('--since', String(since), now),
    until: until === undefined ? null : readMoment('--until', String(until), now),
  };
}

/** Stops when nobody reads on. */
async function exportAll(files: readonly FoundFile[], order: ExportOrder, io: Io): Promise<number> {
  let damaged = false;
  for (const file of files) {
    for (const piece of exportFile(file.path, order)) {
      if (piece.kind === 'left-out') tellLeftOut(file, piece.count, io);
      else if (!(await print(piece.text, io))) return 0;
      damaged ||= piece.kind === 'left-out' && !file.live;
    }
  }
  return damaged ? 3 : 0;
}

function tellLeftOut({ path, live }: FoundFile, count: number, io: Io): void {
  const what = live ? 'unfinished or unreadable' : 'unreadable (run gatehouse audit verify)';
  io.err(`gatehouse audit export: left out ${countOf(count, 'line')} of ${path}: ${what}\n`);
}

/** Waits for a reader that is slower than the log. Resolves to false when there is none any more. */
async function print(text: string, io: Io): Promise<boolean> {
  const { stdout } = process;
  io.out(text);
  if (stdout.writableNeedDrain) {
    const over = new AbortController();
    const { signal } = over;
    await Promise.race([once(stdout, 'drain', { signal }), once(stdout, 'close', { signal })]);
    over.abort();
  }
  return stdout.writable;
}
