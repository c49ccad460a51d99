import { resolve } from 'node:path';
import { type CursorFile, openCursorFile } from '../../audit/export/cursor.ts';
import { CursorRefused } from '../../audit/export/cursor-lock.ts';
import type { ExportFormat, ExportOrder } from '../../audit/export/export.ts';
import { createLogStream } from '../../audit/export/log-stream.ts';
import { listLogFiles } from '../../audit/files/log-files.ts';
import { type Command, type CommandInput, UsageError } from '../command.ts';
import { auditDirs, DIR_HELP, DIR_OPTIONS } from './dir.ts';
import { streamLog } from './export-stream.ts';
import { isFileError, recordUse } from './keeping.ts';
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

With --follow it goes on with what is appended, in whole lines, until Ctrl-C or
until nobody reads on. With --cursor it goes on where it ended the last time:
every record is handed out at least once, and after a crash the last ones again.
One export at a time may use a cursor.

Options:
  --as ocsf|otel|ecs     in whose words
  --follow               go on with what is appended, files and days to come
  --cursor FILE          keep there how far each writer was handed out, and
                         begin there; made when it is missing
  --since WHEN           only records from then on
  --until WHEN           only records before then; a day is meant whole; not
                         with --follow or --cursor
                         WHEN is 2026-11-22, 2026-11-22T14:30Z (UTC), or as
                         long ago as 30m, 24h, 7d
  --writer NAME          only this gateway, or this one start of it; may be
                         given several times
${DIR_HELP}
  -h, --help             this text

Examples:
  gatehouse audit export --as ocsf --since 24h > ocsf.jsonl
  gatehouse audit export --as ecs --cursor siem.cursor >> nightly.jsonl
  gatehouse audit export --as otel --follow --cursor otel.cursor | shipper

Exit codes: 0 done or told to stop, 2 could not run, 3 done, but finished files
hold lines that are no records (run gatehouse audit verify)
`,
  options: {
    ...DIR_OPTIONS,
    ...{ as: { type: 'string' }, since: { type: 'string' }, until: { type: 'string' } },
    ...{ follow: { type: 'boolean', default: false }, cursor: { type: 'string' } },
    writer: { type: 'string', multiple: true },
  },
  async run(input, io) {
    const order = readOrder(input);
    const { writer } = input.values;
    const writers = Array.isArray(writer) ? writer.map(String) : [];
    const follow = input.values['follow'] === true;
    const path = input.values['cursor'];
    if (order.until !== null && (follow || path !== undefined))
      throw new UsageError('--until ends what --follow and --cursor go on with: leave it out');
    const dirs = await auditDirs(input, io.cwd);
    const use = { dirs, ev: 'audit.read', command: 'audit export', detail: { ...order, writers, follow } } as const;
    let cursorFile: CursorFile | null = null;
    try {
      if (path !== undefined) cursorFile = await openCursorFile(resolve(io.cwd, String(path)));
      const stream = createLogStream({ dirs, writers, order, cursor: cursorFile?.cursor ?? new Map() });
      // What goes on until it is ended may end without a chance to say so.
      if (follow && (await listLogFiles(dirs)).length > 0) await recordUse(use, io);
      const code = await streamLog({ stream, follow, cursorFile }, io);
      if (!follow) await recordUse(use, io);
      return code;
    } catch (error) {
      if (!(error instanceof CursorRefused || isFileError(error))) throw error;
      io.err(`gatehouse audit export: ${error.message}\n`);
      return 2;
    } finally {
      await cursorFile?.close();
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
